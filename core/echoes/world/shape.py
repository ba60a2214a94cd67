"""Check plain data against the type of a struct. Each mismatch is a problem of its own.

msgspec's own decoder stops at the first fault. This one checks every field, and it builds a draft of the value as far as it can, so that the
checks of the whole city run although something small is wrong.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from operator import ge, gt, le, lt
from typing import Final

from msgspec import inspect as kinds

from .nearest import did_you_mean
from .problem import Problem, Trail, quoted
from .yaml_source import REFUSED, Source

_YES = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}

Number = kinds.IntType | kinds.FloatType
Sized = kinds.StrType | kinds.DictType | kinds.VarTupleType


class Broken(Enum):
    """No value could be made of the data; why has been reported."""

    BROKEN = auto()


BROKEN: Final = Broken.BROKEN


@cache
def kind_of(type_: object) -> kinds.Type:
    """Give msgspec's description of a type."""
    return kinds.type_info(type_)


@dataclass(slots=True)
class Shaper:
    """Reads values out of one source, and gathers what is wrong with them."""

    source: Source
    problems: list[Problem] = field(default_factory=list)
    faulty: set[Trail] = field(default_factory=set)
    """Every value that has a problem, also those that the source has reported."""

    def shape(self, trail: Trail, data: object, kind: kinds.Type, hint: str = "") -> object:
        """Make a value of that kind. What only oversteps a limit is reported and kept; what has another type gives BROKEN."""
        if data is REFUSED:
            self.faulty.add(trail)
            return BROKEN
        match kind:
            case kinds.Metadata(type=inner, extra_json_schema=extra):
                value = self.shape(trail, data, inner, str((extra or {}).get("description", hint)))
            case kinds.UnionType(types=types):
                value = self._union(trail, data, types)
            case kinds.StructType():
                value = self._struct(trail, data, kind)
            case kinds.DictType():
                value = self._dict(trail, data, kind)
            case kinds.VarTupleType():
                value = self._tuple(trail, data, kind)
            case _:
                value = self._leaf(trail, data, kind, hint)
        return value

    def _leaf(self, trail: Trail, data: object, kind: kinds.Type, hint: str) -> object:
        match kind:
            case kinds.StrType():
                return self._text(trail, data, kind, hint)
            case kinds.IntType() | kinds.FloatType():
                return self._number(trail, data, kind)
            case kinds.LiteralType(values=values):
                fits = data in values
            case kinds.BoolType():
                fits = isinstance(data, bool)
            case kinds.NoneType():
                fits = data is None
            case _:
                raise TypeError(f"the content checker cannot read {kind} yet; teach it in {__name__}")
        return data if fits else self._unexpected(trail, data, kind)

    def fault(self, trail: Trail, message: str, *, at_key: bool = False) -> None:
        """Note what is wrong with the value at `trail`."""
        self.faulty.add(trail)
        self.problems.append(self.source.problem(trail, message, at_key=at_key))

    def _unexpected(self, trail: Trail, data: object, kind: kinds.Type) -> Broken:
        self.fault(trail, f"expected {in_words(kind)}, found {_found(data)}{_remedy(data, kind)}")
        return BROKEN

    def _union(self, trail: Trail, data: object, types: Iterable[kinds.Type]) -> object:
        """Try one type after the other; when none fits, report the problems of the first."""
        if data is None and any(isinstance(kind, kinds.NoneType) for kind in types):
            return None
        attempts: list[tuple[Shaper, object]] = []
        for kind in types:
            attempt = Shaper(self.source)
            value = attempt.shape(trail, data, kind)
            if not attempt.faulty:
                return value
            attempts.append((attempt, value))
        attempt, value = attempts[0]
        self.problems += attempt.problems
        self.faulty |= attempt.faulty
        return value

    def _struct(self, trail: Trail, data: object, kind: kinds.StructType) -> object:
        if not isinstance(data, dict):
            return self._unexpected(trail, data, kind)
        fields = {known.encode_name: known for known in kind.fields}
        for key in data.keys() - fields.keys():
            self.fault((*trail, key), f"unknown key {quoted(key)}{_which(key, fields)}", at_key=True)
        values: dict[str, object] = {}
        complete = True
        for name, known in fields.items():
            value: object = BROKEN
            if name in data:
                value = self.shape((*trail, name), data[name], known.type)
            elif known.required:
                self.fault(trail, f"the key {name!r} is missing ({in_words(known.type)})", at_key=True)
            if value is not BROKEN:
                values[known.name] = value
            elif known.required:
                complete = False
        return kind.cls(**values) if complete else BROKEN

    def _dict(self, trail: Trail, data: object, kind: kinds.DictType) -> object:
        if not isinstance(data, dict):
            return self._unexpected(trail, data, kind)
        self._within_size(trail, len(data), kind, "entries")
        values: dict[object, object] = {}
        for key, entry in data.items():
            here = (*trail, key)
            if fault := key_fault(str(key), kind.key_type):
                self.fault(here, fault, at_key=True)
            value = self.shape(here, entry, kind.value_type)
            if value is not BROKEN:
                values[key] = value
        return values

    def _tuple(self, trail: Trail, data: object, kind: kinds.VarTupleType) -> object:
        if not isinstance(data, list):
            return self._unexpected(trail, data, kind)
        self._within_size(trail, len(data), kind, "entries")
        values = [self.shape((*trail, index), entry, kind.item_type) for index, entry in enumerate(data)]
        return tuple(value for value in values if value is not BROKEN)

    def _text(self, trail: Trail, data: object, kind: kinds.StrType, hint: str) -> object:
        if not isinstance(data, str):
            return self._unexpected(trail, data, kind)
        self._within_size(trail, len(data), kind, "characters")
        if kind.pattern and not re.search(kind.pattern, data):
            self.fault(trail, f"{quoted(data)} should be {hint or 'written'} (like {kind.pattern})")
        return data

    def _number(self, trail: Trail, data: object, kind: Number) -> object:
        fits = isinstance(data, int | float) if isinstance(kind, kinds.FloatType) else isinstance(data, int)
        if not fits or isinstance(data, bool) or not isinstance(data, int | float) or not math.isfinite(data):
            return self._unexpected(trail, data, kind)
        limits = ((kind.ge, ge, "at least"), (kind.gt, gt, "more than"), (kind.le, le, "at most"), (kind.lt, lt, "less than"))
        for limit, holds, words in limits:
            if limit is not None and not holds(data, limit):
                self.fault(trail, f"must be {words} {limit}, is {data}")
        return float(data) if isinstance(kind, kinds.FloatType) else data

    def _within_size(self, trail: Trail, size: int, kind: Sized, units: str) -> None:
        if kind.min_length is not None and size < kind.min_length:
            self.fault(trail, f"must have at least {kind.min_length} {units}, has {size}")
        if kind.max_length is not None and size > kind.max_length:
            self.fault(trail, f"must have at most {kind.max_length} {units}, has {size}")


