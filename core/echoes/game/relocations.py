"""Characters that another character's commit, or a timer, has brought to another location: their bodies in the registry follow."""

from collections.abc import Iterable, Mapping
from typing import Any

import structlog

from echoes.errors import FacilityError
from echoes.facilities import Registry

log = structlog.get_logger()


async def relocate(registry: Registry, changes: Iterable[Mapping[str, Any]], versions: Mapping[int, int], *, but: int = 0) -> None:
    """Move the body of each character whose row got another location, all but one.

    What the registry misses, it gets when it is back (`echoes.resilience`); if this worker has died by then, by the character's worker (the reconciler).
    """
    for change in changes:
        if change["op"] == "character" and change["id"] != but and (to := change["set"].get("location_id")):
            try:
                await registry.move(change["id"], to, version=versions[change["id"]])
            except FacilityError as error:
                log.debug("registry.move_postponed", character_id=change["id"], error=str(error))
