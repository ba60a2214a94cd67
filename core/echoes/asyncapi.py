"""The message reference of `/ws/game`, made from the message types: AsyncAPI 3.0, as data (`document`) and as YAML (`rendered`).

`python -m echoes.asyncapi > docs/asyncapi.yaml` renews the file that ships; a test compares the two.
"""

import sys
from typing import Any, Final

import msgspec
import yaml

import echoes
from echoes import wire
from echoes.game.catalogue import Catalogue
from echoes.wire import Close

Json = dict[str, Any]
SCHEMAS: Final = "#/components/schemas/"
MESSAGES: Final = "#/components/messages/"
IN_CHANNEL: Final = "#/channels/game/messages/"

CLOSE_CODES: Final = {
    "FRAME_TOO_LARGE": f"A frame is larger than {wire.MAX_FRAME} bytes.",
    "RESTARTING": "The worker stops. A `reconnect` frame has said how long to wait; nothing is lost.",
    "NO_HELLO": "The client did not send hello in time.",
    "TOO_SLOW": "The client read too slowly, so too much data was unsent. It may reconnect and resume.",
    "FLOOD": "The client sent too many commands, after each was refused with the code `flood`; or too many frames without a message. Wait before reconnecting.",
    "POSITION_LOST": "The server could not deliver events without a gap, or could not let the player in now.",
    "BAD_FRAME": "The first frame is no hello, a frame is binary, or too many frames were no command.",
    "SIGNED_IN_ELSEWHERE": "A newer connection plays the character.",
    "NOT_ALLOWED": "The token is from another server, is altered, or is not for playing; or the character was removed.",
    "TOKEN_EXPIRED": "The token has expired or was ended. Get a new one.",
    "BANNED": "An operator has banned the account, or the network of the client. The reason of the close says until when, and the operator's words.",
    "KICKED": "An operator has ended the connection. The reason of the close is the operator's words. The player may come back.",
}
"""The meaning of each code of `wire.Close`, for the reference and `docs/operations.md`."""

EVENTS: Final[dict[str, tuple[type[msgspec.Struct], str]]] = {
    "location_update": (wire.Happening, "Something happened in a location: a character came or left, or took, dropped or used something."),
    "state_update": (
        wire.Happening,
        "Something happened to the player's character: it has moved (`moved`) or received something (`item_received`).",
    ),
    "chat": (wire.Chat, "A character has said, acted out or whispered something."),
    "announcement": (wire.Happening, "Operators say something to all players (`announced`)."),
}
"""The types of events and what their `data` is. Clients ignore a type that they do not know."""

INTRODUCTION: Final = f"""\
What travels on the game's WebSocket.

- Text frames of UTF-8. One frame holds one or more JSON objects separated by a newline, in both directions; each is handled
  by itself. A client's frame has at most {wire.MAX_FRAME} bytes.
- The first frame is `hello`; the answer is `welcome`, then the missed events.
- Each command carries an `id` that grows with every command of one client, and gets one `reply` with that `id`. A command
  whose reply did not come is sent again, after a reconnect, under the same `id`: it takes effect once. At most 16 commands
  may be unanswered.
- Events carry the channel and the position (`epoch`, `offset`). Offsets of a channel grow, may skip and never repeat. The
  last position seen of each channel goes into the `resume` of the next hello.
- Events state absolute facts with the `version` of their subject; a client ignores a fact older than the one it has.
- Close codes: up to 4499 a client reconnects by itself, from 4500 on it does not.
"""


