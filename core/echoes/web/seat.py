"""A seat: one player's connection on its worker, and the order of what it is sent."""

from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from msgspec import Struct

from echoes.facilities import Gap, Position
from echoes.game.heard import MOST, SPOKEN
from echoes.web.feed import head_of
from echoes.web.writer import ClientWriter
from echoes.wire import Close

if TYPE_CHECKING:
    from echoes.web.hub import Hub

log = structlog.get_logger()
HELD_BYTES = 1024 * 1024
"""Bytes that may wait for one seat while a slow step runs; beyond that the client reconnects and gets a snapshot."""
LEFT = 8
"""Locations that a seat has left, and may come back to by an event that is late."""


class _Placed(Struct):
    epoch: str
    offset: int


_decode_placed = msgspec.json.Decoder(_Placed).decode


class Seat:
    """One player's connection on this worker. While `held` is a list, what is to be sent waits in it, in order."""

    def __init__(
        self, hub: "Hub", character_id: int, epoch: int, connection: str, writer: ClientWriter, end: Callable[[int, str], None]
    ) -> None:
        self.character_id = character_id
        self.epoch = epoch
        self.connection = connection
        self.writer = writer
        self.end = end
        self.location_id = ""
        self.version = 0
        self.moved = 0
        """The version of the last move whose event has been sent: the same event comes again after an outage."""
        self.left = False
        self.heard: deque[bytes] = deque(maxlen=MOST)
        """The last speech that it was sent, or that is held: a report keeps it."""
        self.held: list[bytes | Callable[[], Coroutine[Any, Any, None]]] | None = []
        self._held_bytes = 0
        self._gaps: dict[str, Position] = {}
        self._left_at: dict[str, Position] = {}
        """Up to where it has got channels: at first those of its client's `resume`, later those of the last locations that it left."""
        self._hub = hub

    def receive(self, event: bytes) -> None:
        """Send an event, behind all held ones."""
        if self.held is None:
            self.writer.send(event)
        elif self._held_bytes <= HELD_BYTES:
            self.held.append(event)
            self._held_bytes += len(event)
            if self._held_bytes > HELD_BYTES:
                self.end(Close.POSITION_LOST, "too much is waiting")

    def send_missed(self, events: Iterable[bytes]) -> None:
        """Send events that it has missed, past the held ones."""
        for event in events:
            self.writer.send(event)
            if SPOKEN in event:
                self.heard.append(event)

    def receive_gap(self, gap: Gap) -> None:
        """Events are missing: the client gets a fresh snapshot in their place, one for all the channels that miss some at once."""
        log.info("seat.gap_met", channel=gap.channel)
        waits_already = bool(self._gaps)
        self._gaps[gap.channel] = gap.position
        if not waits_already:
            self.then(self._make_up_for_gaps)

    async def _make_up_for_gaps(self) -> None:
        async with self._hub.making_up:
            gaps, self._gaps = self._gaps, {}
            await self._hub.send_snapshot(self, "gap", gaps)

    def then(self, step: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do something that takes time, in its place among the events."""
        if self.held is None:
            self.held = [step]
            self._hub.spawn(self.release(), f"seat:{self.character_id}", on_failure=self._position_lost)
        else:
            self.held.append(step)

    def _position_lost(self) -> None:
        """A step has failed, and an event may be missing: the client reconnects and gets a snapshot."""
        if not self.left:
            self.end(Close.POSITION_LOST, "position lost")

    def let_go(self, channel: str) -> list[bytes]:
        """Do not send what is held of a channel that it has left. Returns these events."""
        if self.held is None:
            return []
        head = head_of(channel)
        dropped = [item for item in self.held if isinstance(item, bytes) and item.startswith(head)]
        self.held = [item for item in self.held if callable(item) or not item.startswith(head)]
        self._held_bytes -= sum(map(len, dropped))
        return dropped

    def left_channel(self, channel: str, reached: Position) -> None:
        """Note up to where it got a channel that it leaves, of which events up to `reached` were sent or are held."""
        held = (_decode_placed(event) for event in self.let_go(channel))
        first = next((one.offset for one in held if one.epoch == reached.epoch), reached.offset + 1)
        self._left_at.pop(channel, None)
        self._left_at[channel] = Position(reached.epoch, first - 1)
        if len(self._left_at) > LEFT:
            del self._left_at[next(iter(self._left_at))]

    def resumes(self, channels: Mapping[str, Position]) -> None:
        """Note up to where the client says that it has got channels. It counts only against the client: what it has does not come again."""
        self._left_at = dict(channels)

    def got(self, channel: str) -> Position | None:
        """Up to where it has got a channel that it may come back to."""
        return self._left_at.get(channel)

    def continued(self, channel: str, since: Position | None) -> Position | None:
        """Where it continues in a channel that it comes back to: what it has got from there does not come again."""
        left = self._left_at.get(channel)
        return left if left is not None and since is not None and left.epoch == since.epoch and left.offset > since.offset else since

    async def release(self) -> None:
        """Send what is held, step by step, until nothing is."""
        while self.held:
            item = self.held.pop(0)
            if self._held_bytes > HELD_BYTES:
                return  # it was ended, and something is missing
            if isinstance(item, bytes):
                self._held_bytes -= len(item)
                self.writer.send(item)
            else:
                await item()
        self.held = None
