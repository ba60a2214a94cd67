"""Presence: entering the world, losing the connection, coming back, and fading when one does not."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

import structlog
from msgspec import Struct

from echoes import channels
from echoes.channels import GLOBAL, location_channel, player_channel
from echoes.clock import Clock
from echoes.concurrency import gather
from echoes.errors import StaleEpoch
from echoes.facilities import Claim, ConnectionInfo, Facilities, Field, Position, Session
from echoes.game import questing, quests
from echoes.game.outbox import Outbox
from echoes.game.resume_positions import arrival_text, beginning_text, followed_since, to_be_noted
from echoes.game.service import CommandService
from echoes.storage import commits
from echoes.storage.commits import Character
from echoes.wire import Happening, PlayerView

log = structlog.get_logger()
AT_ONCE = 50
"""Link-dead bodies that are announced at the same time."""
NOWHERE: Mapping[str, Position] = MappingProxyType({})
NEWEST = 2**53 - 1
"""An epoch that no session exceeds."""
QUIET = 5.0
"""Seconds after which a link-dead body is announced: a reload or a restart stays unannounced."""


def session_fields(row: Character) -> dict[str, Field]:
    """The fields of a session that come from its character's row."""
    return {
        "name": row.name, "location_id": row.location_id, "hp": row.hp, "max_hp": row.max_hp, "stamina": int(row.stamina),
        "max_stamina": row.max_stamina, "level": row.level, "xp": row.xp, "version": row.version,
    }  # fmt: skip


class Entered(Struct, frozen=True):
    """A session has begun."""

    me: Character
    epoch: int
    last_command: int
    follows: Mapping[str, Position]
    """Since when it follows channels, as the row says (`echoes.game.resume_positions`)."""
    first: bool
    """Whether the character has never been in the world before."""
    announce: str
    """The action to announce once the new connection listens: player_arrived, player_returned, or nothing."""


