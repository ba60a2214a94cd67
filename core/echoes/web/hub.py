"""The hub: this worker's players, each on a seat, each room's players on one feed. A message costs no look-up anywhere else."""

import asyncio
import heapq
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec
import structlog
from msgspec import Struct

from echoes import wire
from echoes.channels import GLOBAL, Envelope, location_channel, player_channel
from echoes.errors import EchoesError
from echoes.facilities import Broadcast, Message, Position
from echoes.game.resume_positions import is_readable, positions_that_count
from echoes.game.snapshots import Snapshots
from echoes.log_limit import LOG_LIMIT
from echoes.metrics import counting
from echoes.storage.commits import Character, Superseded
from echoes.web.feed import Feed, Joined, Traced, event_of
from echoes.web.ignores import Ignores
from echoes.web.keyring import Keyring
from echoes.web.seat import Seat
from echoes.wire import Close, Happening, WirePosition

log = structlog.get_logger()
NO_POSITIONS: Mapping[str, Position] = MappingProxyType({})
AT_ONCE = 25
"""Snapshots that are made at the same time for those who have met a gap: all players meet one together."""
LINGER = 30.0
"""Seconds that a channel stays subscribed after its last listener has left."""


class _PersonalData(Struct):
    action: str = ""
    version: int = 0
    location_id: str = ""
    position: WirePosition | None = None
    epoch: int = 0
    by_request: bool = False
    ignores: list[int] | None = None


class _Personal(Struct):
    """The part of a message on a player's channel that the hub decodes."""

    data: _PersonalData


class _Timed(Struct):
    timestamp: str = ""


_decode_timed = msgspec.json.Decoder(_Timed).decode
_decode_personal = msgspec.json.Decoder(_Personal).decode
_decode_event = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_happening = msgspec.json.Decoder(Happening).decode


class Followed(Struct, frozen=True):
    """The state from which a seat listens: each channel's position, and the events that it has missed.

    `recovered` is True when all events since its former positions were found.
    """

    recovered: bool
    positions: dict[str, Position]
    missed: list[bytes]


