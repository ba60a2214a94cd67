"""Nouns of a place: the things that can be looked at, and the nouns that its texts only mention."""

import re

from echoes.game import targets
from echoes.game.clues import NOTHING, Source
from echoes.game.deed import Deed
from echoes.game.npcs import Seen
from echoes.game.targets import Named
from echoes.world.model import Location

Sight = tuple[str, Source]
"""The text that a look shows, and the thing as a source of clues."""
_SENTENCE = re.compile(r"[^.!?]+[.!?]?")
_NO_NOUNS = frozenset({
    "about", "after", "again", "all", "and", "any", "are", "ask", "asks", "been", "before", "behind", "down", "each", "else", "even",
    "every", "for", "from", "had", "has", "have", "here", "how", "into", "its", "just", "more", "most", "never", "none", "not",
    "nothing", "off", "one", "once", "only", "other", "out", "over", "own", "she", "some", "than", "that", "the", "their", "them",
    "then", "there", "they", "this", "those", "three", "through", "too", "two", "under", "until", "upon", "was", "way", "were",
    "what", "when", "where", "which", "while", "who", "whoever", "will", "with", "without", "you", "your",
})  # fmt: skip
SHORTEST = 3
"""Letters of a word that is looked for in a text."""
LISTED = 8
"""Things that a hint lists."""


async def seen(deed: Deed, word: str) -> list[tuple[Named, Sight]]:
    """Things here that can be looked at and that a word may mean, each with its `Sight`."""
    scene = deed.scene
    location = scene.location
    found = [(name, (text, Source(thing=name.id))) for name, text in fixed(location)]
    found += [(seen.named, (_described(seen), Source(npc=seen.id))) for seen in await scene.npcs()]
    found += [
        (
            Named(str(one.id), one.name),
            (f"{one.name} {'stares through you, far away' if one.linkdead else 'is here, as real as you are'}.", NOTHING),
        )
        for one in await scene.people_called(word)
    ]
    for thing in [*await scene.ground_called(word), *await scene.things()]:
        template = scene.template(thing)
        wear = (
            ""
            if thing.durability is None
            else f" It will stand about {thing.durability} more uses."
            if thing.durability
            else " It is broken."
        )
        found.append((Named(str(thing.id), template.name, template.aliases), (template.description + wear, Source(item=thing.template))))
    return found


async def is_seen(deed: Deed, word: str) -> bool:
    """Whether a word names something that can be looked at here."""
    return not word.isdecimal() and targets.closeness(word, [named for named, _ in await seen(deed, word)]) < targets.NO_FIT


def _described(seen: Seen) -> str:
    """The text of a look at an NPC: its description, a wound, and the commands that it answers."""
    hurt = seen.view.health
    lines = [seen.npc.description]
    if hurt:
        lines.append(f"It looks {hurt}.")
    offers = [
        words
        for words, is_offered in (
            ("talk begins a conversation", seen.talks),
            ("list shows what is for sale", seen.npc.trades),
            ("sell brings scrap in", seen.npc.buys and not seen.npc.trades),
            ("repair makes worn things good again, for scrap", seen.npc.repairs),
        )
        if is_offered
    ]
    if offers:
        lines.append(f"({'; '.join(offers)}.)")
    return " ".join(lines)


def fixed(location: Location) -> list[tuple[Named, str]]:
    """The things that stand here, and their descriptions."""
    return [
        (
            Named(id, thing.name, thing.aliases),
            thing.description + (" (repair makes worn things good again here.)" if thing.workbench else ""),
        )
        for id, thing in location.interactables.items()  # noqa: A001
    ]


def mentioned(word: str, location: Location) -> str:
    """The sentence of the place's own texts that names it; empty when none does."""
    wanted = targets.normal(word)
    if len(wanted) < SHORTEST or wanted in _NO_NOUNS:
        return ""
    pattern = re.compile(rf"\b{re.escape(wanted.removesuffix('s'))}(?:e?s)?\b")
    texts = [
        location.description,
        *(thing.description for thing in location.interactables.values()),
        *(way.look for way in location.exits.values()),
    ]
    sentences = (sentence.strip() for text in texts for sentence in _SENTENCE.findall(text))
    return next((sentence for sentence in sentences if pattern.search(targets.normal(sentence))), "")


def to_see(location: Location) -> str:
    """A hint: what else one could look at here."""
    names = [thing.name for thing in location.interactables.values()]
    return f"Look at {targets.either(names[:LISTED])}, or a direction." if names else "Look at a direction: look shows them."
