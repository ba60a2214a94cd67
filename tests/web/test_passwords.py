"""Passwords: how many at a time, and with which parameters."""

import asyncio

import pytest
from argon2 import PasswordHasher
from echoes.errors import Refused
from echoes.web.passwords import QUEUE, Passwords

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


async def test_a_crowd_at_the_gate_is_told_to_come_back():
    """So many may wait; more are refused at once, and afterwards there is room again."""
    passwords = Passwords(CHEAP)
    answers = await asyncio.gather(*(passwords.verify(None, "a password") for _ in range(QUEUE + 20)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert answers.count(False) + len(refused) == QUEUE + 20
    assert 0 < len(refused) <= 20
    assert {(one.code, one.retry_after > 0) for one in refused} == {("full", True)}
    assert await passwords.verify(await passwords.hash("a password"), "a password")


async def test_whoever_gives_up_waiting_leaves_the_queue():
    """A client that goes away takes nobody's place."""
    passwords = Passwords(CHEAP)
    for _ in range(3):
        waiting = [asyncio.create_task(passwords.verify(None, "a password")) for _ in range(QUEUE)]
        await asyncio.sleep(0)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert await passwords.verify(None, "a password") is False


@pytest.mark.parametrize("stored", ["", "-", "$argon2id$v=19$m=65536", "plain"])
async def test_what_is_no_hash_matches_nothing(stored):
    """Accounts made without a password cannot be opened with any."""
    assert await Passwords(CHEAP).verify(stored, stored or "a password") is False


async def test_a_hash_of_other_parameters_is_to_be_renewed():
    """Today's are 64 MiB, three passes, four lanes."""
    assert Passwords().is_outdated(CHEAP.hash("a password"))
    fresh = await Passwords().hash("a password")
    assert fresh.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert not Passwords().is_outdated(fresh)
