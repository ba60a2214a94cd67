"""A command whose handler makes a mistake is answered and counted; a command that is cancelled is not answered at all."""

import asyncio
from dataclasses import replace

import pytest
from cluster import QUIET, cluster, someone
from echoes.game.commands.resting import Rest
from prometheus_client import REGISTRY


@pytest.fixture
async def mara(database_url, tmp_path):
    async with cluster(database_url, tmp_path, world=QUIET) as (context,):
        yield await someone(context)


def handled_by(mara, monkeypatch, handler):
    """`rest` is carried out by this."""
    frames = dict(mara.context.service.catalogue.by_frame)
    frames[Rest] = replace(frames[Rest], handler=handler)
    monkeypatch.setattr(mara.context.service.catalogue, "by_frame", frames)


def counted():
    return REGISTRY.get_sample_value("echoes_commands_total", {"command": "rest", "outcome": "internal"}) or 0


@pytest.mark.parametrize("mistake", [ZeroDivisionError, asyncio.CancelledError])
async def test_a_mistake_is_answered_and_counted(mara, monkeypatch, mistake):
    """Also a cancellation that the handler lets out, while no client has cancelled the command."""

    async def crashes(deed, command):
        raise mistake

    handled_by(mara, monkeypatch, crashes)
    before = counted()
    assert (await mara.type("rest"))["error"]["code"] == "internal"
    assert counted() == before + 1
    monkeypatch.undo()
    assert (await mara.type("rest"))["ok"], "the next command is carried out"


async def test_a_cancelled_command_ends(mara, monkeypatch):
    """Its connection is gone: no client waits for the answer."""
    begun = asyncio.Event()

    async def waits(deed, command):
        begun.set()
        await asyncio.Event().wait()

    handled_by(mara, monkeypatch, waits)
    command = asyncio.create_task(mara.type("rest"))
    await begun.wait()
    command.cancel()
    with pytest.raises(asyncio.CancelledError):
        await command
    assert command.cancelled()


async def test_commands_are_counted_by_the_arm_of_the_caches_rollout(mara):
    """A character that reads through the cache is counted as cached."""
    await mara.type("rest")
    assert mara.context.service.commands["rest", "cached"] == 1
    assert mara.context.service.commands["rest", "direct"] == 0
