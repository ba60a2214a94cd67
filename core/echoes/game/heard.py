"""The last lines of speech that a player has got, as a report keeps them."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import structlog
from msgspec import Struct

from echoes.channels import GLOBAL, decode_envelope
from echoes.errors import FacilityError
from echoes.facilities import Broadcast, Message, Position
from echoes.storage.reports import HeardLine

log = structlog.get_logger()
MOST = 20
"""Lines that are kept of a connection, and with a report."""
REACHES = (200, 50, 20, 5)
"""How many messages of a channel are asked for, from its newest back: history answers all of them, or none."""
SPOKEN = b',"type":"chat","data":{'
"""Stands in every event that is speech, and in no other: quotes within a text are escaped."""


class _Speaker(Struct, frozen=True):
    id: int = 0
    name: str = ""


class _Chat(Struct):
    kind: str = ""
    sender: _Speaker = _Speaker()
    message: str = ""


class _Event(Struct):
    timestamp: str
    data: _Chat
    channel: str = ""
    epoch: str = ""
    offset: int = 0
    type: str = "chat"


_decode = msgspec.json.Decoder(_Event).decode


class Heard:
    """Speech that one connection was sent, the oldest first, and since when the character follows its first channels.

    A connection that has just begun was sent nothing yet: then the channels' histories have the lines.
    """

    def __init__(self, events: Iterable[bytes] = (), since: Mapping[str, Position] | None = None) -> None:
        self._events = events
        self._since = {} if since is None else since

    async def lines(self, broadcast: Broadcast, character_id: int) -> Sequence[HeardLine]:
        """Return the last lines, 20 at most, the oldest first."""
        found = [_decode(event) for event in self._events]
        if len(found) < MOST:
            known = {(one.channel, one.epoch, one.offset) for one in found}
            found = [*await self._earlier(broadcast, character_id, known), *found]  # of the same millisecond, too
        found.sort(key=lambda one: one.timestamp)
        return [
            HeardLine(one.timestamp, one.data.kind, one.data.sender.id, one.data.sender.name, one.data.message) for one in found[-MOST:]
        ]

    async def _earlier(self, broadcast: Broadcast, character_id: int, known: set[tuple[str, str, int]]) -> list[_Event]:
        found = []
        for channel, since in self._since.items():
            if channel == GLOBAL:
                continue
            for message in await _newest(broadcast, channel, since):
                event = _spoken(message, character_id)
                if event is not None and (channel, message.position.epoch, message.position.offset) not in known:
                    found.append(event)
        return found


NOTHING_HEARD = Heard()
"""Of a request without a connection: it was sent no events."""


async def _newest(broadcast: Broadcast, channel: str, since: Position) -> Sequence[Message]:
    """The newest messages of a channel after a position, as far as history reaches; none while broadcast is away."""
    try:
        top = await broadcast.position(channel)
        for reach in REACHES:
            first = max(top.offset - reach, since.offset if since.epoch == top.epoch else 0)
            found = await broadcast.history(channel, Position(top.epoch, first))
            if found.complete:
                return found.messages
    except FacilityError as error:
        log.debug("report.history_unavailable", channel=channel, error=str(error))
    return ()


def _spoken(message: Message, character_id: int) -> _Event | None:
    try:
        envelope = decode_envelope(message.payload)
        if not envelope.sender or envelope.exclude_player_id == character_id:
            return None
        return _decode(envelope.payload)
    except msgspec.MsgspecError:
        return None  # an extension's own
