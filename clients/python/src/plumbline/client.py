"""A relayer over HTTP: each venue's sequence and chain of batches, retries, events."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from eth_account import Account
from eth_account.signers.local import LocalAccount

from .errors import PlumblineError, Problem, Unreachable
from .signing import ZERO, Batch, Deployment, Fill, sign_batch, sign_cancel, sign_read

#: Seconds that a signed read holds.
HOLDS = 300
#: Longest silence of a stream, seconds; the relayer says something every 15.
SILENCE = 45.0


@dataclass(frozen=True)
class Event:
    """A change of a fill. ``cursor`` is where a stream goes on after it."""

    cursor: int
    fill: dict[str, Any]


class Relayer:
    """A venue's (or, for reads, any party's) view of one relayer.

    Requests are repeated while nobody answers or the answer is one that passes (408, 429, 5xx), up to ``patience``
    seconds. A batch is signed once and repeated as the same bytes under one Idempotency-Key, so that it is taken once.
    """

    def __init__(self, url: str, key: str | LocalAccount, patience: float = 30.0, timeout: float = 10.0):
        self.key: LocalAccount = Account.from_key(key) if isinstance(key, str) else key
        self.patience = patience
        self._http = httpx.Client(base_url=url, timeout=timeout)
        self._host = self._http.base_url.netloc.decode("ascii").rsplit("@", 1)[-1].lower()
        self._ahead = 0.0
        self._deployment: Deployment | None = None
        self._next: tuple[int, str] | None = None

    def __enter__(self) -> Relayer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    @property
    def address(self) -> str:
        return self.key.address

    @property
    def deployment(self) -> Deployment:
        """Chain and escrow, as the relayer says. Pin yours by setting it where the relayer is not yours."""
        if self._deployment is None:
            status = self.status()
            self._deployment = Deployment(status["chainId"], status["escrow"])
        return self._deployment

    @deployment.setter
    def deployment(self, deployment: Deployment) -> None:
        self._deployment = deployment

    # For everybody

    def status(self) -> dict[str, Any]:
        return self._get("/v1/status", signed=False)

    def time(self) -> dict[str, Any]:
        """``now`` and ``chain`` in milliseconds, the machine's clock and the newest block's."""
        return self._get("/v1/time", signed=False)

    def markets(self) -> list[dict[str, Any]]:
        return self._get("/v1/markets", signed=False)["markets"]

    # The venue's

    def venue(self) -> dict[str, Any]:
        """Next sequence, last batch's hash, limits, what is queued."""
        return self._get(f"/v1/venues/{self.address}")

    def fill(self, sequence: int) -> dict[str, Any]:
        return self._get(f"/v1/fills/{self.address}-{sequence}")

    def batch(self, first_sequence: int) -> dict[str, Any]:
        return self._get(f"/v1/batches/{self.address}-{first_sequence}")

    def fills(self, after: int | None = None, state: str | None = None) -> Iterator[dict[str, Any]]:
        """Fills by sequence, page by page."""
        yield from self._pages(f"/v1/venues/{self.address}/fills", "fills", {"after": after, "state": state})

    def batches(self, after: int | None = None) -> Iterator[dict[str, Any]]:
        yield from self._pages(f"/v1/venues/{self.address}/batches", "batches", {"after": after})

    # A party's

    def account(self, number: int) -> dict[str, Any]:
        return self._get(f"/v1/accounts/{number}")

    def evidence(self, number: int) -> dict[str, Any]:
        return self._get(f"/v1/accounts/{number}/evidence")

    def claims(self, account: int | None = None, state: str | None = None) -> Iterator[dict[str, Any]]:
        """Claims on an account, or on all: they are on chain, so everybody reads them."""
        yield from self._pages("/v1/claims", "claims", {"account": account, "state": state})

    def ask_statement(self, number: int) -> dict[str, Any]:
        """Asks for a statement at the next prices; ``slot`` is that of the last one."""
        return self._send("POST", f"/v1/accounts/{number}/statement", signed=True)

    def wait_statement(self, number: int, after: int, within: float = 60.0) -> dict[str, Any]:
        """Asks until the account is stated at a slot later than ``after``."""
        until = time.monotonic() + within
        while (account := self.account(number))["slot"] <= after:
            if time.monotonic() > until:
                raise PlumblineError(f"account {number} is still stated at slot {account['slot']} after {within} s")
            time.sleep(0.5)
        return account

    # Writes

    def sign(self, fills: Sequence[Fill]) -> Batch:
        """The venue's next batch; it is next until :meth:`submit` has brought it in."""
        if self._next is None:
            self.synchronise()
        assert self._next is not None
        return sign_batch(self.key, self.deployment, *self._next, fills)

    def submit(self, fills: Sequence[Fill] | Batch) -> dict[str, Any]:
        """Signs and posts a batch. On return it is on the relayer's disk.

        After :class:`Unreachable` the batch may have arrived: submit the same :class:`Batch` again.
        """
        batch = fills if isinstance(fills, Batch) else self.sign(fills)
        try:
            accepted = self._post("/v1/fill-batches", batch.request, idempotency_key=batch.hash)
        except Problem as problem:
            if problem.code in ("sequence-gap", "sequence-replayed", "batch-chain-broken"):
                self._next = None
            raise
        self._next = (batch.next_sequence, batch.hash)
        return accepted

    def dry_run(self, fills: Sequence[Fill] | Batch) -> dict[str, Any]:
        """Every check that :meth:`submit` would meet; nothing is stored."""
        batch = fills if isinstance(fills, Batch) else self.sign(fills)
        return self._post("/v1/fill-batches/dry-run", batch.request)

    def cancel(self, first_sequence: int, count: int = 1) -> dict[str, Any]:
        """Takes back fills that are in no transaction yet; says of each which it was."""
        return self._post("/v1/cancellations", sign_cancel(self.key, self.deployment, first_sequence, count))

    def synchronise(self) -> None:
        """Takes the next sequence and the last batch's hash from the relayer."""
        venue = self.venue()
        self._next = (venue["nextSequence"] or 1, venue["lastBatchHash"] or ZERO)

    # Events

    def follow(self, after: int | None = None) -> Iterator[Event]:
        """Changes of the venue's fills, from a cursor on (0: all that the relayer still has; none: from now on).

        Never ends by itself: a stream that breaks is opened again where it was.
        """
        since = time.monotonic()
        while True:
            try:
                for cursor, fill in self._stream(after):
                    after, since = cursor, time.monotonic()
                    if fill is not None:
                        yield Event(cursor, fill)
            except httpx.TransportError as error:
                if time.monotonic() - since > self.patience:
                    raise Unreachable(f"the stream of events: {error!r}") from error
            except Problem as problem:
                if not problem.passes or time.monotonic() - since > self.patience:
                    raise
                time.sleep(problem.retry_after or 0)
            time.sleep(0.2)

    def wait(self, sequence: int, states: Sequence[str] = ("settled",), within: float = 60.0) -> dict[str, Any]:
        """Asks until a fill is in one of ``states``."""
        until, pause = time.monotonic() + within, 0.02
        while (fill := self.fill(sequence))["state"] not in states:
            if time.monotonic() > until:
                raise PlumblineError(f"fill {fill['id']} is {fill['state']} after {within} s: {fill.get('detail', '')}")
            time.sleep(pause)
            pause = min(pause * 1.5, 1.0)
        return fill

    def _stream(self, after: int | None) -> Iterator[tuple[int, dict[str, Any] | None]]:
        """Cursors with the fill that changed; the first one says where the stream begins."""
        path = _path(f"/v1/venues/{self.address}/events", {"after": after})
        headers = {"accept": "text/event-stream", "authorization": self._authorization(path)}
        timeout = httpx.Timeout(10.0, read=SILENCE)
        with self._http.stream("GET", path, headers=headers, timeout=timeout) as response:
            if response.status_code != 200:
                response.read()
                raise _problem(response)
            fields: dict[str, str] = {}
            for line in response.iter_lines():
                name, _, value = line.partition(":")
                if line and name:
                    fields[name] = value.strip()
                elif not line and "id" in fields:
                    fill = json.loads(fields["data"]) if fields.get("event") == "fill" else None
                    yield int(fields["id"]), fill
                    fields = {}

    # HTTP

    def _get(self, path: str, signed: bool = True) -> Any:
        return self._send("GET", path, signed=signed)

    def _post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        content = json.dumps(body, separators=(",", ":")).encode()
        return self._send("POST", path, content=content, content_type="application/json", **headers)

    def _pages(self, path: str, name: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        while True:
            page = self._get(_path(path, query))
            yield from page[name]
            if page["next"] is None:
                return
            query["after"] = page["next"]

    def _authorization(self, path: str) -> str:
        expires = int(time.time() + self._ahead) + HOLDS
        return sign_read(self.key, self.deployment, self._host, path, expires)

    def _send(self, method: str, path: str, signed: bool = False, content: bytes | None = None, **headers: str) -> Any:
        """The answer's JSON; the same bytes again where nobody answered or the answer passes."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        until, pause = time.monotonic() + self.patience, 0.1
        while True:
            if signed:
                headers["authorization"] = self._authorization(path)
            failure = self._try(method, path, content, headers)
            if not isinstance(failure, PlumblineError):
                return failure
            if isinstance(failure, Problem) and not failure.passes and not self._set_clock(failure):
                raise failure
            wait = max(getattr(failure, "retry_after", None) or 0, pause * random.uniform(0.5, 1.0))
            if time.monotonic() + wait > until:
                raise failure
            time.sleep(wait)
            pause = min(pause * 2, 2.0)

    def _try(self, method: str, path: str, content: bytes | None, headers: dict[str, str]) -> Any:
        try:
            response = self._http.request(method, path, content=content, headers=headers)
        except httpx.TransportError as error:
            return Unreachable(f"{method} {path}: {error!r}")
        return response.json() if response.is_success else _problem(response)

    def _set_clock(self, problem: Problem) -> bool:
        """Whether this machine's clock was taken for right and is not: then the relayer's counts."""
        if problem.code != "signature-expired" or self._ahead:
            return False
        self._ahead = self.time()["now"] / 1_000 - time.time()
        return True


def _path(path: str, query: dict[str, Any]) -> str:
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def _problem(response: httpx.Response) -> Problem:
    try:
        body = response.json()
    except ValueError:
        body = None
    return Problem.of(response.status_code, body, response.headers.get("retry-after"))
