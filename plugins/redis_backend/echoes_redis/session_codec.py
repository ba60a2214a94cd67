"""A session as a Redis hash: one field for each of its own, numbers in decimal, truth as 1 and 0, text in UTF-8."""

from collections.abc import Mapping, Sequence
from typing import get_type_hints

import structlog
from echoes.facilities.session import WRITABLE, Field, Session
from msgspec import NODEFAULT, structs

log = structlog.get_logger("echoes.redis")

_TYPES: dict[str, type] = get_type_hints(Session)
_DEFAULTS: dict[str, Field] = {field.name: field.default for field in structs.fields(Session) if field.default is not NODEFAULT}
_FIELDS = {name.encode(): (name, kind) for name, kind in _TYPES.items() if name != "character"}


def check(fields: Mapping[str, Field]) -> None:
    """Raise `ValueError` for a field that no holder may write."""
    if not fields.keys() <= WRITABLE:
        raise ValueError(f"not a session's field: {', '.join(sorted(fields.keys() - WRITABLE))}")


def connected(worker: str, connection: str, fields: Mapping[str, Field]) -> list[bytes]:
    """Every field of a new, connected session, as a flat list of field and value.

    `epoch` is left to the store, and so is `last_heartbeat` unless it is among `fields`.
    """
    values = {**_DEFAULTS, "websocket_connected": True, "worker_id": worker, "connection": connection, **fields}
    if "last_heartbeat" not in fields:
        del values["last_heartbeat"]
    return flat(values)


def flat(fields: Mapping[str, Field]) -> list[bytes]:
    """Fields as a flat list of field and value."""
    encoded: list[bytes] = []
    for name, value in fields.items():
        encoded += (name.encode(), _encoded(value))
    return encoded


def session_of(character: int, key: str, stored: Sequence[bytes]) -> Session | None:
    """The session, or None for an empty list. What cannot be understood is logged once, and counts as none: a claim replaces it."""
    if not stored:
        return None
    try:
        values = {}
        for name, value in zip(stored[::2], stored[1::2], strict=True):
            if name in _FIELDS:
                field, kind = _FIELDS[name]
                values[field] = _decoded(kind, value)
        return Session(character=character, **values)  # type: ignore[arg-type]
    except (ValueError, TypeError) as error:
        log.warning("session.entry_corrupt", key=key, error=str(error))
        return None


def _encoded(value: Field) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bool):
        return b"1" if value else b"0"
    return repr(value).encode()


def _decoded(kind: type, value: bytes) -> Field:
    if kind is str:
        return value.decode()
    if kind is bool:
        return value == b"1"
    return int(value) if kind is int else float(value)
