"""Channel names, and what travels on them between workers."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Raw, Struct

from echoes.steps import traceparent

GLOBAL = "game:broadcast"
WORKERS = "game:workers"
"""Between workers: who joins, drains and leaves (`echoes.tasks.membership`)."""
CACHE = "game:cache"
"""Channel for events between workers about cached values and active content. It only saves time: PostgreSQL has all that is missed here."""


def location_channel(location_id: str) -> str:
    """Return the channel of a location's events."""
    return f"location:{location_id}"


def player_channel(character_id: int) -> str:
    """Return the channel of the events for one character."""
    return f"player:{character_id}"


class Envelope(Struct, frozen=True, omit_defaults=True):
    """The address on the outside, and the payload that clients get as it is."""

    type: str
    """global_broadcast, location_update, personal_message; takeover is between workers and reaches no client"""
    payload: Raw
    """`{type, data, timestamp}` as JSON in UTF-8 without a newline."""
    location_id: str = ""
    player_id: int = 0
    exclude_player_id: int = 0
    sender: int = 0
    """The character that speaks; 0: nothing is spoken. Its words do not reach those who ignore it."""
    trace: str = ""
    """The span that has published it (W3C Trace Context), while traces are on."""


class Payload(Struct, frozen=True):
    """The part of an event that a client reads, besides its position."""

    type: str
    data: Any
    timestamp: str


class Outgoing(Struct, frozen=True):
    """A message ready to be published, as a command's record keeps it until it has gone out."""

    channel: str
    envelope: Raw


class CacheDropped(Struct, frozen=True, tag="dropped"):
    """On `game:cache`: a row has reached a version, so older copies are dropped. Version 0 drops any copy."""

    kind: str
    id: str
    version: int = 0


class ContentActivated(Struct, frozen=True, tag="content"):
    """On `game:cache`: other content is in force."""

    number: int
    """Grows with every activation."""
    version: str


encode = msgspec.json.Encoder().encode
decode_invalidation = msgspec.json.Decoder(CacheDropped | ContentActivated).decode
decode_envelope = msgspec.json.Decoder(Envelope).decode
decode_outgoing = msgspec.json.Decoder(list[Outgoing]).decode


def to_location(location_id: str, type: str, data: object, *, exclude: int = 0, sender: int = 0) -> Outgoing:  # noqa: A002
    """A message to all characters in a location but one. `sender`: the character that speaks."""
    return Outgoing(
        location_channel(location_id),
        _sealed(
            Envelope(
                "location_update",
                _payload(type, data),
                location_id=location_id,
                exclude_player_id=exclude,
                sender=sender,
                trace=traceparent(),
            )
        ),
    )


def to_player(character_id: int, type: str, data: object, *, sender: int = 0) -> Outgoing:  # noqa: A002
    """A message to one character. `sender`: the character that speaks."""
    envelope = Envelope("personal_message", _payload(type, data), player_id=character_id, sender=sender, trace=traceparent())
    return Outgoing(player_channel(character_id), _sealed(envelope))


def to_everybody(type: str, data: object) -> Outgoing:  # noqa: A002
    """A message to all characters."""
    return Outgoing(GLOBAL, _sealed(Envelope("global_broadcast", _payload(type, data), trace=traceparent())))


def takeover(character_id: int, epoch: int, *, by_request: bool = False) -> Outgoing:
    """A message to the holder of a character: a newer connection, or a request over HTTP, holds it, under this epoch."""
    data = {"epoch": epoch, "by_request": by_request}
    return Outgoing(player_channel(character_id), _sealed(Envelope("takeover", _payload("takeover", data), player_id=character_id)))


def _payload(type: str, data: object) -> Raw:  # noqa: A002
    return Raw(encode(Payload(type, data, datetime.now(UTC).isoformat(timespec="milliseconds"))))


def _sealed(envelope: Envelope) -> Raw:
    return Raw(encode(envelope))


def is_forwardable(payload: bytes) -> bool:
    """Whether a payload may go to clients as it is: one JSON object on one line of UTF-8 (`Raw` checks neither)."""
    if b"\n" in payload or not payload.startswith(b"{") or not payload.endswith(b"}"):
        return False
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
