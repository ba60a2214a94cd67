"""`rest` and `stand`: stamina and health return faster until the character gets up or walks on."""

from echoes.errors import Refused
from echoes.game.deed import Deed
from echoes.game.spec import CommandSpec
from echoes.wire import Command, Outcome


class Rest(Command, frozen=True, tag="rest"):
    """Sit down: stamina and health return faster until one moves on."""


async def rest(deed: Deed, _: Rest) -> Outcome:
    """Sit down; stamina and health return faster until one walks on."""
    scene = deed.scene
    if scene.me.resting:
        raise Refused("resting", "You are resting already.", "Walk on when you feel ready.")
    deed.change_me(resting=True)
    over = [one.id for one in scene.me.effects if one.id in scene.world.effects and scene.world.effects[one.id].ends_at_rest]
    felt = deed.affect(gains=scene.location.rest_gives, ends=over, reason="rest")
    deed.message = f"You find a place out of the wind and sit down. {felt}".rstrip()
    deed.tell_room("rested", f"{scene.me.name} sits down to rest.")
    return deed.outcome()


class Stand(Command, frozen=True, tag="stand"):
    """Get up from resting."""


async def stand(deed: Deed, _: Stand) -> Outcome:
    """Get up."""
    scene = deed.scene
    if not scene.me.resting:
        raise Refused("not_resting", "You are on your feet already.", "rest sits down.")
    deed.change_me(resting=False)
    deed.message = "You get up and beat the ash from your coat."
    deed.tell_room("stood_up", f"{scene.me.name} gets up.")
    return deed.outcome()


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec("stand", Stand, stand, usage="stand", summary="Get up from resting.", aliases=("get up", "stand up", "wake", "wake up")),
    CommandSpec(
        "rest",
        Rest,
        rest,
        in_fight=False,
        usage="rest",
        summary="Sit down: stamina and health return faster until you walk on.",
        aliases=("sit", "sit down", "lie down", "relax"),
    ),
)
