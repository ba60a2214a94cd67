"""`echoes cache`: list cached kinds, or drop a cached value that an operator does not trust."""

import click

from echoes.channels import CACHE, CacheDropped, encode
from echoes.cli.reach import with_backends, with_database
from echoes.errors import ConfigurationError
from echoes.facilities import CachedKind
from echoes.game.kinds import kinds_of
from echoes.prepare import select_backends
from echoes.settings import Settings
from echoes.storage import world
from echoes.storage.database import Database
from echoes.world.nearest import did_you_mean


def kinds(settings: Settings) -> None:
    """List what is cached, also by extensions: the kind, its key, and how long it is kept."""
    for kind in kinds_of(select_backends(settings).cached_kinds).values():
        kept = "until it is invalidated" if kind.ttl is None else f"{kind.ttl:g} s"
        click.echo(f"{kind.name:<10} {kind.key:<26} {kept}")


def invalidate(settings: Settings, name: str, id: str) -> None:  # noqa: A002
    """Drop one cached value everywhere: the next read queries PostgreSQL.

    The order is a row in PostgreSQL that every worker carries out within about a second. Where workers share a backend, they are notified
    at once as well.
    """
    known = kinds_of(select_backends(settings).cached_kinds)
    kind = known.get(name)
    if kind is None:
        raise ConfigurationError(f"there is no cached kind {name!r}{did_you_mean(name, known)}; `echoes cache kinds` lists all")
    dropped = with_database(settings, lambda database: _dropped(settings, database, kind, id))
    click.echo(f"{kind.key.format(id=id)}: {'dropped' if dropped else 'ordered; workers drop it within about a second'}")


async def _dropped(settings: Settings, database: Database, kind: CachedKind, id: str) -> bool:  # noqa: A002
    await world.order_drop(database, kind.name, id)
    backends = select_backends(settings)

    async def drop() -> None:
        await backends.facilities.cache.drop(kind, id)
        await backends.facilities.broadcast.publish(CACHE, encode(CacheDropped(kind.name, id)))

    return await with_backends(backends, drop)
