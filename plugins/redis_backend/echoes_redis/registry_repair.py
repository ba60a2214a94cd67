"""Repair of a registry key with a foreign value: the value is removed, and the index is rebuilt from the bodies."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog

from echoes_redis.driver import Driver
from echoes_redis.errors import WrongType
from echoes_redis.keys import Keys, unquoted
from echoes_redis.script import Script

log = structlog.get_logger("echoes.redis")
MEND = Script("registry_mend", library="people")
_STRINGS = (":removed", ":heartbeat")


async def repairing(driver: Driver, keys: Keys, touched: Sequence[str], ask: Callable[[], Awaitable[Any]]) -> Any:
    """Call `ask`. If a key of another type is in the way, repair the keys `touched` and call once more.

    The data of that key is lost, as if Redis had lost it: bodies and connections come back when their workers register them.
    """
    try:
        return await ask()
    except WrongType:
        for key in dict.fromkeys(touched):
            removed = await driver.run(MEND, [key, keys.bodies, keys.names], [_type_of(key), _place_of(key, keys)])
            if removed:
                log.warning("registry.key_replaced", key=key, type=removed.decode())
        return await ask()


def _place_of(key: str, keys: Keys) -> str:
    """Return an equals sign and the location of the index under a key; nothing for the world's."""
    name, _, _ = key.removeprefix(f"{keys.world}location:").rpartition(":")
    return "" if key == keys.everybody else f"={unquoted(name)}"


def _type_of(key: str) -> str:
    if key.endswith(":players"):
        return "set"
    if key.endswith(":people"):
        return "zset"
    return "string" if key.endswith(_STRINGS) else "hash"
