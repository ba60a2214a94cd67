"""Which things of the content return to where they lay."""

from .model import Laid, World


def returning(world: World, location_id: str) -> list[Laid]:
    """The things of a location that return."""
    location = world.locations.get(location_id)
    return [one for one in location.items if one.returns_minutes] if location else []


def intervals(world: World) -> dict[str, float]:
    """Seconds between two looks for missing things, for each location where some return."""
    found = {place: [one.returns_minutes * 60 for one in returning(world, place) if one.returns_minutes] for place in world.locations}
    return {place: min(seconds) for place, seconds in found.items() if seconds}
