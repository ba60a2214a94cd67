"""Imported by every Python process of a server under test, before anything else: what the chaos tests need inside of it. The core knows nothing of it.

`ECHOES_TEST_BREAK` takes one promise's machinery out, so that the checker can be seen to find that: `fencing` (an older session may write),
`recovery` (what a subscriber missed is not made up for, and nobody is told), `deduplication` (a command's number says nothing).
SIGUSR2 steps the process's wall clock an hour ahead; again, and it is back.
"""

import os
import signal
import sys
import time
from itertools import cycle

BREAK = os.environ.get("ECHOES_TEST_BREAK", "")


def step_on_signal() -> None:
    """The wall clock jumps whenever SIGUSR2 comes."""
    real, steps, ahead = time.time, cycle((3600.0, 0.0)), [0.0]

    def step(*_: object) -> None:
        ahead[0] = next(steps)

    time.time = lambda: real() + ahead[0]
    signal.signal(signal.SIGUSR2, step)


def without_fencing() -> None:
    """Every commit goes through as if it belonged to no session."""
    from echoes.game import service
    from echoes.storage import commits

    former = commits.commit

    async def commit(*arguments: object, **named: object) -> object:
        return await former(*arguments, **{**named, "epoch": 0})

    service.commits.commit = commit


def without_recovery() -> None:
    """A listener goes on from where it says, with whatever comes next; holes are stepped over."""
    from echoes.web.feed import Feed, Joined
    from echoes_redis.line import Line

    former = Feed.join

    async def join(self: Feed, listener: object, since: object) -> Joined:
        joined = await former(self, listener, since)
        return Joined(since or joined.position, [], complete=True)

    def take(self: Line, epoch: bytes, offset: int, tag: bytes, payload: bytes) -> None:
        self._epoch = epoch
        self.position = type(self.position)(epoch.decode(), self.position.offset)
        self._deliver(offset, tag, payload)

    Feed.join, Line._take = join, take


def without_deduplication() -> None:
    """Whatever number a command has, it is carried out; its record takes the place of any other."""
    from echoes.game import service
    from echoes.storage import commits

    former = commits.commit

    async def commit(database: object, **named: object) -> object:
        which = named["character_id"], named["client"], named["number"]
        await database.rows("chaos.forget", "delete from commands where character_id = $1 and client = $2 and number = $3", *which)
        return await former(database, **named)

    async def find(*_: object) -> tuple[str, bytes]:
        return "new", b""

    service.commits.commit, service.commits.find_command = commit, find


if "echoes" in " ".join(sys.orig_argv):
    step_on_signal()
    if BREAK:
        {"fencing": without_fencing, "recovery": without_recovery, "deduplication": without_deduplication}[BREAK]()
