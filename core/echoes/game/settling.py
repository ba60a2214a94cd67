"""What the cache is told after a commit."""

from collections.abc import Coroutine, Iterator
from typing import Any

from echoes.caching import Caching
from echoes.game.deed import Deed
from echoes.game.kinds import CHARACTER, GROUND, INVENTORY
from echoes.storage.commits import Character, Receipt


def told_to_cache(
    caching: Caching, before: Character, deed: Deed, receipt: Receipt, generation: int
) -> Iterator[Coroutine[Any, Any, None]]:
    """What is known now is written through, the rest is invalidated. `generation` is the one from before the commit."""
    me = deed.me
    for character_id, version in receipt.characters.items():
        if character_id != me.id:
            yield caching.invalidate(CHARACTER, str(character_id), version)
            yield caching.invalidate(INVENTORY, str(character_id), version)
            continue
        yield caching.put(CHARACTER, str(me.id), version, me, generation=generation)
        if deed.mine is not None:
            yield caching.put(INVENTORY, str(me.id), version, deed.mine, generation=generation)
    for location_id, version in receipt.places.items():
        if location_id == before.location_id and deed.here is not None and version == deed.ground_version_after:
            yield caching.put(GROUND, location_id, version, deed.here, generation=generation)
        else:
            yield caching.invalidate(GROUND, location_id, version)
