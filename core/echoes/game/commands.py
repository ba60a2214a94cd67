"""The catalogue of commands: the core's and its extensions', and how a typed line finds its way into it."""

from collections.abc import Iterable

import msgspec

from echoes import wire
from echoes.errors import PluginError, Refused
from echoes.game import arguments, carrying, normalization, searching, talking, walking, wearing
from echoes.game.help import help_command
from echoes.game.spec import CommandSpec
from echoes.game.targets import did_you_mean
from echoes.wire import Command
from echoes.world.model import OPPOSITE

CORE: tuple[CommandSpec, ...] = (
    CommandSpec("look", wire.Look, walking.look, "look [thing, person or direction]", "Look around, or at something.", ("l", "examine", "x", "look at"), arguments.one("target", "look", optional=True),
                "Without a name you see the place, its exits, who is there and what lies about. With one you see that: look lamp, look north, look Mara."),
    CommandSpec("move", wire.Move, walking.move, "move <direction>", "Walk through an exit.", ("go", "walk"), arguments.one("direction", "move <direction>"),
                "north, n, go north and move north are the same; the name of a place you have been to works as well. Walking costs stamina: rubble and stairs more than streets."),
    CommandSpec("say", wire.Say, talking.say, "say <words>", "Speak to everybody here.", (), arguments.words("text", "say <words>"),
                "Everybody in the same place hears you. 'words is short for say words.", speaks=True),
    CommandSpec("emote", wire.Emote, talking.emote, "emote <what you do>", "Act: emote shivers shows as “Mara shivers”.", ("me", "act"), arguments.words("text", "emote <what you do>"),
                "Everybody in the same place sees it. :shivers is short for emote shivers.", speaks=True),
    CommandSpec("whisper", wire.Whisper, talking.whisper, "whisper <name> <words>", "Speak to one person, wherever they are.", ("tell",), arguments.whisper,
                "Only that person hears it, in whatever part of the city.", speaks=True, cost=3),
    CommandSpec("who", wire.Who, talking.who, "who [name]", "Who is awake in the city.", (), arguments.one("after", "who", optional=True),
                "Of very many the first hundred are named; who and a name tells those who come after that name.", cost=3),
    CommandSpec("map", wire.Map, walking.chart, "map", "What you have explored."),
    CommandSpec("inventory", wire.Inventory, carrying.inventory, "inventory", "What you carry and wear.", ("i", "bag", "inv")),
    CommandSpec("pick_up", wire.PickUp, carrying.pick_up, "pick up [how many] <item>", "Take something that lies here.", ("get", "take", "pick up", "pick"), arguments.some("pick up [how many] <item>"),
                "get bandage takes the whole stack, get 2 bandage takes two. When several reach for one thing, one of them gets it."),
    CommandSpec("drop", wire.Drop, carrying.drop, "drop [how many] <item>", "Lay something down.", (), arguments.some("drop [how many] <item>")),
    CommandSpec("give", wire.Give, carrying.give, "give [how many] <item> to <name>", "Hand something to somebody here.", (), arguments.give, cost=2),
    CommandSpec("use", wire.Use, wearing.use, "use <item>", "Eat, drink, bandage, read.", ("eat", "drink", "read", "apply"), arguments.one("item", "use <item>"),
                "Food and drink give stamina back, medicine heals. One of them is used up. Documents are read."),
    CommandSpec("equip", wire.Equip, wearing.equip, "equip <item>", "Wear or wield something.", ("wear", "wield", "put on"), arguments.one("item", "equip <item>"),
                "Each thing has its place on the body; what was there is taken off. A worn bag lets you carry more."),
    CommandSpec("unequip", wire.Unequip, wearing.unequip, "unequip <item>", "Take something off.", ("remove", "take off"), arguments.one("item", "unequip <item>")),
    CommandSpec("search", wire.Search, searching.search, "search [thing]", "Search something that stands here.", (), arguments.one("target", "search [thing]", optional=True),
                "Searching costs stamina and may turn something up. What has been searched stays empty for a while, whoever comes.", cost=2),
    CommandSpec("rest", wire.Rest, walking.rest, "rest", "Sit down: stamina returns faster until you walk on.", ("sit",)),
)  # fmt: skip


class Catalogue:
    """All the commands of this server, the core's and its extensions'."""

    def __init__(self, extensions: Iterable[CommandSpec] = ()) -> None:
        self.by_name: dict[str, CommandSpec] = {}
        self.by_word: dict[str, CommandSpec] = {}
        self.by_frame: dict[type[Command], CommandSpec] = {}
        for spec in (*CORE, help_command(self.by_word, self.by_name), *extensions):
            for word in (spec.name, *spec.aliases):
                if word in self.by_word:
                    raise PluginError(f"two commands want the word {word!r}: {self.by_word[word].name} and {spec.name}")
                self.by_word[word] = spec
            self.by_name[spec.name] = spec
            self.by_frame[spec.frame] = spec
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
        elif not rest and (verb in walking.SHORT or verb in OPPOSITE):
            return wire.Move(id=number, direction=verb)
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
