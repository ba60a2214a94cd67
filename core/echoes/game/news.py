"""News on `game:cache`: what workers tell each other of what they keep at hand."""

import msgspec
import structlog

from echoes.caching import Caching
from echoes.channels import CACHE, CacheDropped, ContentActivated, decode_news, encode
from echoes.errors import FacilityError
from echoes.facilities import Broadcast, Gap, Message, Subscription
from echoes.game.kinds import CHARACTER, INVENTORY, KINDS

log = structlog.get_logger()


class News:
    """Heard, they drop near copies; missed, they are made up for: a gap drops all, what could not be told raises the generation."""

    def __init__(self, broadcast: Broadcast, caching: Caching) -> None:
        self._broadcast = broadcast
        self._caching = caching
        self._subscription: Subscription | None = None
        self.content_changed = False
        """Content, or a part of it, is not what it was; whoever renews it sets this back."""

    async def listen(self) -> None:
        """Listen from now on; again and again until it succeeds. Until then near copies are checked by PostgreSQL alone."""
        if self._subscription is None:
            self._subscription = await self._broadcast.subscribe(CACHE, self._hear)
            self._caching.forget_near()

    async def tell(self, news: CacheDropped | ContentActivated) -> None:
        """Tell every worker, this one too."""
        try:
            await self._broadcast.publish(CACHE, encode(news))
        except FacilityError as error:
            self._caching.due = True
            log.warning("cache.news_lost", error=str(error))

    async def changed_elsewhere(self, character_id: int, version: int) -> None:
        """A character's row was changed by somebody else than the session that plays it."""
        await self.tell(CacheDropped(CHARACTER.name, str(character_id), version))

    def _hear(self, item: Message | Gap) -> None:
        if isinstance(item, Gap):
            self._caching.forget_near()
            self.content_changed = True
            return
        try:
            news = decode_news(item.payload)
        except msgspec.MsgspecError as error:
            log.warning("message.malformed", channel=item.channel, offset=item.position.offset, error=str(error))
            return
        if isinstance(news, ContentActivated) or KINDS.get(news.kind) is None:
            self.content_changed = True
            return
        kind = KINDS[news.kind]
        for one in (CHARACTER, INVENTORY) if kind is CHARACTER else (kind,):
            if news.version:
                self._caching.outdate_near(one, news.id, news.version)
            else:
                self._caching.drop_near(one, news.id)
        self.content_changed = self.content_changed or kind.ttl is None
