"""Since when a character follows a channel. A client says where it left off; its word counts no further back than that.

The row keeps where the location's channel stood when the character came there (`arrival`), and where the channel of all players and the
character's own stood when it first woke (`beginning`). A restore empties both: what was sent before it belongs to a past that is lost.
"""

from collections.abc import Mapping

from echoes.channels import GLOBAL, location_channel, player_channel
from echoes.facilities import Broadcast, Position
from echoes.resilience.broadcast import HERE
from echoes.storage.commits import Entrance
from echoes.wire import WirePosition

LARGEST_OFFSET = 2**53 - 1
LONGEST_EPOCH = 64
EVERYTHING = Position("", 0)
"""Since when a character follows its own channel, where a release wrote the row that did not say."""


def arrival_text(location_id: str, at: Position | WirePosition) -> str:
    """A position in a location's channel, as the row keeps it."""
    return f"{location_id} {at.epoch} {at.offset}"


def beginning_text(everywhere: Position, own: Position) -> str:
    """Positions in the channel of all players and in the character's own, as the row keeps them.

    A former release, which kept the first only, does not read what ends with a space: then no position counts.
    """
    return (
        f"{everywhere.epoch} {everywhere.offset}"
        if own == EVERYTHING
        else f"{everywhere.epoch} {everywhere.offset}\n{own.epoch} {own.offset} "
    )


def followed_since(entrance: Entrance) -> dict[str, Position]:
    """Return the row's positions by channel. A channel is absent where the row has no position, or that of another location."""
    since: dict[str, Position] = {}
    everywhere, _, own = entrance.beginning.partition("\n")
    if (beginning := _position(everywhere)) is not None:
        since[GLOBAL] = beginning
        since[player_channel(entrance.me.id)] = _position(own.removesuffix(" ")) or EVERYTHING
    location_id, _, rest = entrance.arrival.partition(" ")
    if location_id == entrance.me.location_id and (arrival := _position(rest)) is not None:
        since[location_channel(location_id)] = arrival
    return since


def to_be_noted(found: Mapping[str, Position], since: Mapping[str, Position]) -> dict[str, Position] | None:
    """Positions for the row of a character that follows its channels from the positions `found` on; None when the row has them already.

    A position from an outage of broadcast cannot be compared with the store's, so a position of the store takes its place.
    """
    kept = {
        channel: at
        for channel, at in since.items()
        if not at.epoch.startswith(HERE) or channel not in found or found[channel].epoch.startswith(HERE)
    }
    noted = {**found, **kept}
    return None if noted == since else noted


async def positions_that_count(broadcast: Broadcast, resume: Mapping[str, Position], since: Mapping[str, Position]) -> dict[str, Position]:
    """Those of a client's positions that lie where the character followed the channel already."""
    return {
        channel: asked
        for channel, asked in resume.items()
        if is_readable(asked) and await _counts(broadcast, channel, asked, since.get(channel))
    }


async def _counts(broadcast: Broadcast, channel: str, asked: Position, since: Position | None) -> bool:
    if since is None:
        return False
    if since == EVERYTHING:
        return True
    if asked.epoch == since.epoch:
        return asked.offset >= since.offset
    if since.epoch.startswith(HERE):
        return False  # this worker's own epoch, from while broadcast was away: it cannot be compared with the store's
    # Epochs of a channel follow each other: the current one began after the character came.
    return asked.epoch == (await broadcast.position(channel)).epoch


def is_readable(position: Position) -> bool:
    """Whether a client's position could be one of a store."""
    epoch = position.epoch
    return position.offset <= LARGEST_OFFSET and len(epoch) <= LONGEST_EPOCH and epoch.isascii() and epoch.isprintable()


def _position(text: str) -> Position | None:
    epoch, _, offset = text.rpartition(" ")
    return Position(epoch, int(offset)) if offset else None
