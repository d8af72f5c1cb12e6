"""Client of a Plumbline relayer, for venues.

``signing`` makes typed data and signatures, ``client`` talks to a relayer, ``errors`` are what either refuses with.
"""

from .client import Event, Relayer
from .errors import PlumblineError, Problem, Unreachable
from .signing import Batch, Deployment, Fill, check_notice, sign_batch, sign_cancel, sign_read

__all__ = [
    "Batch",
    "Deployment",
    "Event",
    "Fill",
    "PlumblineError",
    "Problem",
    "Relayer",
    "Unreachable",
    "check_notice",
    "sign_batch",
    "sign_cancel",
    "sign_read",
]
