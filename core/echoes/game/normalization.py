"""Normalization of typed lines: curly quotes, full-width letters, odd spaces, capitals and full stops that a phone adds by itself."""

import re
import unicodedata

APOSTROPHES = "'’‘‚‛ʼʻʹ′＇`´"
QUOTES = '"“”„‟«»‹›″＂「」『』〝〞〟｢｣'
COLONS = ":：︓﹕∶꞉"
SPEECH = dict.fromkeys(APOSTROPHES + QUOTES, "say") | dict.fromkeys(COLONS, "emote")
"""Verbs by the character that stands for them at the beginning of a line."""
ENDS = ".,;!?…。、！？，．；"
"""Characters that end a sentence: a phone adds a full stop when the space bar is pressed twice."""
_QUOTED = re.compile(r'["“„«]([^"”“»]+)["”“»][:,]?\s+(\S.*)', re.DOTALL)
_ACTED = re.compile(r"\*\s*([^*]*[^*\s])\s*\*")
_STRAIGHT = str.maketrans(dict.fromkeys(APOSTROPHES, "'") | dict.fromkeys(QUOTES, '"') | dict.fromkeys("‐‑‒–−", "-") | {"ı": "i"})


def stripped(text: str) -> str:
    """Without spaces and invisible characters (zero width, direction marks, byte order marks) at either end."""
    start, end = 0, len(text)
    while start < end and _is_nothing(text[start]):
        start += 1
    while end > start and _is_nothing(text[end - 1]):
        end -= 1
    return text[start:end]


def parted(text: str) -> tuple[str, str]:
    """The first word, and the rest as it was typed. Any space parts, also a no-break or an ideographic one."""
    words = stripped(text).split(maxsplit=1)
    return (words[0], stripped(words[1])) if len(words) > 1 else ("".join(words), "")


def name_first(text: str) -> tuple[str, str]:
    """A name, which quotes may hold together, and the words after it."""
    quoted = _QUOTED.match(stripped(text))
    return parted(text) if quoted is None else (quoted[1], stripped(quoted[2]))


def spoken(text: str) -> tuple[str, str] | None:
    """The verb and the words of a line that begins with a mark of speech: `“hello”`, and hello after any apostrophe, are say hello; `*waves*` is emote waves. None for another line."""
    line = stripped(text)
    if (acted := _ACTED.fullmatch(line)) is not None:
        return "emote", acted[1]
    verb = SPEECH.get(line[:1])
    if verb is None:
        return None
    words = stripped(line[1:])
    marks = next((marks for marks in (APOSTROPHES, QUOTES) if line[0] in marks), "")
    inner = words[:-1]
    if words[-1:] and words[-1] in marks and not any(letter in QUOTES and letter in marks for letter in inner):
        words = stripped(inner)
    return verb, words


def commands_of(line: str) -> list[str]:
    """The commands of a line, which semicolons part; empty ones do not count."""
    return [part for part in map(stripped, line.replace("；", ";").split(";")) if part]


def ends_command(word: str) -> bool:
    """Whether a word ends with what parts commands."""
    return word.endswith((";", "；"))


def straight(text: str) -> str:
    """Width, quotes and hyphens made the common ones."""
    return unicodedata.normalize("NFKC", text.translate(_STRAIGHT)).translate(_STRAIGHT)


def plain(text: str) -> str:
    """A name or number as it is compared: `straight`, with single common spaces, without quotes around it and without what ends a sentence."""
    folded = straight(text)
    visible = "".join(" " if letter.isspace() else letter for letter in folded if letter.isspace() or not _is_nothing(letter))
    words = " ".join(visible.split())
    bare = words.rstrip(ENDS + " ")
    if bare[:1] == '"' == bare[-1:] and len(bare) > 2:
        bare = bare[1:-1].strip()
    return bare or words


def verb(text: str) -> str:
    """A verb as it is looked up: `plain`, and in small letters, those of a Turkish keyboard (`İ`) too."""
    return plain(text).casefold().replace("i̇", "i")


def _is_nothing(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) in {"Cf", "Cc", "Zs"}
