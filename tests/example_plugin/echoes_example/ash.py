"""Time, facts and content of an extension: falling ash, once for the whole cluster, NPCs that drift with the ash, ash that chokes, and a loft."""

from pathlib import Path

from echoes import channels, hookimpl
from echoes.game.behaviours import BehaviourSpec, Situation
from echoes.game.effects import EffectSpec, Ticking
from echoes.game.timers import Happened, Rows, TimerSpec
from echoes.wire import Happening

PLACE = "kiln_yard"
SECONDS = 30.0
LINES = (
    "Ash falls, as fine as flour.",
    "A flake of ash settles on your sleeve and keeps its shape.",
    "The ash comes down for a while, and stops.",
)


def falls(rows: Rows) -> Happened:
    """Show one of the lines to all players there; again in 30 seconds."""
    place = rows.timer.id
    event = channels.to_location(place, "location_update", Happening("ash.fell", rows.dice.choice(LINES), location_id=place))
    return Happened(events=[event], after=SECONDS)


@hookimpl
def echoes_seam_version() -> int:
    """Content came with version 4, rules of effects with version 3, the others with version 2."""
    return 4


@hookimpl
def echoes_timers() -> list[TimerSpec]:
    """One kind of timer, armed for one place when a server starts. What an outage has missed does not fall afterwards."""
    return [TimerSpec("example.ash", falls, catch_up="skip", interval=SECONDS, starts=(f"location:{PLACE}",))]


def drift(situation: Situation) -> str | None:
    """Follow the ash: always to the last neighbour by name, and nowhere while a player looks on."""
    return max(situation.ways, default=None) if not situation.players else None


@hookimpl
def echoes_behaviours() -> list[BehaviourSpec]:
    """One behaviour, which content names `behaviour: ash.drift`."""
    return [BehaviourSpec("ash.drift", drift, senses_players=True)]


def choke(at: Ticking) -> int:
    """Take one hit point for each stack, and never the last one."""
    return -min(at.lasting.stacks, at.hp - 1)


@hookimpl
def echoes_effects() -> list[EffectSpec]:
    """One rule of a tick, which content names `does: ash.choke`."""
    return [EffectSpec("ash.choke", choke)]


@hookimpl
def echoes_gamedata() -> Path:
    """One location above the place where the ash falls, and one item that lies there."""
    return Path(__file__).parent / "gamedata"
