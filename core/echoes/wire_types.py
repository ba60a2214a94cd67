"""The message types as TypeScript declarations, for `tsc` over the JavaScript of the page: `rendered`.

`python -m echoes.wire_types > core/echoes/web/client/wire.d.ts` renews the file that ships; a test compares the two.

A field is optional in a declaration when JSON may lack it: the server omits defaults where the struct says `omit_defaults`, and a client may
omit every field with a default.
"""

import ast
import inspect
import json
import sys
from collections.abc import Iterator
from typing import Any, Final, cast

from msgspec import Struct
from msgspec import inspect as shapes

from echoes import wire
from echoes.asyncapi import EVENTS
from echoes.game.catalogue import Catalogue
from echoes.web.accounts import AccessToken, CharacterView

SENT: Final[tuple[type[Struct], ...]] = (
    wire.Welcome,
    wire.Reply,
    wire.SnapshotFrame,
    wire.Reconnect,
    *(data for data, _ in EVENTS.values()),
    AccessToken,
    CharacterView,
)
"""Types of the messages that the server sends. The types of their fields are declared, too."""
FRAMES: Final = (wire.Welcome, wire.SnapshotFrame, wire.Reconnect)
ATOMS: Final[dict[Any, str]] = {
    shapes.IntType: "number", shapes.FloatType: "number", shapes.StrType: "string", shapes.BoolType: "boolean", shapes.NoneType: "null", shapes.AnyType: "unknown",
}  # fmt: skip
WIDTH: Final = 120


def rendered() -> str:
    """The declarations: an interface for each struct, and the unions ClientCommand, ClientFrame, GameEvent and ServerFrame."""
    commands: list[type[Struct]] = [*Catalogue().by_frame, wire.Line]
    parts = [_interface(one, received=True) for one in _named(wire.Hello, *commands)]
    parts += [_reply() if one is wire.Reply else _interface(one) for one in _named(*SENT) if one is not wire.WirePosition]
    parts += [_event(name, data, about) for name, (data, about) in EVENTS.items()]
    parts += [
        _union("ClientCommand", "A command, whose `id` the outbox adds.", [one.__name__ for one in commands]),
        _union("ClientFrame", "What a client sends.", ["Hello", "ClientCommand"]),
        _union("GameEvent", "What happens, as the server tells of it. An extension may send further types: they carry `data.message`, too.", [_title(name) for name in EVENTS]),
        _union("ServerFrame", "What the server sends.", [*(one.__name__ for one in FRAMES), "Reply", "GameEvent"]),
    ]  # fmt: skip
    return "// Made from the message types by `python -m echoes.wire_types`; do not edit.\n\n" + "\n".join(parts)


def _named(*roots: type[Struct]) -> list[type[Struct]]:
    """These structs and all that their fields speak of, each once, what is spoken of first."""
    found: dict[type[Struct], None] = {}

    def visit(kind: Any) -> None:
        if isinstance(kind, shapes.StructType) and kind.cls not in found:
            for field in kind.fields:
                visit(field.type)
            found[kind.cls] = None
        for inner in _inside(kind):
            visit(inner)

    for root in roots:
        visit(shapes.type_info(root))
    return [*found]


def _inside(kind: Any) -> Iterator[Any]:
    match kind:
        case shapes.Metadata(type=inner):
            yield inner
        case shapes.UnionType(types=types):
            yield from types
        case shapes.ListType(item_type=inner):
            yield inner
        case shapes.DictType(key_type=key, value_type=value):
            yield from (key, value)


