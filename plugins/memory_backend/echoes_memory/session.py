"""Sessions: one dictionary, and epochs that never repeat."""

import math
from collections.abc import Mapping, Sequence

from echoes.clock import Clock
from echoes.errors import StaleEpoch
from echoes.facilities.session import WRITABLE, Claim, Field, Session
from msgspec import structs

from echoes_memory.expiry import Expiry, Tokens


class _Held:
    """A session, and until when (monotonic seconds) it lives and waits."""

    __slots__ = ("expires", "overdue", "session")

    def __init__(self, session: Session, expires: float) -> None:
        self.session = session
        self.expires = expires
        self.overdue = math.inf


class MemorySessions:
    """`SessionStore` for one worker."""

    def __init__(self, clock: Clock, *, tombstone_seconds: float = 600.0) -> None:
        self._clock = clock
        self._tombstone_seconds = tombstone_seconds
        self._held: dict[int, _Held] = {}
        self._link_dead: set[int] = set()
        self._epochs = Tokens(clock)
        self._expiry = Expiry[int](self._deadline, self._drop)
        self._closed: dict[int, tuple[int, float]] = {}
        self._tombstones = Expiry[int](self._tombstone_deadline, self._closed.__delitem__)

    async def claim(
        self, character: int, *, worker: str, connection: str, fields: Mapping[str, Field], ttl: float, above: int = 0
    ) -> Claim:
        """Take the character; see `SessionStore.claim`."""
        _check(fields)
        held = self._live(character)
        epoch = max(self._epochs.after(held.session.epoch if held else None), above + 1)
        self._connect(character, epoch, worker, connection, fields, ttl)
        return Claim(epoch, held.session if held else None)

    async def restore(self, character: int, epoch: int, *, worker: str, connection: str, fields: Mapping[str, Field], ttl: float) -> bool:
        """Bring back a session that was lost; see `SessionStore.restore`."""
        _check(fields)
        held = self._live(character)
        closed, until = self._closed.get(character, (0, 0.0))
        if (held is not None and held.session.epoch >= epoch) or (epoch <= closed and self._clock.monotonic() < until):
            return False
        self._connect(character, epoch, worker, connection, fields, ttl)
        return True

    async def read(self, character: int) -> Session | None:
        """The live session, or None."""
        held = self._live(character)
        return held.session if held else None

    async def read_many(self, characters: Sequence[int]) -> list[Session | None]:
        """The live sessions in the order of `characters`."""
        return [held.session if (held := self._live(character)) else None for character in characters]

    async def write(self, character: int, epoch: int, fields: Mapping[str, Field], ttl: float) -> None:
        """Change some fields; see `SessionStore.write`."""
        _check(fields)
        held = self._owned(character, epoch)
        stored = held.session.version
        if fields.get("version", stored) < stored:  # type: ignore[operator]
            return
        held.session = structs.replace(held.session, **fields)
        self._prolong(held, ttl)

    async def touch(self, character: int, epoch: int, ttl: float) -> None:
        """Refresh the expiry and `last_heartbeat`."""
        held = self._owned(character, epoch)
        held.session = structs.replace(held.session, last_heartbeat=self._clock.time())
        self._prolong(held, ttl)

    async def detach(self, character: int, epoch: int, grace: float) -> float:
        """Start the grace period, once; see `SessionStore.detach`."""
        held = self._owned(character, epoch)
        if held.session.websocket_connected:
            until = self._clock.time() + grace
            held.session = structs.replace(held.session, websocket_connected=False, grace_until=until)
            held.overdue = self._clock.monotonic() + grace
            held.expires = math.inf
            self._link_dead.add(character)
        return held.session.grace_until

    async def close(self, character: int, epoch: int) -> Session:
        """End the session and return its last state."""
        held = self._owned(character, epoch)
        self._drop(character)
        until = self._clock.monotonic() + self._tombstone_seconds
        self._closed[character] = (epoch, until)
        self._tombstones.watch(character, until)
        return held.session

    async def overdue(self, limit: int = 100) -> list[Session]:
        """Return link-dead sessions with an expired grace period, longest overdue first."""
        now = self._clock.monotonic()
        due = [held for held in map(self._held.__getitem__, self._link_dead) if held.overdue <= now]
        due.sort(key=lambda held: (held.overdue, held.session.character))
        return [held.session for held in due[:limit]]

    def _connect(self, character: int, epoch: int, worker: str, connection: str, fields: Mapping[str, Field], ttl: float) -> None:
        values: dict[str, Field] = {"last_heartbeat": self._clock.time(), **fields}
        session = Session(
            character=character,
            epoch=epoch,
            worker_id=worker,
            connection=connection,
            websocket_connected=True,
            **values,  # type: ignore[arg-type]
        )
        expires = self._clock.monotonic() + ttl
        self._held[character] = _Held(session, expires)
        self._link_dead.discard(character)
        self._expiry.watch(character, expires)

    def _live(self, character: int) -> _Held | None:
        now = self._clock.monotonic()
        self._expiry.sweep(now)
        self._tombstones.sweep(now)
        held = self._held.get(character)
        if held is not None and held.expires <= now:
            self._drop(character)
            return None
        return held

    def _owned(self, character: int, epoch: int) -> _Held:
        held = self._live(character)
        if held is None or held.session.epoch != epoch:
            raise StaleEpoch(f"character {character} is not held by epoch {epoch}")
        return held

    def _prolong(self, held: _Held, ttl: float) -> None:
        if held.session.websocket_connected:
            held.expires = self._clock.monotonic() + ttl
            self._expiry.watch(held.session.character, held.expires)

    def _deadline(self, character: int) -> float | None:
        held = self._held.get(character)
        return held.expires if held else None

    def _tombstone_deadline(self, character: int) -> float | None:
        closed = self._closed.get(character)
        return closed[1] if closed else None

    def _drop(self, character: int) -> None:
        self._epochs.forget(self._held.pop(character).session.epoch)
        self._link_dead.discard(character)


def _check(fields: Mapping[str, Field]) -> None:
    if not fields.keys() <= WRITABLE:
        raise ValueError(f"not a session's field: {', '.join(sorted(fields.keys() - WRITABLE))}")
