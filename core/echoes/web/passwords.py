"""Passwords: argon2id, on threads of their own that give way to play (each hash takes 64 MiB and some 0.1 s of all cores)."""

import asyncio
import os
import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, suppress

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION
from argon2.profiles import RFC_9106_LOW_MEMORY

from echoes.web.fair_queue import FairQueue

AT_ONCE = 2
"""Passwords that a worker looks at at the same time."""
QUEUE = 64
"""Requests with a password that may wait on a worker."""
NICE = 10
"""How far the system puts these threads, and those that argon2 starts from them, behind the one that plays (Linux; elsewhere they are equal)."""


class Passwords:
    """Hashes and verifies passwords, for a request that has its turn (`turn`).

    Verifying without a hash takes as long as with one, so usernames cannot be probed. The parameters are those that RFC 9106 recommends where
    memory is scarce: 64 MiB, three passes, four lanes. A hash names its parameters, so they may change.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._queue = FairQueue(at_once=AT_ONCE, most=QUEUE)
        self._threads = ThreadPoolExecutor(AT_ONCE, "password", _give_way)
        self._dummy = _hash_of_no_password(self._hasher)

    def turn(self, address: str | None) -> AbstractAsyncContextManager[None]:
        """A turn for one request of this address (see `FairQueue`); its queries to PostgreSQL run within the turn."""
        return self._queue.turn(address or "-")

    def close(self) -> None:
        """Begin no more turns: this worker leaves, and another one answers when the client tries again."""
        self._queue.close()

    async def hash(self, password: str) -> str:
        """A salted hash with its parameters."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether this is the password; always False for None and for an empty text, just as slowly."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._matches, stored, password)

    def is_outdated(self, stored: str) -> bool:
        """Whether it was made with other parameters than a new one would be."""
        return self._hasher.check_needs_rehash(stored)

    def _matches(self, stored: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(stored or self._dummy, password) and bool(stored)
        except (VerificationError, InvalidHashError):
            return False


def _hash_of_no_password(hasher: PasswordHasher) -> str:
    """A hash that takes as long to verify as one of `hasher`, in the same format (PHC string). It is random: no start waits for a hash."""
    salt, digest = (b64encode(os.urandom(size)).rstrip(b"=").decode() for size in (hasher.salt_len, hasher.hash_len))
    parameters = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${parameters}${salt}${digest}"


def _give_way() -> None:
    with suppress(OSError):  # a system that knows niceness of processes only
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
