"""Since when a character follows a channel. A client says where it left off; its word counts no further back than that.

The row keeps where the location's channel stood when the character came there (`arrival`), and where the channel of all players stood
when it first woke (`beginning`). A character's own channel has nothing from before the character.
"""

from collections.abc import Mapping

from echoes.channels import GLOBAL, location_channel, player_channel
from echoes.facilities import Broadcast, Position
from echoes.resilience.broadcast import HERE
from echoes.storage.commits import Entrance
from echoes.wire import WirePosition

LARGEST_OFFSET = 2**53 - 1
LONGEST_EPOCH = 64


def arrival_text(location_id: str, at: Position | WirePosition) -> str:
    """A position in a location's channel, as the row keeps it."""
    return f"{location_id} {beginning_text(at)}"


def beginning_text(at: Position | WirePosition) -> str:
    """A position in a known channel, as the row keeps it."""
    return f"{at.epoch} {at.offset}"


def followed_since(entrance: Entrance) -> dict[str, Position]:
    """What the row says, by channel. A channel is absent where the row does not say, or speaks of another location."""
    since: dict[str, Position] = {}
    if (beginning := _position(entrance.beginning)) is not None:
        since[GLOBAL] = beginning
    location_id, _, rest = entrance.arrival.partition(" ")
    if location_id == entrance.me.location_id and (arrival := _position(rest)) is not None:
        since[location_channel(location_id)] = arrival
    return since


async def positions_that_count(
    broadcast: Broadcast, character_id: int, resume: Mapping[str, Position], since: Mapping[str, Position]
) -> dict[str, Position]:
    """Those of a client's positions that lie where the character followed the channel already."""
    own = player_channel(character_id)
    return {
        channel: asked
        for channel, asked in resume.items()
        if _is_readable(asked) and (channel == own or await _counts(broadcast, channel, asked, since.get(channel)))
    }


async def _counts(broadcast: Broadcast, channel: str, asked: Position, since: Position | None) -> bool:
    if since is None:
        return False
    if asked.epoch == since.epoch:
        return asked.offset >= since.offset
    if since.epoch.startswith(HERE):
        return False  # this worker's own epoch, from while broadcast was away: it cannot be compared with the store's
    # Epochs of a channel follow each other: the current one began after the character came.
    return asked.epoch == (await broadcast.position(channel)).epoch


def _is_readable(position: Position) -> bool:
    epoch = position.epoch
    return position.offset <= LARGEST_OFFSET and len(epoch) <= LONGEST_EPOCH and epoch.isascii() and epoch.isprintable()


def _position(text: str) -> Position | None:
    epoch, _, offset = text.rpartition(" ")
    return Position(epoch, int(offset)) if offset else None
