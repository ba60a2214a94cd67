"""Passwords: how many at a time, and with which parameters."""

import asyncio
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError
from echoes.errors import Refused
from echoes.web.passwords import AT_ONCE, NICE, QUEUE, Passwords

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


async def test_sign_ins_beyond_the_queue_are_rejected_with_a_time_to_retry():
    """The queue is bounded; when it has drained, sign-ins are accepted again."""
    passwords = Passwords(CHEAP)

    async def sign_in(number):
        async with passwords.turn(f"192.0.2.{number}"):
            return await passwords.verify(None, "a password")

    answers = await asyncio.gather(*map(sign_in, range(AT_ONCE + QUEUE + 20)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert (answers.count(False), len(refused)) == (AT_ONCE + QUEUE, 20)
    assert {(one.code, one.retry_after > 0) for one in refused} == {("full", True)}
    assert await passwords.verify(await passwords.hash("a password"), "a password")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, threads have no niceness of their own")
async def test_threads_that_hash_give_way_to_play():
    """The system prefers all other threads of this process to those of the hashing."""

    class Curious(PasswordHasher):
        def hash(self, password, **named):
            self.nice = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
            return super().hash(password, **named)

    hasher = Curious(time_cost=1, memory_cost=8, parallelism=1)
    before = os.getpriority(os.PRIO_PROCESS, 0)
    await Passwords(hasher).hash("a password")
    assert hasher.nice == NICE
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


class Seen(PasswordHasher):
    """Keeps what it is asked."""

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.hashed, self.verified = [], []

    def hash(self, password, **named):
        self.hashed.append(password)
        return super().hash(password, **named)

    def verify(self, stored, password):
        self.verified.append(stored)
        return super().verify(stored, password)


@pytest.mark.parametrize("stored", [None, ""], ids=["no-account", "empty"])
async def test_without_a_hash_no_password_is_right_and_the_answer_takes_as_long(stored):
    """A hash with the parameters of real ones is verified in its place; a start does not wait until one is made."""
    hasher = Seen(time_cost=2, memory_cost=16, parallelism=2)
    passwords = Passwords(hasher)
    assert await passwords.verify(stored, "a password") is False
    assert hasher.hashed == []
    (verified,) = hasher.verified
    with pytest.raises(VerifyMismatchError):
        hasher.verify(verified, "a password")
    assert extract_parameters(verified) == extract_parameters(hasher.hash("a password"))


async def test_hashing_does_not_wait_for_the_event_loops_threads():
    """All threads of the event loop are busy."""
    loop, leave = asyncio.get_running_loop(), threading.Event()
    with ThreadPoolExecutor(1) as crowded:
        loop.set_default_executor(crowded)
        busy = loop.run_in_executor(None, leave.wait)
        try:
            async with asyncio.timeout(10):
                assert await Passwords(CHEAP).verify(None, "a password") is False
        finally:
            leave.set()
            await busy


@pytest.mark.parametrize("stored", ["", "-", "$argon2id$v=19$m=65536", "plain"])
async def test_a_malformed_hash_matches_no_password(stored):
    """An account without a password cannot be opened with any."""
    assert await Passwords(CHEAP).verify(stored, stored or "a password") is False


async def test_a_hash_of_other_parameters_is_to_be_renewed():
    """Today's are 64 MiB, three passes, four lanes."""
    assert Passwords().is_outdated(CHEAP.hash("a password"))
    fresh = await Passwords().hash("a password")
    assert fresh.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert not Passwords().is_outdated(fresh)
