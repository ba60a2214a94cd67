"""How many connections a worker may have: the limit of open files of its process."""

import resource

import structlog

from echoes.errors import ConfigurationError

log = structlog.get_logger()
RESERVE = 100
"""Connections beyond the limit that still get an answer with the reason; more are cut. Health and metrics are answered to them."""
SPARE = 256
"""Files that a worker has open besides connections, and a margin."""


def require_open_files() -> None:
    """Raise `ConfigurationError` where the system allows this process so few open files that no player would find a place."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most <= RESERVE + SPARE:
        raise ConfigurationError(
            f"The system allows the server {most} open files, and more than {RESERVE + SPARE} are needed: raise the limit (ulimit -n, LimitNOFILE=)."
        )


def places(wanted: int) -> int:
    """The number of connections that this process may have, up to `wanted`: it raises its limit of open files as far as the system allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    allowed = wanted if most == resource.RLIM_INFINITY else min(wanted, most - RESERVE - SPARE)
    if allowed < wanted:
        log.warning("connections.bounded", asked=wanted, allowed=allowed, reason="the limit of open files (ulimit -n, LimitNOFILE)")
    return allowed
