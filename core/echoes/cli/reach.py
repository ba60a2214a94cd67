"""How the command line reaches the game's database, also while a server runs on its private PostgreSQL."""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import TypeVar

import click

from echoes import event_loop
from echoes.errors import FacilityError, StorageError
from echoes.plugins import Backends
from echoes.settings import Settings
from echoes.storage import contents, database, database_identity, embedded
from echoes.storage.database import Database

T = TypeVar("T")


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Run `work` on the game's database. Raises `StorageError` when it cannot be reached or was never migrated."""

    async def connected(url: str) -> T:
        async with database.connect(url, pool=2, timeout=settings.database_timeout) as opened:
            try:
                return await work(opened)
            except Exception as error:
                if contents.is_missing(error):
                    raise StorageError("the database was not migrated yet; start the server once, or run `echoes migrate up`") from error
                raise

    with ExitStack() as stack:
        url = settings.database_url or embedded.of_running_server(settings.data_dir)
        return event_loop.run(connected(url or stack.enter_context(embedded.running(settings.data_dir))))


async def with_backends(backends: Backends, work: Callable[[], Awaitable[None]]) -> bool:
    """Notify the running workers through the backend that they share. False when there is none, or it is out of reach."""
    if backends.max_workers == 1:
        return False
    try:
        async with backends.lifespan():
            await work()
    except FacilityError:
        return False
    return True


def restored(settings: Settings) -> None:
    """`echoes restored`: begin a new life of a database that was restored from a backup."""
    with_database(settings, database_identity.begin_life)
    click.echo("recorded: all sign-ins have ended, and running workers apply it within about a second")
