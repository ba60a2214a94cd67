"""`map`: the places that the character has explored."""

from echoes.game import views
from echoes.game.deed import Deed
from echoes.game.spec import CommandSpec
from echoes.wire import Command, Outcome


class Map(Command, frozen=True, tag="map"):
    """Show the map of the places that the character has explored."""


async def chart(deed: Deed, _: Map) -> Outcome:
    """Show the map of the places that the actor has explored."""
    scene = deed.scene
    places = views.chart(scene.me.explored, scene.world)
    known = [place for place in places if place.explored]
    deed.message = f"You know {len(known)} of {len(scene.world.locations)} places: {', '.join(sorted(place.name for place in known))}."
    return deed.outcome(places=places)


SPECS: tuple[CommandSpec, ...] = (CommandSpec("map", Map, chart, usage="map", summary="What you have explored."),)
