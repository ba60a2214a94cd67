"""The door: what `echoes.backends` names `redis`."""

from echoes import hookimpl

from echoes_redis.settings import RedisSettings


@hookimpl
def echoes_seam_version() -> int:
    """The seam that this was written for."""
    return 1


@hookimpl
def echoes_settings() -> type[RedisSettings]:
    """`ECHOES_REDIS_*`."""
    return RedisSettings
