"""Bodies of characters that play over HTTP: such a character stands in the world, link-dead, for the grace period."""

import asyncio
import secrets
import weakref
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec
import structlog

from echoes.clock import Clock
from echoes.errors import FacilityError, FacilityUnavailable
from echoes.facilities import Session
from echoes.game.presence import Presence
from echoes.storage.commits import Superseded

log = structlog.get_logger()
MET = 10_000
AskStore = Callable[[int], Awaitable[Session | None]]
"""Reads a session, and raises `FacilityUnavailable` rather than answer from what this worker remembers."""


class HttpPresence:
    """Sees that the character of a request stands in the world."""

    def __init__(self, presence: Presence, clock: Clock, ask_store: AskStore, *, grace: float) -> None:
        self._presence = presence
        self._clock = clock
        self._ask_store = ask_store
        self._grace = grace
        self._met = _Met()
        self._arriving: weakref.WeakValueDictionary[int, asyncio.Lock] = weakref.WeakValueDictionary()

    async def ensure_body(self, character_id: int) -> int:
        """Give the character of a request without a connection a body. Answers the epoch of its session.

        A session that exists stays as it is, on any worker. Without one the character enters the world and is link-dead at once, for the
        grace period. A link-dead session begins its grace period again after half of it. While the store is unavailable, nothing is done and
        the answer is 0: another worker may hold the character.
        """
        turn = self._arriving.setdefault(character_id, asyncio.Lock())
        async with turn:
            try:
                session = await self._ask_store(character_id)
            except FacilityUnavailable:
                return 0
            if session is not None and (session.websocket_connected or self._lasts(session)):
                return session.epoch
            connection = f"http:{secrets.token_hex(8)}"
            try:
                entered = await self._presence.enter(character_id, connection, connection, by_request=True)
            except Superseded:  # it was claimed elsewhere at this moment: the request belongs to that session
                return await self._epoch_of(character_id)
            try:
                announce = entered.announce if session is None else ""
                await self._presence.appear(msgspec.structs.replace(entered, first=False, announce=announce), connection)
            finally:
                await asyncio.shield(self._lie_down(character_id, entered.epoch))
            self._met.keep(character_id, entered.epoch, self._clock.monotonic(), is_ours=True)
            return entered.epoch

    async def _epoch_of(self, character_id: int) -> int:
        with suppress(FacilityUnavailable):
            session = await self._ask_store(character_id)
            return 0 if session is None else session.epoch
        return 0

    async def _lie_down(self, character_id: int, epoch: int) -> None:
        try:
            await self._presence.leave(character_id, epoch)
        except FacilityError as error:
            log.warning("session.leave_failed", character_id=character_id, error=str(error))  # the reconciler makes up for it

    def _lasts(self, session: Session) -> bool:
        """Whether more than half of a link-dead body's grace period is left. This worker's clock decides where it knows when the period began.
        Else the store's deadline decides, which is another clock's, for at most half a period after this worker first met the body.
        """
        began, is_ours = self._met.get(session.character, session.epoch) or (self._clock.monotonic(), False)
        self._met.keep(session.character, session.epoch, began, is_ours=is_ours)
        half = self._grace / 2
        return self._clock.monotonic() - began < half and (is_ours or session.grace_until - self._clock.time() > half)


class _Met:
    """When this worker met the link-dead bodies of requests over HTTP (monotonic seconds), and whether it made them; the newest `MET`."""

    def __init__(self) -> None:
        self._of: OrderedDict[int, tuple[int, float, bool]] = OrderedDict()

    def get(self, character: int, epoch: int) -> tuple[float, bool] | None:
        """Of this very session, if it is known."""
        known = self._of.get(character)
        return None if known is None or known[0] != epoch else known[1:]

    def keep(self, character: int, epoch: int, began: float, *, is_ours: bool) -> None:
        """Remember it."""
        self._of[character] = epoch, began, is_ours
        self._of.move_to_end(character)
        if len(self._of) > MET:
            self._of.popitem(last=False)
