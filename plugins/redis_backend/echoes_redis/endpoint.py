"""The address of Redis: parse URLs, open sockets, find masters."""

import asyncio
import contextlib
import re
import ssl
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import redis.exceptions as redis_errors
from echoes.errors import ConfigurationError
from echoes.urls import checked
from msgspec import Struct

from echoes_redis.connection import Connection, RespProtocol
from echoes_redis.settings import RedisSettings

Links = dict[tuple[str, int], Connection]
STRAGGLER_SECONDS = 0.2
SCHEMES = ("redis", "rediss", "redis+sentinel", "rediss+sentinel", "unix")


class Endpoint(Protocol):
    """Opens sockets to one Redis."""

    @property
    def address(self) -> str:
        """The address for operators, without secrets."""

    @property
    def login(self) -> tuple[str, ...]:
        """The arguments of AUTH; empty without a password."""

    @property
    def db(self) -> int:
        """The argument of SELECT."""

    async def dial(self, connection: Connection) -> str:
        """Connect `connection` and return the address reached. Raises redis' errors or `OSError`."""


class Direct(Struct, frozen=True):
    """One server by host and port, or by the path of its socket."""

    host: str
    port: int
    path: str = ""
    db: int = 0
    login: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None

    @property
    def address(self) -> str:
        """The address for operators, without secrets."""
        return self.path or f"{self.host}:{self.port}"

    async def dial(self, connection: Connection) -> str:
        """Connect."""
        loop = asyncio.get_running_loop()
        if self.path:
            await loop.create_unix_connection(lambda: RespProtocol(connection), self.path)
        else:
            await loop.create_connection(lambda: RespProtocol(connection), self.host, self.port, ssl=self.tls)
        return self.address


class Sentinels(Struct, frozen=True):
    """The server that the Sentinels name as the master of a service, looked up again for each connection."""

    sentinels: tuple[tuple[str, int], ...]
    service: str
    db: int = 0
    login: tuple[str, ...] = ()
    sentinel_login: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None
    timeout: float = 2.0

    @property
    def address(self) -> str:
        """The address for operators, without secrets."""
        return f"{','.join(f'{host}:{port}' for host, port in self.sentinels)}/{self.service}"

    async def dial(self, connection: Connection) -> str:
        """Find the master and connect to it."""
        host, port = await self.master()
        return await Direct(host, port, tls=self.tls).dial(connection)

    async def master(self, connections: Links | None = None) -> tuple[str, int]:
        """Return the master that the Sentinel with the newest configuration names. `connections` keeps connections to them for frequent look-ups.

        All are queried at once. After a majority has answered, the rest has a moment more: a dead Sentinel costs no more than that.
        """
        asking = [asyncio.create_task(self._ask(host, port, connections), name=f"sentinel:{host}:{port}") for host, port in self.sentinels]
        newest, answers, errors = (-1, "", 0), 0, []
        try:
            async with asyncio.timeout(None) as patience:
                for answer in asyncio.as_completed(asking):
                    try:
                        newest = max(newest, await answer)
                    except (redis_errors.RedisError, OSError) as error:
                        errors.append(str(error) or type(error).__name__)
                        continue
                    answers += 1
                    if answers == len(asking) // 2 + 1:
                        patience.reschedule(asyncio.get_running_loop().time() + STRAGGLER_SECONDS)
        except TimeoutError:
            pass
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        if not answers:
            raise redis_errors.ConnectionError(f"no Sentinel names a master {self.service!r}: {'; '.join(dict.fromkeys(errors))}")
        return newest[1:]

    async def _ask(self, host: str, port: int, connections: Links | None) -> tuple[int, str, int]:
        """Return the configuration's epoch and the master's address."""
        connection = connections.get((host, port)) if connections is not None else None
        if connection is None or not connection.alive:
            connection = Connection(self.timeout)
            if connections is not None:
                connections[host, port] = connection
            await reached(Direct(host, port, tls=self.tls), connection, self.timeout)
            if self.sentinel_login:
                await connection.ask("AUTH", *self.sentinel_login)
        try:
            asked = connection.ask("SENTINEL", "MASTER", self.service), connection.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.service)
            facts, address = [await one for one in asked]
        finally:
            if connections is None:
                connection.cut(redis_errors.ConnectionError("done"))
        if not address:
            raise redis_errors.ConnectionError(f"{host}:{port} knows no service {self.service!r}")
        epoch = dict(zip(facts[::2], facts[1::2], strict=True)).get(b"config-epoch", b"0")
        return int(epoch), address[0].decode(), int(address[1])


