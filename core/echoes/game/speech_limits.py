"""Limits of speech, in bytes: for one speaker, and for one room, where each message goes to all listeners.

Each worker counts for the speakers that it holds. A room over its limit slows down its loudest speakers first. Nothing is dropped
silently: a speaker over a limit gets an error.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from echoes.errors import Refused
from echoes.facilities import Registry
from echoes.token_bucket import TokenBucket, TokenBuckets

BURST_SECONDS = 5.0
"""Burst of a room, in seconds of its rate. An overdraft of the same size is for speakers who are not loud."""
HALF_LIFE = 10.0
"""Seconds after which the bytes of a speaker count half."""
COUNTED_SECONDS = 5.0
"""Seconds for which a count of listeners is used in a busy room; elsewhere each look at the room renews it."""
ROOMS, SPEAKERS = 2_000, 200
"""Rooms, and speakers of a room, that are remembered; the longest silent are forgotten first."""


class TooLoud(Refused):
    """The speaker or the room is over its limit of speech."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__("too_loud", message, hint, retry_after=1.0)


class _Room:
    """Speech in a location: its token buckets, its number of listeners, and the volume of each speaker."""

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
        """Count bytes of a speaker."""
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
        """Count the bytes of a speaker to a room, or to one person (None). Raises `TooLoud` when a limit is exceeded."""
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
        """Note how many characters are in a location, as a look at it has just shown."""
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
