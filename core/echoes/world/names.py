"""Rules for names, and the test of whether two names look alike.

`skeleton` follows the idea of Unicode Technical Standard 39 (confusable detection): two names with one skeleton look the same.
"""

import functools
import unicodedata

from confusable_homoglyphs import categories, confusables

SHORTEST, LONGEST = 2, 24
_JOINERS = "'’- "
_EAST_ASIAN = {"HAN", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"}


def problem_with(name: str) -> str | None:  # noqa: PLR0911 - one line a reason
    """Why this cannot be a character's name, in words for its player; None when it can.

    A name has 2 to 24 letters of one script (Japanese, Korean and Chinese may mix theirs); single spaces, hyphens and
    apostrophes may join its parts.
    """
    if unicodedata.normalize("NFC", name) != name:
        return "A name must be in its composed form (Unicode NFC)."
    if not SHORTEST <= len(name) <= LONGEST:
        return f"A name has {SHORTEST} to {LONGEST} letters."
    if not _is_letter(name[0]) or not _is_letter(name[-1]):
        return "A name begins and ends with a letter."
    previous = ""
    for letter in name:
        if letter in _JOINERS:
            if previous in _JOINERS:
                return "Only one space, hyphen or apostrophe may stand between two parts of a name."
        elif not _is_letter(letter):
            return f"A name is made of letters; {_shown(letter)} is none."
        previous = letter
    scripts = categories.unique_aliases("".join(letter for letter in name if letter.isalpha())) - {"COMMON", "INHERITED"}
    if len(scripts) > 1 and not scripts <= _EAST_ASIAN:
        return "The letters of a name come from one script."
    return None


def skeleton(name: str) -> str:
    """Return the skeleton of a name: equal for names that a reader could take for each other."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    letters = "".join(_representative(letter) for letter in folded if not unicodedata.combining(letter) and letter not in _JOINERS)
    return letters.replace("rn", "m").replace("vv", "w")


def fold(text: str) -> str:
    """How a username is looked up: case and width do not matter."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def bad_character(text: str) -> str | None:
    """The first character that speech must not contain (controls, direction overrides, lone surrogates), shown; None when there is none."""
    if text.isprintable():  # none of these is
        return None
    for letter in text:
        if (
            unicodedata.category(letter) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
            or letter in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
        ):
            return _shown(letter)
    return None


def _is_letter(letter: str) -> bool:
    return unicodedata.category(letter) in {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc"} and not 0x1D400 <= ord(letter) <= 0x1D7FF


@functools.lru_cache(4096)
def _representative(letter: str) -> str:
    alike = confusables.is_confusable(letter, greedy=True, preferred_aliases=[])
    group = {letter, *(entry["c"] for found in alike or [] for entry in found["homoglyphs"] if len(entry["c"]) == 1)}
    folded = {unicodedata.normalize("NFKD", one).casefold()[:1] for one in group}
    if folded & set("il1|"):
        return "i"
    if folded & set("o0"):
        return "o"
    return min(folded)


def _shown(letter: str) -> str:
    return f"“{letter}”" if letter.isprintable() and not letter.isspace() else f"U+{ord(letter):04X}"
