"""A session as a Redis hash: one field for each of its own, numbers in decimal, booleans as 1 and 0, text in UTF-8."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_type_hints

import structlog
from echoes.facilities.session import WRITABLE, Field, Session
from msgspec import NODEFAULT, structs

log = structlog.get_logger("echoes.redis")

_TYPES: dict[str, type] = get_type_hints(Session)
_DEFAULTS: dict[str, Field] = {field.name: field.default for field in structs.fields(Session) if field.default is not NODEFAULT}
FIELDS = ("epoch", *(name for name in _TYPES if name not in {"character", "epoch"}))
"""Fields in the order in which they are read."""
_PARSERS: dict[type, Callable[[Any], Field]] = {bool: {b"1": True, b"0": False}.__getitem__, int: int, float: float, str: bytes.decode}
_PARSE = tuple(_PARSERS[_TYPES[name]] for name in FIELDS)


def check(fields: Mapping[str, Field]) -> None:
    """Raise `ValueError` for a field that no holder may write."""
    if not fields.keys() <= WRITABLE:
        raise ValueError(f"not a session's field: {', '.join(sorted(fields.keys() - WRITABLE))}")


def connected(worker: str, connection: str, fields: Mapping[str, Field]) -> list[bytes]:
    """Return every field of a new, connected session, as a flat list of field and value.

    The store sets `epoch`, and `last_heartbeat` unless it is among `fields`.
    """
    values = {**_DEFAULTS, "websocket_connected": True, "worker_id": worker, "connection": connection, **fields}
    if "last_heartbeat" not in fields:
        del values["last_heartbeat"]
    return flat(values)


def flat(fields: Mapping[str, Field]) -> list[bytes]:
    """Return fields as a flat list of field and value."""
    encoded: list[bytes] = []
    for name, value in fields.items():
        encoded += (name.encode(), _encoded(value))
    return encoded


def session_of(character: int, key: str, values: Sequence[bytes | None]) -> Session | None:
    """Return the session from the values of `FIELDS`; None without values.

    A value that cannot be parsed is logged once, and counts as none: a claim replaces it.
    """
    if not values:
        return None
    try:
        parsed = [parse(value) for parse, value in zip(_PARSE, values, strict=True)]
        return Session(character=character, **dict(zip(FIELDS, parsed, strict=True)))  # type: ignore[arg-type]
    except (ValueError, TypeError, LookupError) as error:
        log.warning("session.entry_corrupt", key=key, error=repr(error))
        return None


def session_of_flat(character: int, key: str, stored: Sequence[bytes]) -> Session | None:
    """Return the session from a flat list of field and value, in any order."""
    found = dict(zip(stored[::2], stored[1::2], strict=False))
    return session_of(character, key, [found.get(name.encode()) for name in FIELDS] if found else [])


def _encoded(value: Field) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bool):
        return b"1" if value else b"0"
    return repr(value).encode()
