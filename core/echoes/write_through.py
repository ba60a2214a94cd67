"""The cache's updates after a commit."""

from collections.abc import Coroutine, Iterator
from typing import Any

from echoes.caching import Caching
from echoes.game.deed import Deed
from echoes.game.kinds import CHARACTER, GROUND, INVENTORY, NPCS
from echoes.storage.commits import Character, Receipt


def write_through(
    caching: Caching, before: Character, deed: Deed, receipt: Receipt, generation: int
) -> Iterator[Coroutine[Any, Any, None]]:
    """Yield the calls that write the known new values to the cache and invalidate the other changed ones.

    `generation` is the cache's generation from before the commit.
    """
    me = deed.me
    for character_id, version in receipt.characters.items():
        if character_id != me.id:
            yield caching.invalidate(CHARACTER, str(character_id), version)
            yield caching.invalidate(INVENTORY, str(character_id), version)
            continue
        yield caching.put(CHARACTER, str(me.id), version, me, generation=generation)
        if deed.mine is not None:
            yield caching.put(INVENTORY, str(me.id), version, deed.mine, generation=generation)
    for location_id, version in receipt.npc_places.items():
        yield caching.invalidate(NPCS, location_id, version)
    for location_id, version in receipt.places.items():
        seen_whole = deed.here is not None and not deed.scene.ground_is_partial
        if deed.here is not None and seen_whole and location_id == before.location_id and version == deed.ground_version_after:
            decayed = receipt.decayed.get(location_id, ())
            here = [thing for thing in deed.here if thing.id not in decayed]
            yield caching.put(GROUND, location_id, version, here, generation=generation)
        else:
            yield caching.invalidate(GROUND, location_id, version)