class Presence:
    """Keeps session store, registry and the others' view in step with connections. Fenced throughout by the session's epoch."""

    def __init__(
        self,
        facilities: Facilities,
        service: CommandService,
        outbox: Outbox,
        clock: Clock,
        *,
        worker_id: str,
        session_ttl: float,
        grace: float,
    ) -> None:
        self._facilities = facilities
        self._service = service
        self._outbox = outbox
        self._clock = clock
        self._worker_id = worker_id
        self._ttl = session_ttl
        self._grace = grace

    async def enter(self, character_id: int, client: str, connection: str, *, address: str = "", by_request: bool = False) -> Entered:
        """Claim the character for a connection, or for a request over HTTP. A former holder, on any worker, is displaced and may no longer write."""
        await self._service.may_write()
        row = await self._service.row(character_id)
        database = self._service.around.database
        claim = await self._facilities.sessions.claim(
            character_id, worker=self._worker_id, connection=connection, fields=session_fields(row), ttl=self._ttl, above=row.epoch
        )
        try:
            try:
                entrance = await commits.enter(database, character_id, claim.epoch, client, address=address, worker=self._worker_id)
            finally:
                # After the row has the epoch: a former connection that listens too late for this event finds the epoch there.
                takeover = channels.takeover(character_id, claim.epoch, by_request=by_request)
                await self._outbox.publish_message(takeover, f"takeover:{character_id}:{claim.epoch}")
        except BaseException:
            # No connection holds this session: it must not look connected until it expires.
            await asyncio.shield(self.leave(character_id, claim.epoch))
            raise
        me = entrance.me
        self._service.remember(me)
        return Entered(me, claim.epoch, entrance.last_command, followed_since(entrance), row.epoch == 0, self._announcement(claim))

    async def appear(self, entered: Entered, connection: str, positions: Mapping[str, Position] = NOWHERE) -> None:
        """Stand in the world; tell the others if they have something to see. Called when the one who enters listens already, from `positions` on."""
        me, epoch = entered.me, entered.epoch
        if positions:
            await self._note_followed(entered, positions)
        await self._facilities.registry.attach(self._worker_id, me.id, ConnectionInfo(connection, epoch, self._clock.time()))
        await self._facilities.registry.place(me.id, me.location_id, version=me.version, epoch=epoch, name=me.name)
        if entered.first:
            arrival = Happening("woke", self.arrival_of(entered), version=me.version)
            await self._outbox.publish_message(channels.to_player(me.id, "state_update", arrival), f"woke:{me.id}")
            for id_, (quest, progress) in quests.open_quests(me, self._service.around.world).items():
                shown = [questing.view(id_, quest, progress)]
                begun = questing.happening("quest_begun", questing.begun_text(quest), shown, me.version)
                await self._outbox.publish_message(channels.to_player(me.id, "state_update", begun), f"begun:{me.id}:{id_}")
        if entered.announce:
            text = f"{me.name} wakes." if entered.announce == "player_arrived" else f"{me.name} is back from far away."
            await self._announce(me.location_id, me.id, me.name, entered.announce, text, epoch, me.version)

    def arrival_of(self, entered: Entered) -> str:
        """The text that a new character wakes to; empty when it was awake before."""
        return self._service.around.world.start.arrival if entered.first else ""

    async def _note_followed(self, entered: Entered, positions: Mapping[str, Position]) -> None:
        """Keep since when channels are followed of which the row does not say it."""
        me, since = entered.me, to_be_noted(positions, entered.follows)
        if since is None:
            return
        here, own = location_channel(me.location_id), player_channel(me.id)
        await commits.note_followed(
            self._service.around.database, me.id, entered.epoch, me.location_id,
            arrival=arrival_text(me.location_id, since[here]), beginning=beginning_text(since[GLOBAL], since[own]),
        )  # fmt: skip

    async def leave(self, character_id: int, epoch: int) -> bool:
        """Record that the connection is gone: the body stays, link-dead. False when a newer connection holds the character."""
        try:
            await self._facilities.sessions.detach(character_id, epoch, self._grace)
            mine = True
        except StaleEpoch:
            mine = False
        # The entry goes last: while it is there, the reconciler knows that something is left to do.
        await self._facilities.registry.detach(self._worker_id, character_id, epoch=epoch)
        return mine

    async def announce_linkdead(self, epochs: Mapping[int, int]) -> None:
        """Some seconds later: of these characters, by their sessions' epochs, the others see that the body is empty, unless the player is back."""
        await self._clock.sleep(QUIET)
        await gather((self._announce_linkdead(*one) for one in epochs.items()), at_once=AT_ONCE)

    async def _announce_linkdead(self, character_id: int, epoch: int) -> None:
        session = await self._facilities.sessions.read(character_id)
        if session is not None and session.epoch == epoch and not session.websocket_connected:
            text = f"{session.name} stares into the distance, not quite here."
            await self._announce(
                session.location_id, character_id, session.name, "player_linkdead", text, epoch, session.version, linkdead=True
            )

    async def end_overdue(self) -> None:
        """Bodies whose grace is over leave the world. Safe to be run by any worker at any time: everything is fenced."""
        for session in await self._facilities.sessions.overdue():
            await self._facilities.registry.remove(session.character, epoch=session.epoch)
            if await self._close(session):
                self._service.forget(session.character)
                log.info("session.ended", character_id=session.character)

    async def _close(self, session: Session) -> bool:
        """End a session, and tell the others that the character leaves. False when it has ended already, or a newer one has begun."""
        try:
            await self._facilities.sessions.close(session.character, session.epoch)
        except StaleEpoch:
            return False
        text = f"{session.name} fades into the ash."
        await self._announce(session.location_id, session.character, session.name, "player_left", text, session.epoch, session.version)
        return True

    async def vanish(self, character_id: int) -> None:
        """Take a character out of the world whose row is gone: its body, its session and what is kept of it. Idempotent, for any worker."""
        session = await self._facilities.sessions.read(character_id)
        await self._facilities.registry.remove(character_id, epoch=NEWEST if session is None else session.epoch)
        self._service.forget(character_id)
        if session is not None and await self._close(session):
            log.warning("character.removed", character_id=character_id, reason="its row is gone")

    def _announcement(self, claim: Claim) -> str:
        session = claim.previous
        if session is None:
            return "player_arrived"
        if session.websocket_connected:
            return ""
        # An epoch is a moment by the store's clock (or later), as the deadline is: this worker's clock has no part in it.
        away = claim.epoch / 1_000_000 - (session.grace_until - self._grace)
        return "player_returned" if away > QUIET else ""

    async def _announce(
        self, location_id: str, character_id: int, name: str, action: str, message: str, epoch: int, version: int, *, linkdead: bool = False
    ) -> None:
        happening = Happening(action, message, player=PlayerView(character_id, name, linkdead=linkdead), version=version)
        await self._outbox.publish_message(
            channels.to_location(location_id, "location_update", happening, exclude=character_id), f"{action}:{character_id}:{epoch}"
        )