class Hub:
    """Seats by character, feeds by channel. Only the event of a move re-indexes a seat; the newer version wins.

    A client that reconnects gets at most `missed_bytes` of missed events; beyond that it gets a snapshot.
    """

    def __init__(self, broadcast: Broadcast, snapshots: Snapshots, *, missed_bytes: int = 256 * 1024, traced: Traced | None = None) -> None:
        self._missed_bytes = missed_bytes
        self._broadcast = broadcast
        self._snapshots = snapshots
        self.seats: dict[int, Seat] = {}
        self._come = Keyring()
        self.ignores = Ignores()
        self._traced = traced
        self._feeds: dict[str, Feed] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.making_up = asyncio.Semaphore(AT_ONCE)

    # ── taking and leaving a seat ────────────────────────────────────────────────────────────────────────────────────

    def take_seat(self, seat: Seat) -> None:
        """The character is played here from now on, and its former seat is ended. Raises `Superseded` when that one has the newer epoch."""
        former = self.seats.get(seat.character_id)
        if former is not None and former.epoch > seat.epoch:
            seat.left = True
            raise Superseded
        self.seats[seat.character_id] = seat
        if former is not None:
            self.leave(former)
            former.end(Close.SIGNED_IN_ELSEWHERE, "signed in elsewhere")

    async def follow(
        self, seat: Seat, location_id: str, version: int, resume: Mapping[str, Position], since: Mapping[str, Position] = NO_POSITIONS
    ) -> Followed | None:
        """Listen to everything that concerns a seat: all players, itself, its location. None when the seat was left meanwhile.

        Of what a client says in `resume` counts what lies where the character followed the channel already, which `since` says.
        """
        seat.location_id, seat.version = location_id, version
        seat.resumes({channel: at for channel, at in resume.items() if is_readable(at)})
        here, own = location_channel(location_id), player_channel(seat.character_id)
        known = await positions_that_count(self._broadcast, resume, since)
        joined: dict[str, Joined] = {}
        for channel in (GLOBAL, own, here):
            if channel == here and here not in known and (arrived_at := _position_of_arrival(joined[own], location_id)) is not None:
                known[here] = arrived_at
            found = await self._join(seat, channel, known.get(channel))
            if found is None:
                return None
            joined[channel] = found
        recovered = known.keys() >= joined.keys() and all(one.complete for one in joined.values())
        missed = list(heapq.merge(*(one.missed for one in joined.values()), key=_time_of))
        if sum(map(len, missed)) > self._missed_bytes:
            return await self._follow_from_now(seat, list(joined))
        return Followed(recovered, {channel: one.position for channel, one in joined.items()}, missed)

    async def _follow_from_now(self, seat: Seat, channels: Sequence[str]) -> Followed | None:
        """The client missed so much that sending it might exceed its queue, repeatedly: a snapshot replaces the events."""
        positions, missed = {}, list[bytes]()
        for channel in channels:
            found = await self._join(seat, channel, None)
            if found is None:
                return None
            seat.let_go(channel)  # what was sent to its former place; what came since the position is in `missed`
            positions[channel] = found.position
            missed += found.missed
        return Followed(recovered=False, positions=positions, missed=missed)

    def leave(self, seat: Seat) -> None:
        """The connection is over. Another one that has taken its place stays."""
        if seat.left:
            return
        seat.left = True
        if self.seats.get(seat.character_id) is seat:
            del self.seats[seat.character_id]
            self.ignores.forget(seat.character_id)
        seat.writer.close()
        for channel in (GLOBAL, player_channel(seat.character_id), location_channel(seat.location_id)):
            self._leave_feed(seat, channel)

    async def close(self) -> None:
        """End what is still under way."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, None], name: str, on_failure: Callable[[], None] = lambda: None) -> None:
        """Run a step beside everything else; its failure is logged, and `on_failure` called."""
        task = asyncio.create_task(self._guarded(work, name, on_failure), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ── what happens to those who sit ────────────────────────────────────────────────────────────────────────────────

    def _personal(self, message: Message, envelope: Envelope) -> bool:
        """Look at a message on a player's channel: moves, takeovers and whom it ignores are the hub's business."""
        seat = self.seats.get(envelope.player_id)
        try:
            personal = _decode_personal(envelope.payload)
        except msgspec.MsgspecError:
            return False
        if envelope.type == "takeover":
            if seat is not None and seat.epoch < personal.data.epoch:
                self.leave(seat)
                if personal.data.by_request:  # it found no session, which the store had lost: the player was here
                    seat.end(Close.POSITION_LOST, "claim the character again")
                else:
                    seat.end(Close.SIGNED_IN_ELSEWHERE, "signed in elsewhere")
            return True
        if seat is not None and personal.data.ignores is not None:
            self.ignores.learn(seat.character_id, personal.data.version, personal.data.ignores)
        if seat is not None and personal.data.action == "moved" and personal.data.version > seat.version:
            event = event_of(message, envelope)
            seat.then(lambda: self._move(seat, personal.data, event))
            return True
        return False

    async def _move(self, seat: Seat, data: _PersonalData, event: bytes) -> None:
        """Seat it in its new room: subscribe from before the move was committed, then look around, then tell the client.

        Who dies in the refuge wakes where it is: the seat stays there, and the client continues from its own position.
        """
        if seat.left or data.version <= seat.moved:
            return
        seat.moved = data.version
        if data.version <= seat.version:  # a snapshot contains it already
            seat.writer.send(event)
            return
        positions, missed = dict[str, WirePosition](), list[bytes]()
        if data.location_id == seat.location_id:
            seat.version = data.version
        else:
            since = None if data.position is None else Position(data.position.epoch, data.position.offset)
            joined = await self._enter(seat, data.location_id, data.version, since)
            if joined is None:
                return
            positions, missed = {location_channel(data.location_id): _wired(joined.position)}, joined.missed
        location, places = await self._snapshots.arrival(seat.character_id, data.location_id)
        fields = _decode_event(event)
        happening = _decode_happening(fields["data"])
        fields["data"] = msgspec.Raw(
            wire.encode(msgspec.structs.replace(happening, location=location, map=places, positions=positions, position=None))
        )
        seat.writer.send(wire.encode(fields))
        counting.moved()
        seat.send_missed(missed)

    async def send_snapshot(self, seat: Seat, reason: str, gaps: Mapping[str, Position] = NO_POSITIONS) -> None:
        """Send a snapshot. The channels in `gaps` continue from the positions there, all others from their own.

        A character whose move event is missing is seated in its new location.
        """
        if seat.left:
            return
        behind, snapshot = await self._look_around(seat)
        you, missed = snapshot.you, list[bytes]()
        is_elsewhere = you.version > seat.version and you.location_id != seat.location_id
        seat.version = max(seat.version, you.version)  # the snapshot contains all moves until then
        if is_elsewhere:
            joined = await self._enter(seat, you.location_id, you.version, None)
            if joined is None:
                return
            gaps, missed = {**gaps, location_channel(you.location_id): joined.position}, joined.missed
            behind, snapshot = await self._look_around(seat)
        positions = {channel: _wired(at) for channel, at in gaps.items() if channel in behind}
        seat.writer.send(wire.encode(wire.SnapshotFrame(reason, snapshot, positions, behind)))
        counting.snapshot(reason)
        seat.send_missed(missed)

    async def _enter(self, seat: Seat, location_id: str, version: int, since: Position | None) -> Joined | None:
        """Leave its location for another, and listen there from `since` on; None when the seat has been left meanwhile."""
        self._leave_location(seat)
        seat.location_id, seat.version = location_id, version
        channel = location_channel(location_id)
        return await self._join(seat, channel, seat.continued(channel, since))

    async def _look_around(self, seat: Seat) -> tuple[dict[str, WirePosition], wire.Snapshot]:
        """Where its channels stand, and then everything that it sees."""
        channels = (GLOBAL, player_channel(seat.character_id), location_channel(seat.location_id))
        positions = await asyncio.gather(*map(self._broadcast.position, channels))
        behind = dict(zip(channels, map(_wired, positions), strict=True))
        return behind, await self._snapshots.of(seat.character_id, learn=self.learn_row)

    def learn_row(self, me: Character) -> None:
        """Learn from a character's row whom it ignores, if it is played here."""
        if me.id in self.seats:
            self.ignores.learn(me.id, me.version, me.ignores)

    @property
    def feeds(self) -> Iterable[Feed]:
        """The feeds of the channels that this worker is subscribed to."""
        return self._feeds.values()

    # ── feeds ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _join(self, seat: Seat, channel: str, since: Position | None) -> Joined | None:
        """Listen to one channel; None, and no listener stays behind, when the seat is left by the time that it listens."""
        if seat.left:
            return None
        feed = self._feeds.get(channel)
        if feed is None:
            feed = self._feeds[channel] = Feed(
                channel, self._broadcast, self._personal if channel.startswith("player:") else None, self._come, self.ignores, self._traced
            )
        listens = False
        try:
            joined = await feed.join(seat, since, seat.got(channel))
            listens = not seat.left
        finally:
            if not listens:
                self._leave_feed(seat, channel)
        return joined if listens else None

    def _leave_location(self, seat: Seat) -> None:
        """Leave the location's feed: events of it that wait or still come do not concern the seat any more."""
        here = location_channel(seat.location_id)
        feed = self._feeds.get(here)
        reached = None if feed is None else feed.reached(seat)
        self._leave_feed(seat, here)
        if reached is None:
            seat.let_go(here)
        else:
            seat.left_channel(here, reached)

    def _leave_feed(self, seat: Seat, channel: str) -> None:
        feed = self._feeds.get(channel)
        if feed is None:
            return
        feed.leave(seat)
        if feed.empty:
            asyncio.get_running_loop().call_later(LINGER, self._let_go, feed)

    def _let_go(self, feed: Feed) -> None:
        if feed.empty and self._feeds.get(feed.channel) is feed:
            self.spawn(self._close_feed(feed), f"feed:{feed.channel}")

    async def _close_feed(self, feed: Feed) -> None:
        if await feed.close_if_empty() and feed.empty and self._feeds.get(feed.channel) is feed:
            del self._feeds[feed.channel]

    async def _guarded(self, work: Coroutine[Any, Any, None], name: str, on_failure: Callable[[], None]) -> None:
        try:
            await work
        except EchoesError as error:
            if times := LOG_LIMIT.due("hub.step_failed", type(error).__name__):
                log.warning("hub.step_failed", step=name, error=str(error), times=times)
        except Exception:
            counting.crashed("step")
            log.exception("hub.step_crashed", step=name)
        else:
            return
        on_failure()


def _wired(position: Position) -> WirePosition:
    return WirePosition(position.epoch, position.offset)


def _time_of(event: bytes) -> str:
    """The time of an event (ISO 8601 in UTC, so text order is time order): missed events of several channels are sent in this order."""
    return _decode_timed(event).timestamp


def _position_of_arrival(personal: Joined, location_id: str) -> Position | None:
    """From the missed personal events: where the location's channel stood when one was moved there while away."""
    for event in reversed(personal.missed):
        happening = _decode_personal(event).data
        if happening.action == "moved" and happening.location_id == location_id and happening.position is not None:
            return Position(happening.position.epoch, happening.position.offset)
    return None
