"""The catalogue of commands: the core's and its extensions', and how a typed line finds its way into it."""

from collections.abc import Callable, Iterable
from functools import reduce
from operator import or_

import msgspec

from echoes.errors import PluginError, Refused
from echoes.game import normalization
from echoes.game.commands import CORE
from echoes.game.commands.walking import Move
from echoes.game.directions import SHORT
from echoes.game.spec import CommandSpec
from echoes.game.targets import did_you_mean
from echoes.wire import Command, Line
from echoes.world.model import OPPOSITE


class Catalogue:
    """All the commands of this server, the core's and its extensions'."""

    def __init__(self, extensions: Iterable[CommandSpec] = ()) -> None:
        self.by_name: dict[str, CommandSpec] = {}
        self.by_word: dict[str, CommandSpec] = {}
        self.by_frame: dict[type[Command], CommandSpec] = {}
        for spec in (*CORE, *extensions):
            for word in (spec.name, *spec.aliases):
                if word in self.by_word:
                    raise PluginError(f"two commands use the word {word!r}: {self.by_word[word].name} and {spec.name}")
                self.by_word[word] = spec
            self.by_name[spec.name] = spec
            self.by_frame[spec.frame] = spec
        self.decode: Callable[[bytes | str], Command] = msgspec.json.Decoder(reduce(or_, [*self.by_frame, Line])).decode
        """Decode a client's frame, which is one of these commands or a typed line; raises one of `wire.UNREADABLE`."""
        self.views = [spec.view for spec in self.by_name.values()]

    def understand(self, line: str, number: int) -> Command:
        """Understand a typed line: the first word is a command, an alias or the beginning of one, or an exit's direction.

        What keyboards make of quotes, widths, spaces, capitals and full stops does not matter; words that are spoken stay as they were typed.
        Raises `Refused` with the nearest words or the usage. What no frame could hold is refused, too.
        """
        first, rest = normalization.spoken(line) or normalization.parted(line)
        verb = normalization.verb(first)
        second, beyond = normalization.parted(rest)
        two = f"{verb} {normalization.verb(second)}"
        if second and two in self.by_word:
            spec, rest = self.by_word[two], beyond
        elif not rest and (verb in SHORT or verb in OPPOSITE):
            return Move(id=number, direction=verb)
        else:
            spec = self._meant(verb)
        fields = {"id": number, **spec.arguments(rest)}
        try:
            return msgspec.convert(fields, spec.frame)
        except msgspec.ValidationError as error:
            if "of length <=" in str(error):
                raise Refused("too_long", "That is too long for a name.", f"Usage: {spec.usage}") from error
            raise Refused("bad_command", f"That command cannot be read: {error}.", f"Usage: {spec.usage}") from error

    def _meant(self, verb: str) -> CommandSpec:
        if (spec := self.by_word.get(verb)) is not None:
            return spec
        begins = {id(spec): spec for word, spec in self.by_word.items() if word.startswith(verb)}
        if len(begins) == 1:
            return next(iter(begins.values()))
        if begins:
            names = ", ".join(sorted(spec.name for spec in begins.values()))
            raise Refused("ambiguous", f"“{verb}” could be {names}.", "Type a little more of it.")
        near = did_you_mean(verb, [*self.by_word, *OPPOSITE])
        raise Refused("unknown_command", f"“{verb}” is no command.", near or "Type help for the list of commands.")
