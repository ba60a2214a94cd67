"""The actions and kinds of chat that the message reference lists are those that the core sends."""

import ast
from pathlib import Path
from typing import get_args

import echoes
from echoes.wire import Action, ChatKind


def sent(*functions: str) -> set[str]:
    """The first argument of each call of these functions in the core's modules, where it is a literal."""
    calls = (
        node
        for path in Path(echoes.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and node.args
    )
    return {
        str(call.args[0].value)
        for call in calls
        if getattr(call.func, "attr", getattr(call.func, "id", "")) in functions and isinstance(call.args[0], ast.Constant)
    }


def test_the_reference_lists_the_actions_that_the_core_sends():
    """Presence passes its four through a function of its own, so they are looked for as text."""
    presence = {"player_arrived", "player_left", "player_linkdead", "player_returned"}
    text = Path(echoes.__file__).with_name("game").joinpath("presence.py").read_text(encoding="utf-8")
    assert {one for one in presence if f'"{one}"' in text} | sent("tell_room", "Happening", "npc_event", "fight_event", "happening") == set(
        get_args(Action)
    )


def test_the_reference_lists_the_kinds_of_chat_that_the_core_sends():
    """All three."""
    assert sent("speak") == set(get_args(ChatKind))