def endpoint_of(url: str, settings: RedisSettings, *, setting: str = "ECHOES_REDIS_URL") -> Direct | Sentinels:
    """Parse a URL. Raises `ConfigurationError` that names `setting`; the URL's secrets are never in an error."""
    try:
        if url.startswith(("redis+cluster://", "rediss+cluster://")):
            raise ConfigurationError(f"{setting}: Redis Cluster is not supported; use {', '.join(f'{one}://' for one in SCHEMES)}")
        # `redis://` alone is this machine; with anything before the path a host must be named.
        checked(url, setting, SCHEMES, hostless=url.startswith("unix:") or re.match(r"rediss?:///?(?:[0-9?]|$)", url) is not None)
        parts = urlsplit(url)
        if parts.scheme == "unix" and (parts.netloc.rpartition("@")[2] or not parts.path.strip("/")):
            raise ConfigurationError(f"{setting} names no socket; write unix:///path/of/socket, with three slashes")
        if unknown := parse_qs(parts.query, keep_blank_values=True).keys() - {"db"}:
            raise ConfigurationError(
                f"{setting} has {len(unknown)} parameters after the ? that are not db=number; remove them;"
                " for TLS set ECHOES_REDIS_CA_FILE, ECHOES_REDIS_CERT_FILE, ECHOES_REDIS_KEY_FILE and ECHOES_REDIS_CHECK_HOSTNAME"
            )
        return _sentinels(parts, settings) if parts.scheme.endswith("+sentinel") else _direct(parts, settings)
    except OSError as error:
        raise ConfigurationError(
            f"ECHOES_REDIS_CA_FILE, ECHOES_REDIS_CERT_FILE or ECHOES_REDIS_KEY_FILE cannot be used: {error}"
        ) from error
    except ValueError:
        # The error's own text may hold a piece of the password.
        raise ConfigurationError(
            f"{setting} is not valid: a port or a database is not a number, or a character in the password must be percent-encoded"
        ) from None


def _direct(parts: SplitResult, settings: RedisSettings) -> Direct:
    query = parse_qs(parts.query)
    if parts.scheme == "unix":
        return Direct("", 0, unquote(parts.path), int(query.get("db", ["0"])[0]), _login(parts.netloc))
    db = parts.path.strip("/") or query.get("db", ["0"])[0]
    tls = _tls(settings) if parts.scheme == "rediss" else None
    return Direct(parts.hostname or "127.0.0.1", parts.port or 6379, db=int(db), login=_login(parts.netloc), tls=tls)


def _sentinels(parts: SplitResult, settings: RedisSettings) -> Sentinels:
    hosts = []
    for one in parts.netloc.rpartition("@")[2].split(","):
        each = urlsplit(f"//{one}")
        hosts.append((each.hostname or "127.0.0.1", each.port or 26379))
    service, _, db = parts.path.strip("/").partition("/")
    if not service:
        raise ConfigurationError("ECHOES_REDIS_URL lacks the name of the service; write redis+sentinel://host:port,host:port/service")
    login = (settings.sentinel_username or "default", settings.sentinel_password) if settings.sentinel_password else ()
    tls = _tls(settings) if parts.scheme.startswith("rediss") else None
    return Sentinels(tuple(hosts), service, int(db or 0), _login(parts.netloc), login, tls, settings.connect_timeout)


def _login(netloc: str) -> tuple[str, ...]:
    user, _, password = netloc.rpartition("@")[0].partition(":")
    if not password:
        return ()
    return (unquote(user), unquote(password)) if user else (unquote(password),)


def _tls(settings: RedisSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    context.check_hostname = settings.check_hostname
    if settings.cert_file:
        context.load_cert_chain(settings.cert_file, settings.key_file or None)
    return context


async def reached(endpoint: Endpoint, connection: Connection, timeout: float) -> str:  # noqa: ASYNC109 - one attempt's own bound
    """Dial within `timeout` seconds; a connection that failed half-way is cut."""
    try:
        async with asyncio.timeout(timeout):
            return await endpoint.dial(connection)
    except BaseException as error:
        with contextlib.suppress(Exception):
            connection.cut(redis_errors.ConnectionError("the attempt failed"))
        if isinstance(error, TimeoutError) and isinstance(endpoint, Direct) and endpoint.tls is not None:
            # A Redis without TLS waits for the rest of what it parses as a command.
            raise redis_errors.TimeoutError(f"no TLS handshake within {timeout:g} s") from error
        raise
