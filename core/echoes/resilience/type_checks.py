"""Whether a backend's answer is of the type that a facility's Protocol promises."""

import types
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any, Protocol, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

Test = Callable[[Any], bool]


@cache
def test_of(hint: Any) -> Test:  # noqa: PLR0911 - a table
    """A test for one type hint: plain types, structs with their fields, Protocols by their members, unions, lists and mappings."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is None or hint is type(None):
        return lambda value: value is None
    if origin in {Union, types.UnionType}:
        tests = [test_of(one) for one in inner]
        return lambda value: any(test(value) for test in tests)
    if origin is tuple:
        each = test_of(inner[0])
        return lambda value: isinstance(value, tuple) and all(map(each, value))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        of_key, of_value = map(test_of, inner)
        return lambda value: isinstance(value, Mapping) and all(map(of_key, value)) and all(map(of_value, value.values()))
    if origin is not None:
        each, kind = test_of(inner[0]), AbstractSet if issubclass(origin, AbstractSet) else Sequence
        return lambda value: isinstance(value, kind) and not isinstance(value, str | bytes) and all(map(each, value))
    if hint is float:
        return lambda value: isinstance(value, float | int)
    if hint is bool:
        return lambda value: isinstance(value, bool | int)
    if getattr(hint, "_is_protocol", False):
        members = [name for base in hint.__mro__ if base not in {Protocol, object} for name in vars(base) if not name.startswith("_")]
        return lambda value: set(members) <= set(dir(value))
    if isinstance(hint, type) and issubclass(hint, Struct):
        fields = [(name, test_of(kind)) for name, kind in get_type_hints(hint).items()]
        return lambda value: isinstance(value, hint) and all(test(getattr(value, name)) for name, test in fields)
    return lambda value: isinstance(value, hint)
