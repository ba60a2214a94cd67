"""The rights that a Redis user needs: taken from the scripts themselves, checked at once when a connection is made."""

import json
import re
from functools import cache
from importlib.resources import files

import redis.exceptions as redis_errors

from echoes_redis.connection import Connection

DIRECT = ("SCAN", "DBSIZE", "TYPE", "UNLINK", "HGET", "HGETALL", "HVALS", "SMEMBERS", "DEL", "PUBLISH")
"""Commands that drivers send without a script. With those of `HANDSHAKE` and those that the scripts call, this is all."""
HANDSHAKE = ("PING", "INFO", "SELECT", "SUBSCRIBE", "UNSUBSCRIBE", "EVAL", "EVALSHA", "SCRIPT|LOAD")
KEYLESS = {"PING": (), "INFO": (), "SELECT": ("0",), "EVAL": ("return 1", "0"), "EVALSHA": ("0" * 40, "0"), "SCRIPT|LOAD": ("return 1",),
           "SCAN": ("0",), "DBSIZE": (), "TIME": ()}  # fmt: skip
ON_CHANNELS = ("PUBLISH", "SUBSCRIBE", "UNSUBSCRIBE")
CANNOT_BE_ASKED = (
    redis_errors.AuthenticationError,
    redis_errors.BusyLoadingError,
    redis_errors.MasterDownError,
    redis_errors.OutOfMemoryError,
)
CHECK = """
local missing = {}
if redis.acl_check_cmd then
  for _, command in ipairs(cjson.decode(ARGV[1])) do
    local known, allowed = pcall(redis.acl_check_cmd, unpack(command))
    if known and not allowed then missing[#missing + 1] = command[1] end
  end
end
return missing
"""
"""Returns the first words of the commands that this user may not send. Redis before 7 cannot check: there they are refused when they are sent."""


@cache
def commands() -> tuple[str, ...]:
    """Return every command that the plugin sends, as `ACL SETUSER` writes them."""
    lua = "\n".join(
        file.read_text(encoding="utf-8") for file in files("echoes_redis").joinpath("lua").iterdir() if file.name.endswith(".lua")
    )
    return tuple(sorted({*HANDSHAKE, *DIRECT, *re.findall(r"redis\.p?call\('([A-Z]+)'", lua)}))


def rule(prefix: str, names: tuple[str, ...]) -> str:
    """Return the arguments of `ACL SETUSER <name>` for these commands."""
    return f"~{prefix}* resetchannels &{prefix}* {' '.join(f'+{name.lower()}' for name in names)}"


async def check_rights(connection: Connection, prefix: str, user: str) -> None:
    """Raise redis' `NoPermissionError` with every right that the user lacks, and the command that grants them."""
    needed = commands()
    asked = [[*name.split("|"), *_arguments(name, prefix)] for name in needed]
    try:
        reply = await connection.ask("EVAL", CHECK, 0, json.dumps(asked))
    except redis_errors.NoPermissionError as error:
        raise redis_errors.NoPermissionError(f"{error}; give it its rights: ACL SETUSER {user} {rule(prefix, needed)}") from error
    except redis_errors.ResponseError as error:
        if "unknown command" in str(error) or isinstance(error, CANNOT_BE_ASKED):
            raise
        return  # a Redis that cannot check
    denied = {word.decode() for word in reply} if isinstance(reply, list) else set()
    missing = tuple(name for name in needed if name.partition("|")[0] in denied)
    if missing:
        raise redis_errors.NoPermissionError(
            f"user {user!r} may not use {_named(missing, prefix)}; give it its rights: ACL SETUSER {user} {rule(prefix, missing)}"
        )


def _arguments(name: str, prefix: str) -> tuple[str, ...]:
    if name in KEYLESS:
        return KEYLESS[name]
    return (f"{prefix}check",) * (1 if name in {"SUBSCRIBE", "UNSUBSCRIBE"} else 2 if name == "PUBLISH" else 4)


def _named(missing: tuple[str, ...], prefix: str) -> str:
    """Return the commands by name. Where all that use keys, or channels, are denied, the rights to these are lacking as well."""
    on_keys = [name for name in commands() if name not in KEYLESS and name not in ON_CHANNELS]
    parts = []
    if set(on_keys) <= set(missing):
        parts.append(f"the keys {prefix}*")
        missing = tuple(name for name in missing if name not in on_keys)
    if {"PUBLISH", "SUBSCRIBE"} <= set(missing):
        parts.append(f"the channels {prefix}*")
        missing = tuple(name for name in missing if name not in ON_CHANNELS)
    return ", ".join([*parts, *(f"the command {name.replace('|', ' ')}" for name in missing)])
