"""Passwords: argon2id, off the event loop, a few at a time (each takes 64 MiB while it is worked on)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from echoes.errors import Refused

QUEUE = 64
"""So many may wait for their turn: at two a time and some 50 ms each, one and a half seconds."""


class Passwords:
    """Hashes and verifies; raises `Refused` (`full`) when too many wait already.

    Verifying against no hash takes as long as against one, so that nobody learns which usernames exist. The parameters are those that
    RFC 9106 recommends where memory is dear: 64 MiB, three passes, four lanes. A hash says which it was made with, so they may change.
    """

    def __init__(self, hasher: PasswordHasher | None = None, *, at_once: int = 2) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._turns = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._nobody = self._hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        """A salted hash with its parameters."""
        async with self._turn():
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether this is the password; always False for None, just as slowly."""
        async with self._turn():
            return await asyncio.to_thread(self._matches, stored, password)

    def is_outdated(self, stored: str) -> bool:
        """Whether it was made with other parameters than a new one would be."""
        return self._hasher.check_needs_rehash(stored)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= QUEUE:
            raise Refused("full", "Too many people are at the gate.", "Wait a moment, then try again.", retry_after=3.0)
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()

    def _matches(self, stored: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(stored or self._nobody, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False
