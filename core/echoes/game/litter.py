"""Litter: of what was laid down in a location, the oldest decays beyond a bound."""

from typing import Any

from echoes import channels
from echoes.storage.commits import LITTER, LITTER_STEP
from echoes.wire import Happening, ItemView

DECAYED = ItemView(0, 0, 0)
"""Stands in an event for the things that the commit will name."""


def litter(location_id: str) -> dict[str, Any]:
    """The change after which no more than `LITTER` things lie in a location. Which things decay, the commit finds out."""
    happening = Happening("decayed", "What has lain here longest crumbles to ash.", location_id=location_id, ground=[DECAYED])
    event = channels.encode(channels.to_location(location_id, "location_update", happening)).decode()
    return {"op": "litter", "location_id": location_id, "most": LITTER, "step": LITTER_STEP, "event": event}
