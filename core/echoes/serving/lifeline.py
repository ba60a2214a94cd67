"""The protocol between supervisor and worker over the worker's lifeline, a pair of sockets.

The worker sends `READY` once, and `LEAVING` when it accepts no more clients. Between them it answers each `ASK` with `ANSWER`, from its event
loop: a worker that hangs answers nothing. The supervisor sends which other slots the worker accepts clients of meanwhile (`serve`), and when
it stops doing so (`yield_`): no worker of that slot accepts then. The other end closes when its process ends.

The worker also hands over the orders of operators that it has taken (`order`), each with its number. The supervisor reports the outcome to
each worker that it has then (`outcome`).
"""

import re
from collections.abc import Iterator

READY, LEAVING, ASK, ANSWER = b"ready", b"leaving", b"?", b"!"
BYTES = 4096
"""Bytes of one read. It is more than is ever waiting, since an unanswered `ASK` is not repeated."""
_REQUEST = re.compile(rb"\?|([+-])(\d+);")
_ORDER, _OUTCOME = re.compile(rb"#([a-z]+):(\d+);"), re.compile(rb"=(\d+):([a-z_]+);")


def serve(slot: int) -> bytes:
    """The request to accept the clients of this slot, too."""
    return b"+%d;" % slot


def yield_(slot: int) -> bytes:
    """The request to accept the clients of this slot no more: its own worker does."""
    return b"-%d;" % slot


def order(action: str, number: int) -> bytes:
    """An order of an operator, as a worker hands it to its supervisor."""
    return b"#%s:%d;" % (action.encode(), number)


def orders(data: bytes) -> Iterator[tuple[str, int]]:
    """Read the orders that a worker hands over: action and number."""
    return ((found[1].decode(), int(found[2])) for found in _ORDER.finditer(data))


def outcome(number: int, word: str) -> bytes:
    """The outcome of an order, as the supervisor reports it (`echoes.tasks.worker_orders.OUTCOMES`)."""
    return b"=%d:%s;" % (number, word.encode())


def outcomes(data: bytes) -> Iterator[tuple[int, str]]:
    """Read the outcomes that the supervisor reports: number of the order and outcome."""
    return ((int(found[1]), found[2].decode()) for found in _OUTCOME.finditer(data))


def requests(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Read the supervisor's requests: `?` with 0, or `+` and `-` with a slot. A newer supervisor's other requests are skipped."""
    for found in _REQUEST.finditer(data):
        yield (ASK, 0) if found[0] == ASK else (found[1], int(found[2]))
