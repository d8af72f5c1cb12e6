"""What can go wrong, by kind."""

from __future__ import annotations

import dataclasses
from typing import Any


class PlumblineError(Exception):
    """Of this package."""


class Unreachable(PlumblineError):
    """No answer came within the patience of the client. What was sent may have arrived: send the same again."""


@dataclasses.dataclass(eq=False)
class Problem(PlumblineError):
    """The relayer's refusal, problem details of RFC 9457."""

    status: int
    #: Last part of the type: ``sequence-gap``, ``invalid-signature``, …
    code: str
    title: str
    detail: str
    #: The one field or header at fault: a JSON pointer, or a header's name.
    field: str | None = None
    #: JSON pointer and detail of each field at fault.
    errors: list[dict[str, str]] = dataclasses.field(default_factory=list)
    #: Seconds.
    retry_after: float | None = None

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.detail}"

    @property
    def passes(self) -> bool:
        """Whether the same request may be answered later."""
        return self.status in (408, 429) or self.status >= 500

    @classmethod
    def of(cls, status: int, body: Any, retry_after: str | None) -> Problem:
        """From an answer; of one that is no problem document too, such as a proxy's."""
        body = body if isinstance(body, dict) else {}
        return cls(
            status=status,
            code=str(body.get("type", "")).rsplit(":", 1)[-1] or "unknown",
            title=str(body.get("title", "")),
            detail=str(body.get("detail", "no problem details came with the status")),
            field=body.get("field"),
            errors=body.get("errors", []),
            retry_after=float(retry_after) if retry_after and retry_after.isdecimal() else None,
        )
