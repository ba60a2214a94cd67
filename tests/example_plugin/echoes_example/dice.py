"""A command of an extension: `roll`."""

import secrets
from typing import Annotated

from echoes import hookimpl
from echoes.errors import Refused
from echoes.game.deed import Deed
from echoes.game.spec import CommandSpec
from echoes.wire import Command, Outcome
from msgspec import Meta


class Roll(Command, frozen=True, tag="roll"):
    """The frame: `{"type":"roll","id":7,"sides":20}`."""

    sides: Annotated[int, Meta(ge=2, le=1000)] = 6


async def roll(deed: Deed, command: Roll) -> Outcome:
    """Roll a die where all here can see it."""
    number = 1 + secrets.randbelow(command.sides)
    deed.message = f"You roll a {number} (of {command.sides})."
    deed.speak("emote", f"rolls a {number}", f"{deed.me.name} rolls a {number} (of {command.sides}).")
    return deed.outcome()


def typed(rest: str) -> dict[str, object]:
    """`roll`, `roll 20`."""
    if not rest:
        return {}
    if not rest.isdecimal() or not 2 <= int(rest[:5]) <= 1000:
        raise Refused("bad_die", f"There is no die with “{rest[:20]}” sides.", "roll [sides], from 2 to 1000.")
    return {"sides": int(rest)}


@hookimpl
def echoes_seam_version() -> int:
    """The seam that this was written for."""
    return 1


@hookimpl
def echoes_commands() -> list[CommandSpec]:
    """One more thing to do."""
    return [CommandSpec("roll", Roll, roll, "roll [sides]", "Roll a die.", ("dice",), typed, speaks=True)]
