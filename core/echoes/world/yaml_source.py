"""From the bytes of a YAML file to plain data, with a position for every value and every fault of writing reported.

What is read is a deliberately small YAML: one document of mappings, lists and scalars. Scalars follow YAML 1.2's core
schema, not the YAML 1.1 that PyYAML's own loaders speak: only `true` and `false` are truth values, so `no`, `on` and `yes` stay
words; `010` is ten; `12:30`, `1_000` and `2031-05-01` stay text. A mapping's key is always text. Tags, anchors and aliases
are refused, a key may stand only once in a mapping, and white space around a text is not part of it.

Values are built from parser events rather than by `yaml.compose`, whose C version recurses without a limit: here a file
that nests too deeply is refused before anything has grown.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

import yaml

from .problem import Problem, Severity, SourcePosition, Trail, dotted, quoted

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20

LOADER: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
"""libyaml where PyYAML was built with it, for speed; both give the same events."""

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]{1,20}|0x[0-9a-fA-F]{1,16}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LONGEST_INT = 18

_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NAMED_AT_MARGIN = re.compile(r"""^["']?([a-z][a-z0-9_]*)["']?[ \t]*:""", re.MULTILINE)

_HINTS = {
    "mapping values are not allowed": "text that holds a colon and a space needs quotes",
    "cannot start any token": "indent with spaces, not tabs; text that starts with @, ` or % needs quotes",
    "did not find expected key": "look for a quote that ends too early, or for an indentation that differs from its neighbours'",
    "could not find expected ':'": "a key needs a colon and a space behind it",
    "did not find expected alphabetic": "text that starts with * or & needs quotes",
}


class Refused(Enum):
    """Stands in the data for a value that was refused and reported, so that it is reported once."""

    REFUSED = auto()


REFUSED: Final = Refused.REFUSED


@dataclass(frozen=True, slots=True)
class Source:
    """One file as it was read. `data` is None, and `readable` false, when it could not be parsed to its end."""

    file: str
    problems: tuple[Problem, ...]
    data: object = None
    readable: bool = False
    positions: dict[Trail, SourcePosition] = field(default_factory=dict)
    keys: dict[Trail, SourcePosition] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    """The keys at the left margin of an unreadable file: the ids that it would probably define."""

    def at(self, trail: Trail) -> SourcePosition:
        """Where the value is; of one that is not there, where its nearest container is named."""
        absent = trail not in self.positions
        while trail and trail not in self.positions:
            trail = trail[:-1]
        here = self.positions.get(trail, SourcePosition(1, 1))
        return self.keys.get(trail, here) if absent else here

    def problem(self, trail: Trail, message: str, *, severity: Severity = "error", at_key: bool = False) -> Problem:
        """Make a problem of what is wrong with the value at `trail` (or, `at_key`, with its key)."""
        where = self.keys.get(trail, self.at(trail)) if at_key else self.at(trail)
        return Problem(self.file, *where, dotted(trail), message, severity)


class _Unusable(Exception):  # noqa: N818 (it ends the reading of one file and never leaves this module)
    def __init__(self, position: SourcePosition, message: str) -> None:
        self.position = position
        self.message = message


def parse(file: str, raw: bytes) -> Source:
    """Read one file's bytes. Never raises: what is wrong with them is in the source's `problems`."""
    text = raw.decode("utf-8-sig", errors="replace")
    reader = _Reader(file)
    try:
        _refuse_bytes(raw)
        data = reader.document(text)
    except _Unusable as fault:
        problem = Problem(file, *fault.position, "", fault.message)
        named = frozenset(_NAMED_AT_MARGIN.findall(text[:MAX_BYTES]))
        return Source(file, (*reader.problems, problem), named=named)
    return Source(file, tuple(reader.problems), data, readable=True, positions=reader.positions, keys=reader.keys)


def unreadable(file: str, message: str) -> Source:
    """Make the source of a file whose bytes could not be had."""
    return Source(file, (Problem(file, 1, 1, "", message),))


def scalar(text: str) -> object:
    """Give the value of an unquoted scalar by YAML 1.2's core schema. A number too long for a computer word stays no integer."""
    value: object = text
    if text in _NULL:
        value = None
    elif text in _BOOL:
        value = _BOOL[text]
    elif _INT.fullmatch(text) and len(text) <= _LONGEST_INT:
        value = int(text)
    elif _BASED.fullmatch(text):
        value = int(text, 0)
    elif _FLOAT.fullmatch(text):
        value = float(text)
    elif _NOT_FINITE.fullmatch(text):
        value = float(text.replace(".", ""))
    return value


def _refuse_bytes(raw: bytes) -> None:
    if len(raw) > MAX_BYTES:
        raise _Unusable(SourcePosition(1, 1), f"the file is larger than {MAX_BYTES // 1024} KiB; split it")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        before = raw[: fault.start]
        start_of_line = before.rfind(b"\n") + 1
        column = len(before[start_of_line:].decode("utf-8", errors="replace")) + 1
        raise _Unusable(SourcePosition(before.count(b"\n") + 1, column), "the file is not UTF-8 from here on") from fault
    if found := _UNREADABLE.search(text):
        before_it = text[: found.start()]
        position = SourcePosition(before_it.count("\n") + 1, len(before_it) - before_it.rfind("\n"))
        raise _Unusable(position, f"the character U+{ord(found[0]):04X} has no place in a text file")


@dataclass(slots=True)
class _Reader:
    file: str
    positions: dict[Trail, SourcePosition] = field(default_factory=dict)
    keys: dict[Trail, SourcePosition] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def document(self, text: str) -> object:
        try:
            events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=LOADER))
            next(events)  # the stream's start
            if not isinstance(next(events), yaml.DocumentStartEvent):
                raise _Unusable(SourcePosition(1, 1), "the file is empty")
            data = self._value(events, next(events), ())
            next(events)  # the document's end
            after = next(events)
        except yaml.MarkedYAMLError as fault:
            raise _Unusable(_position(fault), _syntax_message(fault)) from fault
        except (yaml.YAMLError, ValueError, OverflowError) as fault:
            raise _Unusable(SourcePosition(1, 1), f"this is no YAML: {quoted(str(fault))}") from fault
        if not isinstance(after, yaml.StreamEndEvent):
            raise _Unusable(_position(after), "a second document starts here (---); a file holds one")
        return data

    def _value(self, events: Iterator[yaml.Event], event: yaml.Event, trail: Trail) -> object:
        self.positions[trail] = _position(event)
        refused = self._refuse_node(event, trail)
        value: object = REFUSED
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, trail)
        elif len(trail) >= MAX_DEPTH:
            raise _Unusable(_position(event), f"nested more than {MAX_DEPTH} deep")
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._list(events, trail)
        elif isinstance(event, yaml.MappingStartEvent):
            value = self._mapping(events, trail)
        return REFUSED if refused else value

    def _list(self, events: Iterator[yaml.Event], trail: Trail) -> list[object]:
        values: list[object] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            values.append(self._value(events, event, (*trail, len(values))))
        return values

    def _mapping(self, events: Iterator[yaml.Event], trail: Trail) -> dict[str, object]:
        values: dict[str, object] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._problem(_position(event), trail, "a key is one word, not a list, a mapping or an alias")
                self._pass_over(events, event, (*trail, "?"))
                self._pass_over(events, next(events), (*trail, "?"))
                continue
            key, here = event.value, (*trail, event.value)
            self._refuse_node(event, here)
            if _INVISIBLE.search(key):
                self._problem(_position(event), here, "the key holds an invisible character")
            if key in values:
                self._problem(_position(event), here, f"the key {quoted(key)} is already used in line {self.keys[here].line}")
                self._pass_over(events, next(events), here)
                continue
            self.keys[here] = _position(event)
            values[key] = self._value(events, next(events), here)
        return values

    def _pass_over(self, events: Iterator[yaml.Event], event: yaml.Event, trail: Trail) -> None:
        _Reader(self.file)._value(events, event, trail)  # noqa: SLF001 (the same class, made to be thrown away)

    def _scalar(self, event: yaml.ScalarEvent, trail: Trail) -> object:
        plain = event.tag is None and event.implicit[0]
        value = scalar(event.value) if plain else event.value
        if not isinstance(value, str):
            return value
        if found := _INVISIBLE.search(value):
            self._problem(_position(event), trail, f"the text holds the invisible character U+{ord(found[0]):04X}")
            return REFUSED
        return value.strip()

    def _refuse_node(self, event: yaml.Event, trail: Trail) -> bool:
        if isinstance(event, yaml.AliasEvent):
            advice = "aliases (*name) are not used here; write out what it stands for"
        elif getattr(event, "anchor", None) is not None:
            advice = "anchors (&name) are not used here; leave it out"
        elif getattr(event, "tag", None) is not None:
            advice = "tags (!name) are not used here; leave it out"
        else:
            return False
        self._problem(_position(event), trail, f"{advice}, or put the text in quotes")
        return True

    def _problem(self, position: SourcePosition, trail: Trail, message: str) -> None:
        self.problems.append(Problem(self.file, *position, dotted(trail), message))


def _position(source: yaml.Event | yaml.MarkedYAMLError) -> SourcePosition:
    mark = source.start_mark if isinstance(source, yaml.Event) else source.problem_mark or source.context_mark
    return SourcePosition(mark.line + 1, mark.column + 1) if mark is not None else SourcePosition(1, 1)


def _syntax_message(fault: yaml.MarkedYAMLError) -> str:
    said = ", ".join(part for part in (fault.context, fault.problem) if part)
    hint = next((f" ({hint})" for sign, hint in _HINTS.items() if sign in said), "")
    return f"this is no YAML: {said}{hint}"
