"""The protocol between supervisor and worker over the worker's lifeline, a pair of sockets.

The worker sends `READY` once, and `LEAVING` when it accepts no more clients. Between them it answers each `ASK` with `ANSWER`, from its event
loop: a worker that hangs answers nothing. The supervisor sends which other slots the worker accepts clients of meanwhile (`serve`), and when
it stops doing so (`yield_`): no worker of that slot accepts then. The other end closes when its process ends.
"""

import re
from collections.abc import Iterator

READY, LEAVING, ASK, ANSWER = b"ready", b"leaving", b"?", b"!"
BYTES = 4096
"""Bytes of one read. It is more than is ever waiting, since an unanswered `ASK` is not repeated."""
_REQUEST = re.compile(rb"\?|([+-])(\d+);")


def serve(slot: int) -> bytes:
    """The request to accept the clients of this slot, too."""
    return b"+%d;" % slot


def yield_(slot: int) -> bytes:
    """The request to accept the clients of this slot no more: its own worker does."""
    return b"-%d;" % slot


def requests(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Read the supervisor's requests: `?` with 0, or `+` and `-` with a slot. A newer supervisor's other requests are skipped."""
    for found in _REQUEST.finditer(data):
        yield (ASK, 0) if found[0] == ASK else (found[1], int(found[2]))
