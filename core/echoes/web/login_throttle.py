"""How often passwords may be tried. A client that must wait learns how long; an owner at another address is not affected.

What is refused writes nothing and, as long as this worker remembers it, asks PostgreSQL nothing.
"""

import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from msgspec import Struct

from echoes.errors import Refused
from echoes.metrics import counting
from echoes.settings import Settings
from echoes.storage import login_attempts
from echoes.storage.database import Database
from echoes.storage.login_attempts import Limits

REMEMBERED = 10_000
"""Keys of which a worker remembers until when they wait; the oldest is forgotten, and PostgreSQL asked again."""
OFTEN, PER_MINUTE = 20, 10
"""Passwords of one account, right ones included, that one worker checks for one address in a row, and then for each minute."""
CODES, CODES_AN_HOUR = 10, 10
"""Wrong codes of one operator's second factor in a row, from all addresses, and then in each hour."""
DAY = 86_400.0
HOUSEHOLD = 10
"""An address may check this many times as many right passwords as wrong ones."""


class Memory:
    """A moment for each key, in this worker alone."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._until: OrderedDict[str, float] = OrderedDict()

    def left(self, key: str) -> float:
        """Seconds until that moment; 0 when it is past, or not known."""
        return max(0.0, self._until.get(key, 0.0) - time.monotonic())

    def keep(self, key: str, seconds: float) -> None:
        """Block the key for this many seconds. An empty key is ignored."""
        if not key:
            return
        self._until[key] = time.monotonic() + seconds
        self._until.move_to_end(key)
        if len(self._until) > self._most:
            self._until.popitem(last=False)


class Pace:
    """A number in a row, and then a number for each minute, for each key on this worker (generic cell rate algorithm: one moment a key)."""

    def __init__(self, in_a_row: int, per_minute: float) -> None:
        self._interval = 60 / per_minute
        self._slack = (in_a_row - 1) * self._interval
        self._filled = Memory()

    def left(self, key: str) -> float:
        """In how many seconds there is one; 0 when there is one now."""
        return max(0.0, self._filled.left(key) - self._slack)

    def spend(self, key: str) -> None:
        """Take one."""
        self._filled.keep(key, self._filled.left(key) + self._interval)


class Attempt(Struct, frozen=True):
    """An attempt that this worker's memory allows: by one address with one account (`pair`), and by the address (`bucket`).

    `bucket` is empty for a trusted peer that names no client; `pair` is empty where no account is meant. `makes` names what the attempt creates.
    """

    login_throttle: "LoginThrottle"
    limits: Limits
    pair: str
    bucket: str
    makes: str = ""

    async def count(self) -> None:
        """Count it, in PostgreSQL, for all workers; raises `Refused` when it may not be made. To be called in a turn."""
        await self.login_throttle.count(self)

    async def succeeded(self) -> None:
        """It was the right password."""
        counting.sign_in("ok")
        await login_attempts.succeeded(self.login_throttle.database, self.pair, self.bucket)

    async def undone(self) -> None:
        """Undo the count of an attempt that has created nothing, or of a code that was right."""
        await login_attempts.succeeded(self.login_throttle.database, self.pair, self.bucket)


@asynccontextmanager
async def made(attempt: Attempt) -> AsyncIterator[None]:
    """Count it before something is made, and no longer when that is refused."""
    await attempt.count()
    try:
        yield
    except Refused:
        await attempt.undone()
        raise


class LoginThrottle:
    """Counts attempts for all workers together. A trusted proxy that names no client is not limited by its address."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self._limits = Limits(
            settings.login_tries, settings.login_longest_wait, settings.address_attempts, settings.address_attempts_per_minute / 60
        )
        self._a_day = {"accounts": settings.accounts_per_address, "characters": settings.characters_per_address}
        self._refused = Memory()
        self._pairs = Pace(OFTEN, PER_MINUTE)
        self._addresses = Pace(HOUSEHOLD * settings.address_attempts, HOUSEHOLD * settings.address_attempts_per_minute)

    def sign_in(self, address: str | None, username_key: str, *, purpose: Literal["account", "operator"] = "account") -> Attempt:
        """A password of this account is to be tried, which need not exist; raises `Refused` when it is known that it may not be yet.

        Sign-ins of operators are counted apart: a player's right password does not forgive wrong codes of a second factor.
        """
        pair = f"{purpose}:{username_key}@{address or '-'}"
        attempt = Attempt(self, self._limits, pair if username_key else "", f"sign_in:{address}" if address else "")
        self._refuse_known(attempt)
        return attempt

    def code(self, username_key: str) -> Attempt:
        """A code of an operator's second factor is to be tried, from any address; raises `Refused` when it is known that it may not be yet.

        Ask once the password was right: so a stranger keeps no operator out. A right code is `undone`.
        """
        attempt = Attempt(self, Limits(1, 1.0, CODES, CODES_AN_HOUR / 3600), "", f"operator:{username_key}@*")
        self._refuse_known(attempt)
        return attempt

    def register(self, address: str | None) -> Attempt:
        """An account is to be made; raises `Refused` when it is known that too many were from this address."""
        attempt = Attempt(self, self._limits, "", f"register:{address}" if address else "")
        self._refuse_known(attempt)
        return attempt

    def make(self, kind: Literal["accounts", "characters"], address: str | None) -> Attempt:
        """One of these is to be made; raises `Refused` when it is known that the address has made as many as it may in a day."""
        most = self._a_day[kind]
        attempt = Attempt(self, Limits(1, 1.0, most, most / DAY), "", f"made_{kind}:{address}" if address else "", kind)
        self._refuse_known(attempt)
        return attempt

    async def count(self, attempt: Attempt) -> None:
        """See `Attempt.count`."""
        self._refuse_known(attempt)
        self._pairs.spend(attempt.pair)
        self._addresses.spend(attempt.bucket)
        verdict = await login_attempts.attempt(self.database, attempt.pair, attempt.bucket, attempt.limits)
        if verdict.seconds:
            self._refused.keep(verdict.key, verdict.seconds)
            self._refuse(verdict.seconds, attempt.makes)

    def _refuse_known(self, attempt: Attempt) -> None:
        known = [self._refused.left(key) for key in (attempt.pair, attempt.bucket)]
        self._refuse(max(*known, self._pairs.left(attempt.pair), self._addresses.left(attempt.bucket)), attempt.makes)

    def _refuse(self, wait: float, makes: str = "") -> None:
        if not wait:
            return
        counting.sign_in("throttled")
        if makes:
            raise Refused("too_many_made", f"Too many {makes} were made from your address today.", _come_back(wait), retry_after=wait)
        raise Refused("too_many_attempts", "That was tried too often.", _come_back(wait), retry_after=wait)


def _come_back(wait: float) -> str:
    return f"Wait {math.ceil(wait)} seconds, then try again." if wait <= 120 else f"Try again in {math.ceil(wait / 60)} minutes."
