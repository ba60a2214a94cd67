"""News on `game:cache`: what workers tell each other of what they keep at hand."""

from collections.abc import Callable, Mapping

import msgspec
import structlog

from echoes.caching import Caching
from echoes.channels import CACHE, CacheDropped, ContentActivated, decode_invalidation, decode_outgoing, encode
from echoes.errors import FacilityError
from echoes.facilities import Broadcast, CachedKind, Gap, Message, Subscription
from echoes.game.kinds import CHARACTER, CONTENT, GROUND, INVENTORY, KINDS, NPCS
from echoes.storage.commits import Unpublished

log = structlog.get_logger()


class Invalidations:
    """Receives and publishes invalidations on `game:cache`. A gap drops all near copies; a message that cannot be published raises the generation."""

    def __init__(
        self, broadcast: Broadcast, caching: Caching, on_content: Callable[[], None], kinds: Mapping[str, CachedKind] = KINDS
    ) -> None:
        self._broadcast = broadcast
        self._caching = caching
        self._on_content = on_content
        self._kinds = kinds
        self._subscription: Subscription | None = None

    async def listen(self) -> None:
        """Listen from now on; again and again until it succeeds. Until then near copies are checked by PostgreSQL alone."""
        if self._subscription is None:
            self._subscription = await self._broadcast.subscribe(CACHE, self._receive)
            self._caching.forget_near()

    async def announce(self, message: CacheDropped | ContentActivated) -> None:
        """Tell every worker, this one too."""
        try:
            await self._broadcast.publish(CACHE, encode(message))
        except FacilityError as error:
            self._caching.due = True
            log.debug("cache.invalidation_lost", error=str(error))

    async def changed_elsewhere(self, character_id: int, version: int) -> None:
        """A command of another character, or another session, has changed this character's row."""
        await self.announce(CacheDropped(CHARACTER.name, str(character_id), version))

    async def drop_unpublished(self, command: Unpublished) -> None:
        """Drop what a command touched whose worker neither published it nor, perhaps, updated the cache.

        The command's events name the rows that it touched.
        """
        own = str(command.character_id)
        touched = {(CHARACTER, own), (INVENTORY, own)} if command.character_id else set()
        for message in decode_outgoing(command.events):
            where, _, id_ = message.channel.partition(":")
            touched |= {(GROUND, id_), (NPCS, id_)} if where == "location" else {(CHARACTER, id_), (INVENTORY, id_)}
        for kind, id_ in sorted(touched, key=lambda one: (one[0].name, one[1])):
            await self._caching.drop(kind, id_)
            if kind is CHARACTER:
                await self.announce(CacheDropped(kind.name, id_))

    async def close(self) -> None:
        """Listen no longer."""
        if self._subscription is not None:
            await self._subscription.close()

    def _receive(self, item: Message | Gap) -> None:
        if isinstance(item, Gap):
            self._caching.forget_near()
            self._on_content()
            return
        try:
            message = decode_invalidation(item.payload)
        except msgspec.MsgspecError as error:
            log.warning("message.malformed", channel=item.channel, offset=item.position.offset, error=str(error))
            return
        if isinstance(message, ContentActivated):
            self._on_content()
            return
        kind = self._kinds.get(message.kind)
        if kind is None:
            return  # a newer release's, or of an extension that only other workers have
        for one in (CHARACTER, INVENTORY) if kind is CHARACTER else (kind,):
            if message.version:
                self._caching.outdate_near(one, message.id, message.version)
            else:
                self._caching.drop_near(one, message.id)
        if kind in CONTENT:
            self._on_content()
