"""Specification of a command: its name, its frame, its typed form and its handler."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from echoes.game.deed import Deed
from echoes.storage.bans import Speech
from echoes.wire import Command, CommandView, Outcome

Handler = Callable[[Deed, Any], Awaitable[Outcome]]


@dataclass(frozen=True)
class CommandSpec:
    """A command. An extension's `echoes_commands` hook returns such.

    `frame` is the struct of the WebSocket frame. `arguments` turns the text after the verb into the frame's fields, and raises `Refused` with
    the usage when something is missing. `topic` is the command's page in `help`.
    """

    name: str
    frame: type[Command]
    handler: Handler
    usage: str
    summary: str
    aliases: tuple[str, ...] = ()
    arguments: Callable[[str], dict[str, Any]] = field(default=lambda _: {})
    topic: str = ""
    cost: float = 1.0
    """How many commands it counts as in an account's allowance: more than one where it reads or tells more than most do."""
    verbs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Words that are this command with fields of its frame set: `{"nod": {"act": "nod"}}`."""
    towards: Callable[[str], dict[str, Any]] = field(default=lambda _: {})
    """As `arguments`, for what was typed after one of `verbs`."""
    in_fight: bool = True
    """Whether a character that is in a fight may do it."""
    speaks: bool = False
    """It only speaks: nothing of it is kept in PostgreSQL."""
    speech: Speech = "say"
    """The kind of speech, for a command that `speaks`: a mute may refuse some kinds and not others."""

    @property
    def view(self) -> CommandView:
        """As clients see it."""
        return CommandView(self.name, self.usage, self.summary, [*self.aliases, *self.verbs], self.takes_words)

    @property
    def takes_words(self) -> bool:
        """Whether the rest of a typed line is words that are spoken, as they were typed."""
        return "text" in self.frame.__struct_fields__
