"""How much may be said: by one speaker, and in one room, where every word is sent to everybody.

Counted by each worker for those who speak on it. A room that hears too much slows down its loudest speakers first; nobody's words are
dropped silently: who may not speak now is told so.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from echoes.errors import Refused
from echoes.facilities import Registry
from echoes.token_bucket import TokenBucket, TokenBuckets

BURST_SECONDS = 5.0
"""What a room may hear at once, in seconds of its rate; as much again while only quiet people speak."""
HALF_LIFE = 10.0
"""Seconds after which what somebody has said counts half."""
COUNTED_SECONDS = 5.0
"""How long a number of listeners is believed, in a room where much is said; elsewhere whoever looks around finds it out."""
ROOMS, SPEAKERS = 2_000, 200
"""Rooms, and speakers of a room, that are remembered; the longest silent are forgotten first."""


class TooLoud(Refused):
    """So much was said that this could not be heard as well."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__("too_loud", message, hint, retry_after=1.0)


class _Room:
    """What a location hears, and who makes how much of it."""

    def __init__(self, rate: float) -> None:
        self.bytes = TokenBucket(rate, int(rate * BURST_SECONDS))
        self.overdraft = TokenBucket(rate, int(rate * BURST_SECONDS))
        self.listeners = 1
        self.counted = -math.inf
        self._volumes: OrderedDict[int, tuple[float, float]] = OrderedDict()

    @property
    def is_busy(self) -> bool:
        """Whether more is said than could go on for long."""
        return self.bytes.left < self.bytes.burst / 2

    def add(self, speaker: int, size: float, now: float) -> None:
        """A speaker has said so much."""
        self._volumes[speaker] = self._volume(speaker, now) + size, now
        self._volumes.move_to_end(speaker)
        if len(self._volumes) > SPEAKERS:
            self._volumes.popitem(last=False)

    def is_loud(self, speaker: int, now: float) -> bool:
        """Whether a speaker has lately said as much as the others on average, or more."""
        volumes = [self._volume(one, now) for one in self._volumes]
        return bool(volumes) and self._volume(speaker, now) >= sum(volumes) / len(volumes)

    def _volume(self, speaker: int, now: float) -> float:
        volume, at = self._volumes.get(speaker, (0.0, now))
        return float(volume * 0.5 ** ((now - at) / HALF_LIFE))


class SpeechLimits:
    """Admits or refuses what is about to be said. Bytes are those of an event; a room's are multiplied by those who hear it."""

    def __init__(
        self, registry: Registry, *, per_speaker: float, burst: int, per_room: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._registry = registry
        self._speakers = TokenBuckets(per_speaker, burst)
        self._per_room = per_room
        self._clock = clock
        self._rooms: OrderedDict[str, _Room] = OrderedDict()

    async def admit(self, speaker: int, location_id: str | None, size: int) -> None:
        """Let a speaker say so many bytes to a room, or to one person (None); raises `TooLoud`."""
        if not self._speakers.spend(speaker, size):
            raise TooLoud("You say more than anybody could follow.", "Take a breath; this was not said. Say it again in a moment.")
        if location_id is None:
            return
        now, room = self._clock(), self._room(location_id)
        if room.is_busy and now - room.counted >= COUNTED_SECONDS:
            room.counted = now
            room.listeners = max(1, (await self._registry.crowd(location_id, limit=1)).total)
        heard = size * room.listeners
        if not room.bytes.spend(heard) and (room.is_loud(speaker, now) or not room.overdraft.spend(heard)):
            raise TooLoud(
                "So much is said here that nobody hears you.", "Let the others finish; this was not said. Say it again in a moment."
            )
        room.add(speaker, size, now)

    def heard_by(self, location_id: str, number: int) -> None:
        """So many are in a location, as somebody has just seen."""
        room = self._room(location_id)
        room.listeners, room.counted = max(1, number), self._clock()

    def _room(self, location_id: str) -> _Room:
        room = self._rooms.get(location_id)
        if room is None:
            room = self._rooms[location_id] = _Room(self._per_room)
            if len(self._rooms) > ROOMS:
                self._rooms.popitem(last=False)
        self._rooms.move_to_end(location_id)
        return room
