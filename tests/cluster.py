"""Several workers of one city in the test's own process, over one memory backend: what they share, they share through it."""

import contextlib
import random
from itertools import zip_longest
from pathlib import Path

import msgspec
from echoes.app import create_app, running
from echoes.clock import SystemClock
from echoes.game.service import Actor
from echoes.plugins import Selection, load
from echoes.settings import Settings, gamedata_of
from echoes.storage import accounts
from echoes.storage.commits import Placed, new_item_id
from echoes.wire import Line
from echoes.world import content
from echoes.world.populations import stays

SHIPPED = content.load(gamedata_of(Settings()))


def _quiet(place):
    items = tuple(msgspec.structs.replace(one, returns_minutes=None) for one in place.items)
    return msgspec.structs.replace(place, npcs=tuple(stays(place, SHIPPED)), items=items)


QUIET = content.stamped(
    msgspec.structs.replace(SHIPPED, spawns={}, locations={key: _quiet(place) for key, place in SHIPPED.locations.items()})
)
"""The shipped city without populations, and where nothing returns: no timer of its own."""
_APPS = {}


class Someone:
    """A character that is played on a worker, without a socket."""

    def __init__(self, context, character) -> None:
        self.context, self.id, self.name = context, character.id, character.name
        self.number = 0
        self.actor = None

    async def enter(self, context=None) -> None:
        """Begin a session on a worker."""
        self.context = context or self.context
        entered = await self.context.reception._presence.enter(self.id, f"client-{self.id}", "c")
        await self.context.reception._presence.appear(entered, "c")
        await self.context.snapshots.of(self.id)
        self.actor = Actor(self.id, f"client-{self.id}", entered.epoch, entered.last_command)

    async def type(self, line, *, context=None, actor=None):
        """Type a line; answers the reply."""
        self.number += 1
        reply = await (context or self.context).service.run(actor or self.actor, Line(id=self.number, text=line))
        return msgspec.json.decode(reply)

    async def ask(self, context, line):
        """Type a line over HTTP, on any worker."""
        return await self.type(line, context=context, actor=Actor(self.id, f"http:{self.id}:{self.number}", 0, 0))


@contextlib.asynccontextmanager
async def cluster(url, folder: Path, *, workers=1, world=QUIET, redis="", clocks=(), **settings):
    """This number of workers over one migrated database; each holds the world, by default the quiet one. Over the Redis at a URL, and by clocks of their own, if given."""
    selection = Selection.all("redis" if redis else "memory", extensions=False)
    backends = load(selection, environ={"ECHOES_REDIS_URL": redis} if redis else {}, clock=SystemClock())
    backends.max_workers = max(backends.max_workers, workers)  # they share one process, so they may share one memory
    made = Settings(data_dir=folder, **settings)
    worlds = world if isinstance(world, list) else [world] * workers
    async with contextlib.AsyncExitStack() as stack:
        cities = []
        for one, clock in zip_longest(worlds, clocks):
            context = await stack.enter_async_context(running(made, url, one, backends, clock or SystemClock(), random.Random(1)))
            await context.world_lock.required()
            cities.append(context)
        try:
            yield cities
        finally:
            _APPS.clear()


def app_of(context):
    """The application of a worker of a cluster, built once: that takes as long as fifty requests."""
    if context.worker_id not in _APPS:
        _APPS[context.worker_id] = create_app(context)
    return _APPS[context.worker_id]


async def someone(context, name="Mara", quests=()) -> Someone:
    """A new character at the start, with its kit, on these quests, and a session."""
    account = await accounts.create_account(context.database, name, name.casefold(), "hash")
    kit = [Placed(new_item_id(), one.item, one.quantity, context.world.items[one.item].durability) for one in context.world.start.kit]
    made = await accounts.create_character(context.database, account.id, name, name.casefold(), context.world.start, kit, quests)
    one = Someone(context, made)
    await one.enter()
    return one
