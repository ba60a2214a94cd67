"""A lock manager for the workers of one machine: leases are rows of a SQLite file. It brings no other facility."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager

import pluggy
from echoes import hookimpl
from echoes.clock import Clock
from echoes.errors import FacilityUnavailable, LeaseLost
from echoes.facilities import Lease, LockManager
from echoes.hookspecs import BackendContext, BackendHealth
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

POLL = 0.02
"""Seconds between two looks at a name that another client holds."""
FORGET = 3600
"""Seconds after which a row that was not renewed goes; tokens grow by the clock from then on."""
TABLE = "CREATE TABLE IF NOT EXISTS leases (name TEXT PRIMARY KEY, token INTEGER NOT NULL, expires REAL NOT NULL)"


class SqliteSettings(BaseSettings):
    """`ECHOES_SQLITE_*`."""

    model_config = SettingsConfigDict(env_prefix="ECHOES_SQLITE_", frozen=True)

    path: str = "echoes-locks.db"

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, **_: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is handed in: the server reads the environment, once, for all backends."""
        del settings_cls
        return (init_settings,)


class SqliteLocks:
    """`LockManager` over one file. Each call is one short transaction."""

    def __init__(self, path: str, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._file: sqlite3.Connection | None = None

    def open(self) -> None:
        """Connect; raises `FacilityUnavailable`."""
        with _translated():
            self._file = sqlite3.connect(self._path, timeout=1.0, isolation_level=None)
            self._file.execute(TABLE)

    @property
    def is_open(self) -> bool:
        """Whether it can be used."""
        return self._file is not None

    def close(self) -> None:
        """Disconnect; what is held runs out by itself."""
        if self._file is not None:
            self._file.close()
            self._file = None

    async def acquire(self, name: str, *, ttl: float, wait: float = 0) -> Lease | None:
        """Take the name; see `LockManager.acquire`. Who waits looks again every `POLL` seconds."""
        deadline = self._clock.time() + wait
        while True:
            lease = self._take(name, ttl)
            if lease is not None or self._clock.time() >= deadline:
                return lease
            await self._clock.sleep(POLL)

    async def renew(self, lease: Lease, *, ttl: float) -> None:
        """Hold on; see `LockManager.renew`."""
        now = self._clock.time()
        held = "UPDATE leases SET expires = ? WHERE name = ? AND token = ? AND expires > ?"
        if self._changed(held, now + ttl, lease.name, lease.token, now) == 0:
            raise LeaseLost(f"the lease {lease.token} on {lease.name!r} is over")

    async def release(self, lease: Lease) -> bool:
        """Give it back; see `LockManager.release`. The row stays until it expires, for its token."""
        now = self._clock.time()
        held = "UPDATE leases SET expires = ? WHERE name = ? AND token = ? AND expires > ?"
        return self._changed(held, now, lease.name, lease.token, now) == 1

    def forget(self) -> None:
        """Lose everything, as a deleted file would."""
        self._changed("DELETE FROM leases")

    def _take(self, name: str, ttl: float) -> Lease | None:
        now = self._clock.time()
        self._changed("DELETE FROM leases WHERE expires < ?", now - FORGET)
        free = """
            INSERT INTO leases VALUES (:name, :token, :expires)
            ON CONFLICT (name) DO UPDATE SET token = max(token + 1, :token), expires = :expires WHERE expires <= :now
            RETURNING token
        """
        with _translated():
            values = {"name": name, "token": int(now * 1_000_000), "expires": now + ttl, "now": now}
            rows = self._connection.execute(free, values).fetchall()
        return Lease(name, rows[0][0]) if rows else None

    def _changed(self, statement: str, *values: object) -> int:
        with _translated():
            return self._connection.execute(statement, values).rowcount

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._file is None:
            raise FacilityUnavailable("the lock file is not open")
        return self._file


class SqliteBackend:
    """One application's locks."""

    def __init__(self, context: BackendContext) -> None:
        given = {"path": context.environ["ECHOES_SQLITE_PATH"]} if "ECHOES_SQLITE_PATH" in context.environ else {}
        self._name = context.name
        self._path = SqliteSettings.model_validate(given).path
        self._locks = SqliteLocks(self._path, context.clock)

    @hookimpl
    def echoes_lock_manager(self) -> LockManager:
        """Leases."""
        return self._locks

    @hookimpl
    def echoes_lifespan(self) -> AbstractAsyncContextManager[None]:
        """The file is open while the server runs."""
        return self._serve()

    @hookimpl
    def echoes_backend_health(self) -> BackendHealth:
        """Whether the file is open."""
        return BackendHealth(self._name, ok=self._locks.is_open, facts={"path": self._path})

    @asynccontextmanager
    async def _serve(self) -> AsyncIterator[None]:
        self._locks.open()
        try:
            yield
        finally:
            self._locks.close()


@hookimpl
def echoes_seam_version() -> int:
    """The seam that this was written for."""
    return 1


@hookimpl
def echoes_settings() -> type[SqliteSettings]:
    """`ECHOES_SQLITE_*`."""
    return SqliteSettings


@hookimpl
def echoes_configure(plugins: pluggy.PluginManager, context: BackendContext) -> None:
    """Bring one instance for this application."""
    plugins.register(SqliteBackend(context))


@contextmanager
def _translated() -> Iterator[None]:
    """The one place where SQLite's errors become the server's."""
    try:
        yield
    except sqlite3.Error as error:
        raise FacilityUnavailable(f"the lock file: {error}") from error