def _written(kind: Any) -> str:
    """A type in TypeScript. JSON that is passed on as it is (`Raw`) has none: `_reply` and `_event` say what it is."""
    match kind:
        case shapes.Metadata(type=shapes.StrType(), extra_json_schema={"examples": [*values]}):
            # Known words, and any other: an editor offers those that are known.
            written = " | ".join([*map(json.dumps, values), "(string & {})"])
        case shapes.Metadata(type=inner):
            written = _written(inner)
        case shapes.StructType(cls=cls):
            written = cls.__name__
        case shapes.UnionType(types=types):
            written = " | ".join(map(_written, types))
        case shapes.LiteralType(values=values):
            written = " | ".join(json.dumps(value) for value in values)
        case shapes.ListType(item_type=inner):
            written = f"Array<{_written(inner)}>"
        case shapes.DictType(value_type=value):
            written = f"Record<string, {_written(value)}>"
        case _:
            written = ATOMS[type(kind)]
    return written


def _interface(struct: type[Struct], *, received: bool = False) -> str:
    """One struct. What is sent with its default left out is optional, and never null for it."""
    shape = _shape(struct)
    notes = _notes(struct)
    lines = [f'  {shape.tag_field}: "{shape.tag}";'] if shape.tag_field else []
    for field in shape.fields:
        omitted = not field.required and (received or struct.__struct_config__.omit_defaults)
        kind = field.type
        if omitted and not received and field.default is None and isinstance(kind, shapes.UnionType):
            kind = shapes.UnionType(tuple(one for one in kind.types if not isinstance(one, shapes.NoneType)))
        lines += _comment(notes.get(field.name, "") or _described(field.type), "  ")
        lines.append(f"  {field.encode_name}{'?' if omitted else ''}: {_written(kind)};")
    return "\n".join([*_comment(inspect.getdoc(struct) or ""), f"export interface {struct.__name__} {{", *lines, "}", ""])


def _reply() -> str:
    """A reply has `data` exactly when it is `ok`."""
    about = _comment(inspect.getdoc(wire.Reply) or "")
    done, refused = ("ok: true; data: Outcome; error?: undefined", "ok: false; data?: undefined; error: ErrorView")
    return (
        "\n".join(
            [
                *about,
                "export type Reply =",
                *(f'  | {{ type: "reply"; id: number; {one}; correlation_id?: string }}' for one in (done, refused)),
            ]
        )
        + ";\n"
    )


def _shape(struct: type[Struct]) -> shapes.StructType:
    return cast("shapes.StructType", shapes.type_info(struct))


def _event(name: str, data: type, about: str) -> str:
    """One type of `wire.Event`: its `type` and `data` spelt out."""
    known = {"type": f'"{name}"', "data": data.__name__}
    lines = [f"  {field.encode_name}: {known.get(field.name) or _written(field.type)};" for field in _shape(wire.Event).fields]
    return "\n".join([*_comment(about), f"export interface {_title(name)} {{", *lines, "}", ""])


def _title(name: str) -> str:
    return f"{name.title().replace('_', '')}Event"


def _union(name: str, about: str, members: list[str]) -> str:
    return "\n".join([*_comment(about), f"export type {name} =", *(f"  | {one}" for one in members[:-1]), f"  | {members[-1]};", ""])


def _notes(struct: type) -> dict[str, str]:
    """Read the docstrings below a struct's fields from its source, by the field's name."""
    definition = cast("ast.ClassDef", ast.parse(inspect.getsource(struct)).body[0])
    notes: dict[str, str] = {}
    for field, note in zip(definition.body, definition.body[1:], strict=False):
        match field, note:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as said)):
                notes[name] = said
    return notes


def _described(kind: Any) -> str:
    match kind:
        case shapes.Metadata(extra_json_schema={"description": str() as said}):
            return said
    return ""


def _comment(text: str, indent: str = "") -> list[str]:
    """A comment of one line, or of several when it is long; none for an empty text."""
    words = text.split()
    if not words:
        return []
    if len(whole := f"{indent}/** {' '.join(words)} */") <= WIDTH:
        return [whole]
    lines = [f"{indent} *"]
    for word in words:
        if len(lines[-1]) + len(word) + 1 > WIDTH:
            lines.append(f"{indent} *")
        lines[-1] += f" {word}"
    return [f"{indent}/**", *lines, f"{indent} */"]


if __name__ == "__main__":
    sys.stdout.write(rendered())
