"""The first commands on a new connection: log in, identify the server, load the scripts."""

from collections.abc import Sequence

import redis.exceptions as redis_errors
import structlog
from echoes.errors import ConfigurationError
from msgspec import Struct

from echoes_redis.connection import Connection
from echoes_redis.endpoint import Endpoint, reached
from echoes_redis.rights import check_rights
from echoes_redis.script import Script

log = structlog.get_logger("echoes.redis")
OLDEST = (6, 2)


class Server(Struct, frozen=True):
    """The data that a Redis server reports about itself. A field is empty where the server does not report it."""

    run_id: str = ""
    version: str = ""
    policy: str = ""


async def handshake(
    endpoint: Endpoint,
    connection: Connection,
    *,
    timeout: float,  # noqa: ASYNC109 - of one attempt
    scripts: Sequence[Script],
    role: str,
    prefix: str,
) -> tuple[str, Server]:
    """Connect `connection`, log in, select the database, and check that this is a usable master, with the needed rights.

    Returns address and server. Raises redis' errors, `OSError`, `TimeoutError`, or `ConfigurationError` for a Redis that can never be used.
    After an error the connection is cut.
    """
    address = await reached(endpoint, connection, timeout)
    try:
        if endpoint.login:
            await connection.ask("AUTH", *endpoint.login)
        await check_rights(connection, prefix, endpoint.login[0] if len(endpoint.login) > 1 else "default")
        if endpoint.db:
            await connection.ask("SELECT", endpoint.db)
        await connection.ask("PING")
        server = await _identify(connection, role=role, address=address)
        for reply in [connection.ask("SCRIPT", "LOAD", script.source) for script in scripts]:
            await reply
    except BaseException:
        connection.cut(redis_errors.ConnectionError("the handshake failed"))
        raise
    return address, server


async def _identify(connection: Connection, *, role: str, address: str) -> Server:
    try:
        reply = await connection.ask("INFO")
    except redis_errors.NoPermissionError as error:
        log.warning(
            "redis.identity_hidden", address=address, error=str(error), advice="allow the command INFO to the user in ECHOES_REDIS_URL"
        )
        return Server(run_id="unknown")
    except (redis_errors.AuthenticationError, redis_errors.BusyLoadingError):
        raise
    except redis_errors.ResponseError:
        return Server(run_id="unknown")  # a Redis that does not report it: changes of its run_id go unnoticed
    lines = (line.partition(":") for line in reply.decode(errors="replace").splitlines())
    info = {name: value for name, _, value in lines}
    if info.get("cluster_enabled") == "1":
        raise ConfigurationError(
            f"Redis at {address} is a node of a Redis Cluster, which is not supported; ECHOES_REDIS_URL must name a Redis with cluster-enabled no"
        )
    version = info.get("redis_version", "")
    if version and tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < OLDEST:
        raise ConfigurationError(f"Redis at {address} has version {version}; {OLDEST[0]}.{OLDEST[1]} or newer is needed")
    if info.get("role", "master") != "master":
        raise redis_errors.ReadOnlyError("this server is a replica")
    policy = info.get("maxmemory_policy", "noeviction")
    if role != "cache" and policy != "noeviction":
        log.warning(
            "redis.eviction_possible",
            address=address,
            maxmemory_policy=policy,
            advice="set maxmemory-policy to noeviction: any other policy drops sessions and locks when memory is short; see ECHOES_REDIS_CACHE_URL",
        )
    return Server(info.get("run_id", "unknown"), version, policy)
