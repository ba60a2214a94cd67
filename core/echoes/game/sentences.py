"""Sentences of newcomers: polite and questioning lines, and the line of commands that each stands for."""

import re
from collections.abc import Collection, Sequence

from echoes.errors import Refused
from echoes.game.phrases import SENTENCES

_POLITE = re.compile(
    r"(?:please|pls|plz|(?:can|could|may|shall|should|will|would) (?:i|you|we)|i (?:want|need|try|wish|have|would like) to|i'?d like to"
    r"|i wanna|i will|i'll|i(?:'m| am) going to|i(?! am\b)|let me|let us|let's|lets|try to|and|then|now|so|ok|okay|hey|just|quickly|quietly|slowly|carefully|tell me|show me)[\s,]+(?=\S)",
    re.IGNORECASE,
)
MOST_POLITE = 5
"""Polite words before a line that are looked for, one behind the other."""
_THANKED = re.compile(r"[\s,]{1,3}(?:please|pls|plz)$", re.IGNORECASE)
_SHOWN = re.compile(r"(?:show|check|count|open|view|see|display|list(?! items)|print)(?: me)?(?: the| my)? (\w+)|my (\w+)")
VIEWS = frozenset({
    "bag", "backpack", "belongings", "clues", "commands", "effects", "equipment", "exits", "gear", "health", "help", "inventory", "inv",
    "items", "journal", "level", "log", "map", "money", "notes", "pockets", "points", "quest", "quests", "scrap", "skills", "stamina",
    "stats", "status", "tasks", "time", "xp",
})  # fmt: skip
"""Nouns that a player asks to be shown; each is a command by itself, or means one."""
_METHOD = re.compile(r"(?:how (?:do|can|could|should|would|does|to)(?: i| one| you| we)?|teach me(?: how)?(?: to)?|explain)\s+(\S.*)")
PAGES = {
    "attack": "combat", "beat": "combat", "combat": "combat", "fight": "combat", "kill": "combat", "win": "combat",
    "eat": "health", "heal": "health", "cure": "effects", "health": "health", "bleeding": "effects",
    "better": "levels", "improve": "levels", "level": "levels", "levels": "levels", "stronger": "levels", "train": "levels", "xp": "levels",
    "experience": "levels", "skills": "levels",
    "buy": "trade", "earn": "trade", "money": "trade", "scrap": "trade", "sell": "trade", "trade": "trade",
    "ask": "talking", "chat": "talking", "speak": "talking", "talk": "talking", "whisper": "talking",
    "equip": "equip", "wear": "equip", "wield": "equip", "craft": "search", "find": "search", "loot": "search", "search": "search",
    "go": "move", "move": "move", "travel": "move", "walk": "move", "escape": "flee", "flee": "flee", "run": "flee",
    "drop": "drop", "get": "pick_up", "give": "give", "pick": "pick_up", "take": "pick_up", "carry": "carrying",
    "die": "death", "death": "death", "respawn": "death", "quest": "quests", "quests": "quests", "repair": "repair", "fix": "repair",
    "rest": "rest", "sleep": "rest", "type": "typing", "use": "use",
}  # fmt: skip
"""A word of “how do I …?” to the page of `help` that answers it."""
_QUESTION = re.compile(
    r"(?:how|what|where|when|whom|whose|why|which|can|could|do|does|did|is|are|am|was|were|will|would|should|must|may)(?:'s|'re)?(?:\s.*)?|who \S+ \S.*|(?:had|has|have) (?:i|s?he|they|we|you|any(?:one|body))\b.*"
)
_STATE = re.compile(r"(?:i|i'm|im|i've|i'd|my name is|call me)\s.*|this (?:is|sucks)\b.*")
_PLACE = re.compile(r"where\b.*")


def reworded(line: str, words: Collection[str]) -> str:
    """The line that this one stands for, or this one. `words` are those of commands. Raises `Refused` for a line that asks what no command answers.

    `please look`, `can I go north?` and `I look` are commands with something around them; `how do I fight?` is a page of `help`.
    """
    line = _THANKED.sub("", line)
    bare = _bare(line, words)
    for said in dict.fromkeys((line.casefold(), bare.casefold())):
        if (meaning := _meaning(said)) is not None:
            return meaning
    _refuse_question(bare.casefold())
    return bare


def _meaning(line: str) -> str | None:
    if (shown := _SHOWN.fullmatch(line)) is not None and (view := shown[1] or shown[2]) in VIEWS:
        return view
    for pattern, meaning in SENTENCES:
        if (found := pattern.fullmatch(line)) is not None:
            return found.expand(meaning)
    if (asked := _METHOD.fullmatch(line)) is not None:
        return f"help {page_of(asked[1].split()) or 'beginning'}"
    return None


def _bare(line: str, words: Collection[str]) -> str:
    """The line without the polite words before it."""
    for _ in range(MOST_POLITE):
        found = _POLITE.match(line)
        if found is None:
            break
        rest = line[found.end() :]
        if rest.split()[0].casefold() not in words and _QUESTION.fullmatch(rest.casefold()) is None:
            break
        line = rest
    return line


def page_of(clause: Sequence[str]) -> str | None:
    """The page of `help` that answers a clause, by the last of its words that has one: `fight`, and `fighting` as well."""
    words = [stem for word in reversed(clause) for stem in (word, word.removesuffix("ing"), word.removesuffix("s"))]
    return next((PAGES[word] for word in words if word in PAGES), None)


def _refuse_question(line: str) -> None:
    if _PLACE.fullmatch(line):
        raise Refused(
            "not_possible", "The ash points nowhere.",
            "map shows the places that you know, go to <place> walks there; ask <name> about <topic> asks somebody.",
        )  # fmt: skip
    if _STATE.fullmatch(line):
        raise Refused(
            "not_possible", "You tell it to the ash, and the ash believes you.", "say speaks to everybody here; score tells how you are."
        )
    if _QUESTION.fullmatch(line):
        raise Refused(
            "not_possible", "The ash answers no questions.", "ask <name> about <topic> asks somebody here; help tells what can be typed."
        )