def document() -> Json:
    """The AsyncAPI document, seen from the server: it receives what clients send."""
    commands = [*Catalogue().by_frame.items()]
    frames = [frame for frame, _ in commands]
    others = [wire.Hello, wire.Line, wire.Welcome, wire.Reply, wire.Event, wire.SnapshotFrame, wire.Reconnect, wire.Happening, wire.Chat]
    _, schemas = msgspec.json.schema_components([*others, *frames], ref_template=f"{SCHEMAS}{{name}}")
    schemas["Reply"]["properties"]["data"] = {"$ref": f"{SCHEMAS}Outcome"}
    events = {name: _event(schemas, name, data) for name, (data, _) in EVENTS.items()}
    del schemas["Event"]
    received = {
        "hello": _message("Hello", "Who plays, through which client, and where it left off. Always the first frame."),
        **{spec.name: _message(frame.__name__, spec.summary, spec.topic) for frame, spec in commands},
        "line": _message("Line", "What a person typed; the reply's `command` says what it was understood as."),
    }
    sent = {
        "welcome": _message("Welcome", "The answer to hello."),
        "reply": _message("Reply", "The answer to one command."),
        **{name: _message(events[name], summary) for name, (_, summary) in EVENTS.items()},
        "snapshot": _message("SnapshotFrame", "Everything anew, in place of events that could not be recovered."),
        "reconnect": _message("Reconnect", "This worker is about to leave; come back after so many milliseconds."),
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Echoes of the Ashes",
            "version": echoes.__version__,
            "description": INTRODUCTION,
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {"local": {"host": "localhost:8000", "protocol": "ws", "description": "`make run`"}},
        "channels": {
            "game": {
                "address": "/ws/game",
                "description": "One connection plays one character.",
                "messages": {name: {"$ref": MESSAGES + name} for name in (*received, *sent)},
                "x-close-codes": close_codes(),
            }
        },
        "operations": {
            "enter": _operation("receive", "A client says who plays.", ["hello"], reply=["welcome"]),
            "command": _operation("receive", "A client gives a command.", [name for name in received if name != "hello"], reply=["reply"]),
            "tell": _operation("send", "The server tells what has happened.", list(EVENTS)),
            "renew": _operation("send", "The server sends everything anew.", ["snapshot"]),
            "leave": _operation("send", "The server says that it is about to leave.", ["reconnect"]),
        },
        "components": {"messages": received | sent, "schemas": _reap_strays(schemas)},
    }


def close_codes() -> list[Json]:
    """Every close code in order: number, name, meaning, and whether a client comes back by itself."""
    codes = {name: value for name, value in vars(Close).items() if isinstance(value, int)}
    return [
        {"code": code, "name": name.lower(), "meaning": CLOSE_CODES[name], "come_back": code < 4500}
        for name, code in sorted(codes.items(), key=lambda item: item[1])
    ]


def rendered() -> str:
    """The document as YAML."""
    text: str = yaml.dump(document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140)
    return f"# Made from the message types by `python -m echoes.asyncapi`; do not edit.\n{text}"


def _message(schema: str, summary: str, more: str = "") -> Json:
    described = {"summary": summary, "description": more} if more else {"summary": summary}
    return {**described, "payload": {"$ref": SCHEMAS + schema}}


def _operation(action: str, summary: str, messages: list[str], *, reply: list[str] | None = None) -> Json:
    operation: Json = {
        "action": action,
        "channel": {"$ref": "#/channels/game"},
        "summary": summary,
        "messages": [{"$ref": IN_CHANNEL + name} for name in messages],
    }
    if reply:
        operation["reply"] = {"channel": {"$ref": "#/channels/game"}, "messages": [{"$ref": IN_CHANNEL + name} for name in reply]}
    return operation


def _event(schemas: Json, name: str, data: type) -> str:
    """Add the schema of one type of event: `wire.Event` with its `type` and `data` spelt out. Answers the schema's name."""
    title = f"{name.title().replace('_', '')}Event"
    event = schemas["Event"]
    known = {"type": {"const": name}, "data": {"$ref": SCHEMAS + data.__name__}}
    schemas[title] = {**event, "title": title, "description": EVENTS[name][1], "properties": {**event["properties"], **known}}
    return title


def _reap_strays(value: Any) -> Any:
    """The same with descriptions as one reads them: a docstring's indentation and line breaks are the source's."""
    if isinstance(value, dict):
        return {
            key: " ".join(one.split()) if key == "description" and isinstance(one, str) else _reap_strays(one) for key, one in value.items()
        }
    return [_reap_strays(one) for one in value] if isinstance(value, list) else value


class _Dumper(yaml.SafeDumper):
    """Writes every value out: no anchors, long text as it is."""

    def ignore_aliases(self, data: Any) -> bool:
        """Nothing is shared."""
        del data
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)

if __name__ == "__main__":
    sys.stdout.write(rendered())
