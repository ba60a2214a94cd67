"""The core's commands. One module is one family: the frames, the parsers of arguments, the handlers, and `SPECS`, which declares them.

An extension declares its commands in the same way and returns them from `echoes_commands`.
"""

from echoes.game.commands import (
    carrying,
    conversing,
    fighting,
    gestures,
    handling,
    help,  # noqa: A004
    ignoring,
    looking,
    mapping,
    questing,
    repairing,
    reporting,
    resting,
    scoring,
    searching,
    talking,
    trading,
    training,
    walking,
    wearing,
)
from echoes.game.spec import CommandSpec

CORE: tuple[CommandSpec, ...] = (
    *looking.SPECS,
    *walking.SPECS,
    *talking.SPECS,
    *conversing.SPECS,
    *fighting.SPECS,
    *trading.SPECS,
    *gestures.SPECS,
    *mapping.SPECS,
    *scoring.SPECS,
    *training.SPECS,
    *repairing.SPECS,
    *carrying.SPECS,
    *wearing.SPECS,
    *handling.SPECS,
    *searching.SPECS,
    *resting.SPECS,
    *questing.SPECS,
    *reporting.SPECS,
    *ignoring.SPECS,
    *help.SPECS,
)
"""In the order in which clients and the message reference list them; the commands of extensions follow."""
