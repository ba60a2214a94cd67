"""Pages of the characters that are awake, for `who`. A worker reads each page once a second at most, for any number of requests."""

import time
from collections import OrderedDict

from echoes.facilities import Crowd, Registry

SHOWN = 100
"""Names on a page."""
KEPT_SECONDS = 1.0
PAGES = 64
"""Pages kept at most; the longest unused goes first."""


class WhoPages:
    """Pages of the registry's bodies by name."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._pages: OrderedDict[str, tuple[float, Crowd]] = OrderedDict()

    async def after(self, name: str) -> Crowd:
        """The page behind a name; the first one for the empty name. As it was a second ago at most."""
        now = time.monotonic()
        read, page = self._pages.get(name, (0.0, None))
        if page is None or now - read >= KEPT_SECONDS:
            page = await self._registry.crowd(None, limit=SHOWN, after=name)
            self._pages[name] = now, page
        self._pages.move_to_end(name)
        if len(self._pages) > PAGES:
            self._pages.popitem(last=False)
        return page
