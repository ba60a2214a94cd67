"""The world lock: two worlds never write to one database."""

import asyncio
import contextlib

import pytest
from echoes.errors import Unavailable
from echoes.storage.world_lock import WorldLock, kept
from postgres import execute
from prometheus_client import REGISTRY


def lock(url, name, *, shared=False, **more):
    return WorldLock(url, shared=shared, worker_id=name, interval=0.05, **more)


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_one_world_waits_for_the_other(database_url):
    """It logs the holder, and continues as soon as the other has left."""
    async with contextlib.AsyncExitStack() as stack:
        async with kept(lock(database_url, "first")) as first:
            await first.required()
            second = await stack.enter_async_context(kept(lock(database_url, "second")))
            await until(lambda: "first" in second.waiting_for)
            with pytest.raises(Unavailable):
                await second.required(patience=0.2)
        await second.required()


async def test_workers_of_one_server_share_the_world(database_url):
    """Shared locks go together; an exclusive one waits for all of them, and does not keep new ones out."""
    async with kept(lock(database_url, "a", shared=True)) as a, kept(lock(database_url, "memory")) as memory:
        await until(lambda: a.held or memory.held)
        if memory.held:
            return
        async with kept(lock(database_url, "b", shared=True)) as b:
            await b.required()
            assert not memory.held


async def test_a_broken_connection_pauses_writing_until_the_lock_is_taken_again(database_url):
    """The steps of taking the lock run again: another server may have written meanwhile."""
    taken = []

    async def on_taken():
        taken.append(1)

    async with kept(lock(database_url, "worker", on_taken=on_taken)) as one:
        await one.required()
        await execute(database_url, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'echoes world worker'")
        await until(lambda: len(taken) == 2)
        await one.required()


async def test_a_mistake_does_not_end_the_keeping(database_url):
    """A step under the lock may fail in any way: the lock is released, and taken again."""
    beats = []

    async def on_poll(connection):
        beats.append(connection)
        if len(beats) == 1:
            raise ZeroDivisionError

    before = REGISTRY.get_sample_value("echoes_crashes_total", {"place": "world_lock"})
    async with kept(lock(database_url, "worker", on_poll=on_poll)) as one:
        await until(lambda: len(beats) > 1)
        await one.required()
        assert beats[0] is not beats[1]
    assert REGISTRY.get_sample_value("echoes_crashes_total", {"place": "world_lock"}) == before + 1
