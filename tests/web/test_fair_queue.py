"""Turns at the passwords: fair to addresses, bounded, and given up when its client goes away."""

import asyncio

import pytest
from echoes.errors import Refused
from echoes.web.fair_queue import FairQueue


class Crowd:
    """Requests at one queue. Each has its turn until the test lets it end."""

    def __init__(self, *, at_once=1, most=6) -> None:
        self.turns = FairQueue(at_once=at_once, most=most)
        self.begun: list[str] = []
        self.full: list[str] = []
        self.errors: list[tuple[str, bool]] = []
        self._ends = asyncio.Event()
        self.tasks: list[asyncio.Task] = []

    async def _ask(self, address):
        try:
            async with self.turns.turn(address):
                self.begun.append(address)
                await self._ends.wait()
        except Refused as error:
            self.full.append(address)
            self.errors.append((error.code, error.retry_after >= 1))

    async def ask(self, address):
        """One more; it waits, has its turn, or is refused by now."""
        self.tasks.append(asyncio.create_task(self._ask(address)))
        for _ in range(3):
            await asyncio.sleep(0)
        return self.tasks[-1]

    async def let_all_end(self):
        self._ends.set()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_addresses_take_turns():
    """One that asked five times before the others came waits behind itself."""
    crowd = Crowd()
    for address in ["greedy"] * 5 + ["mara", "tomas"]:
        await crowd.ask(address)
    await crowd.let_all_end()
    assert crowd.begun == ["greedy", "greedy", "mara", "tomas", "greedy", "greedy", "greedy"]


async def test_one_address_cannot_fill_the_queue():
    """A newcomer takes the place of the youngest of those that fill it; the one address is refused more."""
    crowd = Crowd(most=4)
    for _ in range(6):
        await crowd.ask("greedy")
    assert crowd.full == ["greedy"]
    for address in ("mara", "tomas"):
        await crowd.ask(address)
    assert crowd.full == ["greedy"] * 3
    await crowd.let_all_end()
    assert crowd.begun == ["greedy", "greedy", "mara", "tomas", "greedy"]


async def test_a_queue_full_of_many_refuses_the_newcomer():
    crowd = Crowd(most=3)
    for address in ("now", "a", "b", "c", "d"):
        await crowd.ask(address)
    assert (crowd.full, crowd.errors) == (["d"], [("full", True)])
    await crowd.let_all_end()


async def test_no_more_at_once_than_there_are_turns():
    crowd = Crowd(at_once=2)
    for number in range(5):
        await crowd.ask(str(number))
    assert (crowd.begun, crowd.turns.waiting) == (["0", "1"], 3)
    await crowd.let_all_end()
    assert sorted(crowd.begun) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("when", ["waiting", "called"])
async def test_a_client_that_goes_away_keeps_no_turn(when):
    """Whether it still waits, or has just been given its turn."""
    crowd = Crowd()
    first, second, _ = [await crowd.ask(one) for one in ("a", "b", "c")]
    if when == "called":
        first.cancel()
        await asyncio.sleep(0)  # the first has passed its turn on, and the second has not run yet
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    first.cancel()
    for _ in range(3):
        await asyncio.sleep(0)
    assert crowd.begun == ["a", "c"]
    await crowd.let_all_end()
    async with crowd.turns.turn("d"):
        assert crowd.turns.waiting == 0


async def test_a_closed_queue_refuses_all_that_wait():
    """And those that come; who has a turn ends it. They are asked to come again, to another worker."""
    crowd = Crowd()
    for address in ["first", "second", "third"]:
        await crowd.ask(address)
    crowd.turns.close()
    await crowd.ask("fourth")
    assert crowd.full == ["second", "third", "fourth"]
    assert set(crowd.errors) == {("unavailable", True)}
    assert crowd.turns.waiting == 0
    await crowd.let_all_end()
    assert crowd.begun == ["first"]
