"""The structs of `model` as JSON Schema for editors, and as the tables of fields in `docs/content.md`."""

import ast
import inspect
import re
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import inspect as kinds

from . import model
from .kinds import KINDS, LOCATION
from .model import Id, Location, Start
from .packs import Ways
from .shape import kind_of

FILE_KINDS: Final[dict[str, Any]] = {"world": Start, "location": Location, "ways": Ways} | {
    kind.folder: dict.__class_getitem__((Id, kind.struct)) for kind in KINDS if kind is not LOCATION
}
"""Type of the content of a file, by kind."""

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_NOTHING_MUCH: Final[tuple[object, ...]] = (None, "", (), {})
_TABLE = re.compile(r"(<!-- fields: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def schemas() -> dict[str, dict[str, Any]]:
    """Give one JSON Schema for each kind of file, with every field's docstring as its description."""
    return {name: {"$schema": DIALECT, "title": f"Echoes of the Ashes: {name}", **_schema(type_)} for name, type_ in FILE_KINDS.items()}


def _schema(type_: object) -> dict[str, Any]:
    schema = msgspec.json.schema(type_)
    for struct_name, definition in schema["$defs"].items():
        struct = getattr(model, struct_name)
        described = field_docs().get(struct_name, {})
        for name, part in definition["properties"].items():
            if name in described:
                part["description"] = described[name]
            keys = _literal_keys(struct, name)
            if keys:
                part["propertyNames"] = {"enum": keys}
    return schema


def _literal_keys(struct: type[msgspec.Struct], field: str) -> list[str]:
    """Give the keys that a mapping field allows when they are a closed set; msgspec leaves them out of its schema."""
    kind = next(each.type for each in fields_of(struct) if each.encode_name == field)
    if isinstance(kind, kinds.DictType) and isinstance(kind.key_type, kinds.LiteralType):
        return [str(value) for value in kind.key_type.values]
    return []


def fields_of(struct: type[msgspec.Struct]) -> tuple[kinds.Field, ...]:
    """Give a struct's fields as msgspec describes them."""
    kind = kind_of(struct)
    return kind.fields if isinstance(kind, kinds.StructType) else ()


@cache
def field_docs() -> dict[str, dict[str, str]]:
    """Give the docstring under each field of each struct in `model`, on one line."""
    docs: dict[str, dict[str, str]] = {}
    sources = [inspect.getsource(module) for module in vars(model).values() if inspect.ismodule(module)]
    for node in (each for source in sources for each in ast.parse(source).body):
        if isinstance(node, ast.ClassDef):
            docs[node.name] = {}
            for line, below in zip(node.body, node.body[1:], strict=False):
                match line, below:
                    case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                        docs[node.name][name] = " ".join(text.split())
    return {name: _inherited(docs, name) | own for name, own in docs.items()}


def _inherited(docs: dict[str, dict[str, str]], name: str) -> dict[str, str]:
    bases = getattr(model, name).__mro__[1:] if hasattr(model, name) else ()
    return {field: text for base in reversed(bases) for field, text in docs.get(base.__name__, {}).items()}


def table(struct: type[msgspec.Struct]) -> str:
    """Give a struct's fields as a Markdown table."""
    rows = ["| field | holds | default | meaning |", "|---|---|---|---|"]
    for each in fields_of(struct):
        meaning = field_docs()[struct.__name__].get(each.encode_name, "")
        rows.append(f"| `{each.encode_name}` | {_holds(each.type)} | {_default(each)} | {meaning} |")
    return "\n".join(rows) + "\n"


def refresh(page: str) -> str:
    """The page, with the table between each `<!-- fields: Name -->` and `<!-- end -->` made from the structs."""
    return _TABLE.sub(lambda found: found[1] + table(getattr(model, found[2])) + found[3], page)


def _default(each: kinds.Field) -> str:
    if each.required:
        return "**required**"
    value = each.default if each.default is not msgspec.NODEFAULT else each.default_factory()
    if value in _NOTHING_MUCH:
        return "none"
    return f"`{msgspec.json.encode(value).decode()}`"


def _holds(kind: kinds.Type) -> str:
    match kind:
        case kinds.Metadata(type=inner):
            words = _holds(inner)
        case kinds.UnionType(types=types):
            words = " or ".join(_holds(each) for each in types if not isinstance(each, kinds.NoneType))
        case kinds.LiteralType(values=values):
            words = "one of " + ", ".join(f"`{value}`" for value in values)
        case kinds.StructType(cls=cls):
            words = f"[{cls.__name__}](#{cls.__name__.lower()})"
        case kinds.DictType(key_type=key, value_type=value):
            words = f"mapping: {_holds(key)} → {_holds(value)}"
        case kinds.VarTupleType(item_type=item):
            words = f"list of: {_holds(item)}"
        case _:
            words = _holds_one(kind)
    return words


def _holds_one(kind: kinds.Type) -> str:
    match kind:
        case kinds.StrType(pattern=str(pattern)):
            words = "id" if pattern == model.ID_PATTERN else f"text like `{pattern}`"
        case kinds.StrType():
            words = f"text{_span(kind.min_length, kind.max_length)}" + (" characters" if kind.max_length else "")
        case kinds.IntType():
            words = f"whole number{_span(kind.ge, kind.le)}"
        case kinds.FloatType():
            words = f"number{_span(kind.ge, kind.le, kind.gt)}"
        case _:
            words = "`true` or `false`"
    return words


def _span(least: float | None, most: float | None, above: float | None = None) -> str:
    if above is not None:
        return f", above {above}" + (f" to {most}" if most is not None else "")
    if least is not None and most is not None:
        return f", {least} to {most}"
    return f", at most {most}" if most is not None else f", at least {least}" if least is not None else ""