def key_fault(key: str, kind: kinds.Type, hint: str = "") -> str | None:
    """Say what is wrong with a mapping's key (or an id from elsewhere), or None when it will do."""
    match kind:
        case kinds.Metadata(type=inner, extra_json_schema=extra):
            return key_fault(key, inner, str((extra or {}).get("description", hint)))
        case kinds.LiteralType(values=values) if key not in values:
            return f"unknown key {quoted(key)}{_which(key, map(str, values))}"
        case kinds.StrType(pattern=str(pattern)) if not re.fullmatch(pattern, key):
            return f"{quoted(key)} should be {hint or 'written'} (like {pattern})"
    return None


def in_words(kind: kinds.Type) -> str:
    """Say what is expected as one would to an author: `a whole number`, `one of back, body, …`."""
    match kind:
        case kinds.Metadata(type=inner):
            words = in_words(inner)
        case kinds.UnionType(types=types):
            words = " or ".join(in_words(each) for each in types)
        case kinds.LiteralType(values=values):
            words = "one of " + ", ".join(map(str, values))
        case kinds.StructType() | kinds.DictType():
            words = "a mapping (key: value)"
        case kinds.VarTupleType(item_type=item):
            words = f"a list, each entry {in_words(item)}"
        case _:
            simple = {"StrType": "text", "IntType": "a whole number", "FloatType": "a number", "BoolType": "true or false"}
            words = simple.get(type(kind).__name__, "nothing")
    return words


def _found(data: object) -> str:
    match data:
        case None:
            words = "nothing"
        case bool():
            words = str(data).lower()
        case int() | float():
            words = f"the number {data}"
        case str():
            words = f"the text {quoted(data)}"
        case list():
            words = "a list"
        case _:
            words = "a mapping"
    return words


def _remedy(data: object, kind: kinds.Type) -> str:
    match kind, data:
        case kinds.LiteralType(values=values), str():
            return did_you_mean(data, map(str, values))
        case kinds.BoolType(), str() if data.lower() in _YES:
            return f"; did you mean {_YES[data.lower()]}?"
        case kinds.StrType(), bool() | int() | float():
            return "; put it in quotes"
    return ""


def _which(key: str, known: Iterable[str]) -> str:
    names = sorted(known)
    return did_you_mean(key, names) or f"; known are {', '.join(names)}"
