"""The catalogue of commands: the core's and its extensions', and how a typed line finds its way into it."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Any

import msgspec

from echoes.errors import PluginError, Refused
from echoes.game import arguments, normalization
from echoes.game.commands import CORE
from echoes.game.commands.gestures import GESTURES
from echoes.game.commands.walking import Move
from echoes.game.directions import SHORT, THROUGH
from echoes.game.refusals import MEANS, ON_FOOT, REFUSED
from echoes.game.sentences import reworded
from echoes.game.spec import CommandSpec
from echoes.game.synonyms import VERBS
from echoes.game.targets import did_you_mean, either
from echoes.wire import Command, Line
from echoes.world.model import OPPOSITE

MARKS = "/!.\\>"
"""Characters that other games want before a command."""
PRONOUNS = arguments.PRONOUNS | {"that", "this", "these", "those"}
"""Words that mean what was spoken of before, which no command knows."""
ONWARDS = frozenset({
    "again", "door", "exit", "from", "gate", "here", "into", "now", "of", "past", "the", "there", "through", "to", "toward", "towards", "way",
})  # fmt: skip
"""Words that may follow a direction, with others: `north to the market`."""
_THEN = re.compile(
    r"(?<=[,\s])(?:and\s+)?then\s+|(?<=[,\s])and\s+(?=(?:ask|attack|buy|drink|drop|eat|equip|get|give|go|kill|look|read|rest|run|search|sell|take|talk|use"
    r"|walk|wear|wield)\b)",
    re.IGNORECASE,
)
PARTICLES = {"up", "on", "off", "down", "out", "away"}
"""Words that may stand behind the thing, too: `put coat on` is `put on coat`."""


class UnknownWord(Refused):
    """The first word of a line is no command. `alone`: it is the only word."""

    def __init__(self, word: str, hint: str, *, alone: bool) -> None:
        super().__init__("unknown_command", f"“{word}” is no command.", hint)
        self.word = word
        self.alone = alone


class Catalogue:
    """All the commands of this server, the core's and its extensions'."""

    def __init__(self, extensions: Iterable[CommandSpec] = ()) -> None:
        self.by_name: dict[str, CommandSpec] = {}
        self.by_word: dict[str, CommandSpec] = {}
        self.by_frame: dict[type[Command], CommandSpec] = {}
        for spec in (*CORE, *extensions):
            for word in (spec.name, *spec.aliases, *spec.verbs):
                if word in self.by_word:
                    raise PluginError(f"two commands use the word {word!r}: {self.by_word[word].name} and {spec.name}")
                self.by_word[word] = spec
            self.by_name[spec.name] = spec
            self.by_frame[spec.frame] = spec
        self._words = frozenset({*self.by_word, *REFUSED, *OPPOSITE, *SHORT, *MEANS, *VERBS})
        self.decode: Callable[[bytes | str], Command] = msgspec.json.Decoder(reduce(or_, [*self.by_frame, Line])).decode
        """Decode a client's frame, which is one of these commands or a typed line; raises one of `wire.UNREADABLE`."""
        self.views = [spec.view for spec in self.by_name.values()]

    def understand(self, line: str, number: int) -> Command:
        """Understand a typed line: the first word is a command, an alias or the beginning of one, or an exit's direction.

        What keyboards make of quotes, widths, spaces, capitals and full stops does not matter; words that are spoken stay as they were typed.
        Raises `Refused` with the nearest words, the usage, or what the game answers to a word that does nothing here.
        A line of several commands is refused, and so is what no frame could hold.
        """
        spoken = normalization.spoken(line)
        typed = normalization.stripped(line)
        typed = typed.lstrip(MARKS) or typed
        first, rest = spoken or normalization.parted(typed)
        verb = normalization.verb(first)
        if spoken is None:
            self._refuse_several(verb, first, typed)
            if (command := self._whole(verb, typed, number)) is not None:
                return command
            if verb in VERBS and verb not in self.by_word:
                return self.understand(f"{VERBS[verb]} {rest}", number)
        second, beyond = normalization.parted(rest)
        two = f"{verb} {normalization.verb(second)}"
        if second and two in self.by_word:
            verb, rest = two, beyond
        elif (moved := self._particle(verb, rest)) is not None:
            verb, rest = moved
        elif (way := verb.replace("-", "")) and _is_direction(way) and verb not in self.by_word:
            _refuse_more(way, rest)
            return Move(id=number, direction=way)
        elif verb in ON_FOOT and verb not in self.by_word and _is_direction(normalization.verb(rest)):
            return Move(id=number, direction=normalization.verb(rest))
        spec = self._meant(verb, alone=not rest)
        return self._frame(spec, verb, rest, number)

    def _whole(self, verb: str, typed: str, number: int) -> Command | None:
        """The command that a line means as a whole; None where its first word decides."""
        whole = normalization.verb(typed)
        if whole in THROUGH:
            return Move(id=number, direction=THROUGH[whole])
        if whole not in self.by_word and whole in MEANS:
            return self.understand(MEANS[whole], number)
        if " " in whole and whole not in self.by_word and whole in REFUSED:
            raise Refused("not_possible", *REFUSED[whole])
        if self._speaks(verb) and not whole.startswith("tell me "):
            return None
        said = normalization.plain(typed)
        meaning = reworded(said, self._words)
        return None if meaning == said else self.understand(meaning, number)

    def _speaks(self, verb: str) -> bool:
        """Whether what follows a verb is words that are spoken, as they were typed."""
        spec = self.by_word.get(verb)
        return spec is not None and spec.takes_words

    def _frame(self, spec: CommandSpec, verb: str, rest: str, number: int) -> Command:
        """The frame of a command whose arguments were typed. Its verb is one of the command's words, or the beginning of one."""
        set_by_verb = spec.verbs.get(verb) if verb in self.by_word else _begun(spec, verb)
        given: Mapping[str, Any] = spec.arguments(rest) if set_by_verb is None else {**set_by_verb, **spec.towards(rest)}
        if not spec.takes_words and (meant := PRONOUNS.intersection(str(value).casefold() for value in given.values())):
            raise Refused("incomplete", f"The city does not remember what “{min(meant)}” was.", f"Give it a name. Usage: {spec.usage}")
        try:
            return msgspec.convert({"id": number, **given}, spec.frame)
        except msgspec.ValidationError as error:
            if "of length <=" in str(error):
                raise Refused("too_long", "That is too long for a name.", f"Usage: {spec.usage}") from error
            raise Refused("bad_command", f"That command cannot be read: {error}.", f"Usage: {spec.usage}") from error

    def _particle(self, verb: str, rest: str) -> tuple[str, str] | None:
        """`put`, `coat on` → `put on`, `coat`; None where the last word is no particle of the verb."""
        thing, _, last = normalization.plain(rest).rpartition(" ")
        two = f"{verb} {last.casefold()}"
        return (two, thing) if thing and last.casefold() in PARTICLES and two in self.by_word else None

    def _refuse_several(self, verb: str, first: str, line: str) -> None:
        """Each command has a number of its own: a client sends several as several frames."""
        if self._speaks(verb) and not normalization.ends_command(first):
            return
        parts = normalization.commands_of(line)
        if len(parts) < 2:
            parts = _joined(line)
        words = [normalization.verb(word) for word in line.split()]
        if len(parts) < 2 and len(words) > 1 and all(map(_is_direction, words)):
            parts = words
        if len(parts) > 1:
            shown = either([f"“{part}”" for part in parts[:2]], "then")
            raise Refused("one_command", "One step after the other: a line holds one command.", f"Send {shown} as lines of their own.")

    def _meant(self, verb: str, *, alone: bool) -> CommandSpec:
        if (spec := self.by_word.get(verb)) is not None:
            return spec
        if verb in REFUSED:
            raise Refused("not_possible", *REFUSED[verb])
        for words in ([word for word, spec in self.by_word.items() if word not in spec.verbs], list(self.by_word)):
            begins = {id(self.by_word[word]): self.by_word[word] for word in words if word.startswith(verb)}
            if len(begins) == 1:
                return next(iter(begins.values()))
            if begins:
                names = ", ".join(sorted(spec.name for spec in begins.values()))
                raise Refused("ambiguous", f"“{verb}” could be {names}.", "Type a little more of it.")
        known = sorted(
            [*OPPOSITE, *self.by_word, *(word for word in MEANS if word != verb)], key=lambda word: word in GESTURES or word in MEANS
        )
        near = did_you_mean(verb, known, most=len(known))
        raise UnknownWord(verb, near or "Type help for the list of commands.", alone=alone)


def _begun(spec: CommandSpec, verb: str) -> Mapping[str, Any] | None:
    """Fields that the first of a command's verbs sets that begins with `verb`; None when the command's name or an alias begins with it."""
    if any(word.startswith(verb) for word in (spec.name, *spec.aliases)):
        return None
    return next(fields for word, fields in spec.verbs.items() if word.startswith(verb))


def _joined(line: str) -> list[str]:
    """The commands of a line that `then` parts, or `and` before a verb: `go north and look`."""
    parts = [part for part in (normalization.stripped(one).rstrip(", ") for one in _THEN.split(line)) if part]
    return parts if len(parts) > 1 else [line]


def _refuse_more(way: str, rest: str) -> None:
    """Refuse words behind a direction that do not belong to it."""
    if rest and normalization.verb(normalization.parted(rest)[0]) not in ONWARDS:
        also = " w walks west; whisper <name> <words> speaks to one person." if way == "w" else ""
        raise Refused("one_command", f"“{way}” is a way, and takes no more words.", f"Send {way} as a line of its own.{also}")


def _is_direction(word: str) -> bool:
    return word in SHORT or word in OPPOSITE
