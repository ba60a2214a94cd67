"""Parse the parts of the server's frames that a bot needs, and convert them to the records of a history."""

import hashlib

import msgspec


class Thing(msgspec.Struct):
    """A stack of things."""

    id: int
    version: int
    quantity: int
    template: str = ""
    slot: str = ""
    worn: bool = False


class Who(msgspec.Struct):
    """A person as others see it."""

    id: int
    name: str = ""


class You(msgspec.Struct):
    """The character itself."""

    version: int
    location_id: str


class Exit(msgspec.Struct):
    """A way out."""

    direction: str
    to: str


class Foe(msgspec.Struct):
    """An NPC; `instance` is 0 for one that cannot be fought."""

    instance: int = 0
    disposition: str = ""


class Fighter(msgspec.Struct):
    """One who fights."""

    id: str
    chosen: bool = False


class Fought(msgspec.Struct):
    """The fight in a place."""

    fighters: list[Fighter] = []
    over: bool = False


class Place(msgspec.Struct):
    """A location as a character sees it."""

    id: str
    exits: list[Exit]
    things: list[dict]
    players: list[Who]
    items: list[Thing]
    more_items: int = 0
    npcs: list[Foe] = []
    fight: Fought | None = None


class Bag(msgspec.Struct):
    """The things that a character carries."""

    items: list[Thing]


class Data(msgspec.Struct):
    """Of an outcome, a happening or a chat: what a bot reads of any of them."""

    you: You | None = None
    items: list[Thing] = []
    ground: list[Thing] = []
    location: Place | None = None
    inventory: Bag | None = None
    command: str = ""
    action: str = ""
    kind: str = ""
    text: str = ""
    version: int = 0
    player: Who | None = None
    sender: Who | None = None
    positions: dict[str, dict] = {}
    npc: Foe | None = None
    fight: Fought | None = None


class Error(msgspec.Struct):
    """Why a command was refused."""

    code: str


class Snapshot(msgspec.Struct):
    """The whole state again."""

    you: You
    location: Place
    inventory: Bag


class Frame(msgspec.Struct):
    """Any frame of the server's."""

    type: str
    id: int = 0
    ok: bool = False
    data: msgspec.Raw = msgspec.Raw(b"{}")
    error: Error | None = None
    channel: str = ""
    epoch: str = ""
    offset: int = 0
    timestamp: str = ""
    recovered: bool = False
    worker_id: str = ""
    session: dict = {}
    snapshot: Snapshot | None = None
    positions: dict[str, dict] = {}
    last_command: int = 0


read_frame = msgspec.json.Decoder(Frame).decode
read_snapshot = msgspec.json.Decoder(Snapshot).decode
read_data = msgspec.json.Decoder(Data).decode


def digest_of(text: str) -> str:
    """Short, and equal only for equal text."""
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def pairs(positions: dict[str, dict]) -> dict[str, tuple[str, int]]:
    """Positions as a history has them."""
    return {channel: (at["epoch"], at["offset"]) for channel, at in positions.items()}


def facts(things: list[Thing]) -> list[tuple[int, int, int]]:
    """Things as a history has them: id, version, quantity."""
    return [(one.id, one.version, one.quantity) for one in things]
