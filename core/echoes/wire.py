"""The frames between a client and the server, as types: what is written here is the protocol (`docs/asyncapi.yaml` is made from it).

One WebSocket text frame holds one or more JSON objects separated by a newline, in both directions.
"""

from hashlib import blake2b
from typing import Annotated, Any, ClassVar, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

MAX_FRAME = 8192
"""The largest frame a client may send, in bytes."""

Number = Annotated[int, Meta(ge=1, le=2**53 - 1, description="grows with every command of one client")]
ClientId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$", description="random, made by the client")]
Text = Annotated[str, Meta(min_length=1, max_length=1000)]
Target = Annotated[str, Meta(min_length=1, max_length=100, description="an id, a name, or the beginning of one")]


# ── from the client ──────────────────────────────────────────────────────────────────────────────────────────────────


class WirePosition(Struct, frozen=True):
    """A place in a channel, as in `echoes.facilities.broadcast.Position`."""

    epoch: str
    offset: Annotated[int, Meta(ge=0)]


class Hello(Struct, frozen=True, tag="hello", forbid_unknown_fields=True):
    """The first frame: who plays, through which client, and where it left off."""

    token: Annotated[str, Meta(max_length=4096)]
    client: ClientId
    resume: Annotated[dict[str, WirePosition], Meta(max_length=16)] = {}


class Command(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The field of every command. `id` is absent over HTTP, where the header `Idempotency-Key` has its function."""

    id: Number = 1


class Line(Command, frozen=True, tag="line"):
    """A line as a person typed it; the server parses it (`go north`, `n`, `' hello`)."""

    text: Text


def digest_of(command: Command) -> str:
    """Digest of a command without its number: 24 hexadecimal digits. Fields that are null do not count: a release may add some."""
    said = {name: value for name in command.__struct_fields__ if name != "id" and (value := getattr(command, name)) is not None}
    return blake2b(msgspec.json.encode((command.__struct_config__.tag, said), order="sorted"), digest_size=12).hexdigest()


# ── what the server speaks of ────────────────────────────────────────────────────────────────────────────────────────


class EffectView(Struct, frozen=True, omit_defaults=True):
    """An effect on the own character. One with a `load_above` or `stamina_below` is there while that is so, and a client may tell by itself."""

    id: str
    name: str
    description: str = ""
    helps: bool = False
    stacks: int = 1
    until: float = 0.0
    """Unix seconds by the database's clock at which it is over; 0: when something ends it."""
    load_above: float = 0.0
    """The part of the weight or volume that can be carried."""
    stamina_below: float = 0.0
    """The part of `max_stamina`."""


class PaceView(Struct, frozen=True):
    """From a moment on hit points and stamina return at another pace, since an effect is over then."""

    at: float
    hp_per_minute: float
    stamina_per_minute: float


class You(Struct, frozen=True):
    """The player's own character. An older `version` than the known one is to be ignored."""

    id: int
    name: str
    version: int
    location_id: str
    hp: int
    max_hp: int
    stamina: float
    """At `at`; it grows by `stamina_per_minute` up to `max_stamina`, which the client may draw."""
    max_stamina: int
    stamina_per_minute: float
    at: float
    """Unix seconds by the database's clock."""
    resting: bool
    level: int
    xp: int
    scrap: int
    hp_per_minute: float = 0.0
    """How fast `hp` grows by itself, in whole points up to `max_hp`, counted from `hp_at`."""
    hp_at: float = 0.0
    """Unix seconds by the database's clock at which the character had `hp`."""
    effects: list[EffectView] = []
    """Effects on the character now."""
    strength: int = 5
    agility: int = 5
    endurance: int = 5
    intellect: int = 5
    points: int = 0
    """Points that are left to spend on attributes (`train`)."""
    later: list[PaceView] = []
    """How the paces change after `at`, in order, unless something else happens."""


class ItemView(Struct, frozen=True, omit_defaults=True):
    """A thing: one row. `quantity` 0 says that it is gone from here. An older `version` of the same id is to be ignored."""

    id: int
    version: int
    quantity: int
    template: str = ""
    name: str = ""
    type: str = ""
    description: str = ""
    weight: float = 0.0
    """Of one."""
    volume: float = 0.0
    slot: str = ""
    """Where it can be worn."""
    worn: bool = False
    durability: int | None = None
    usable: bool = False
    personal: bool = False
    """It can be used and worn, and neither dropped nor given."""


class PlayerView(Struct, frozen=True, omit_defaults=True):
    """Another player in this place."""

    id: int
    name: str
    linkdead: bool = False


class NpcView(Struct, frozen=True, omit_defaults=True):
    """An NPC in this place. One of a population has an `instance` and a `version`; an older version of an instance is to be ignored."""

    id: str
    name: str
    disposition: str
    instance: int = 0
    version: int = 0
    health: str = ""
    """A word for its wounds; empty when it is whole."""
    talks: bool = False
    """It has a dialogue: `talk` and `ask` are answered."""
    trades: bool = False
    """It sells or buys: `list`, `buy`, `sell`."""


class FighterView(Struct, frozen=True, omit_defaults=True):
    """One who fights: `character:7` or `npc:3`. `intent` is what an enemy is about to do; `target` is the fighter that it means."""

    id: str
    name: str
    side: int
    """0: the players, 1: their enemies."""
    hp: int
    max_hp: int
    intent: str = ""
    target: str = ""
    chosen: bool = False
    """A player that has chosen for this round."""


class FightView(Struct, frozen=True, omit_defaults=True):
    """A fight in this place, in the round that is open for choices until `until` (Unix seconds by the database's clock)."""

    id: int
    round: int
    until: float
    fighters: list[FighterView] = []
    over: bool = False


class ThingView(Struct, frozen=True):
    """Something fixed here."""

    id: str
    name: str
    searchable: bool


class ExitView(Struct, frozen=True, omit_defaults=True):
    """A way out. `name` is empty while one has not been there."""

    direction: str
    to: str
    stamina: int
    name: str = ""
    look: str = ""


class LocationView(Struct, frozen=True):
    """A place as one sees it on arriving."""

    id: str
    name: str
    district: str
    description: str
    danger_level: int
    image: str
    image_alt: str
    x: int
    y: int
    exits: list[ExitView]
    things: list[ThingView]
    npcs: list[NpcView]
    players: list[PlayerView]
    """The other players by name, without the own character. Of a crowd the first 50."""
    items: list[ItemView]
    """Things that lie here. Of very many, 50: those that belong here, and those that were laid down last."""
    more_players: int = 0
    """How many are here besides `players`."""
    more_items: int = 0
    """How many things lie here besides `items`."""
    around: str = ""
    """Exits, people and things in one line of prose."""
    fight: FightView | None = None
    """The fight that is going on here."""


class InventoryView(Struct, frozen=True):
    """The bag and what is worn, and how much one can carry (kg, litres)."""

    items: list[ItemView]
    weight: float
    max_weight: float
    volume: float
    max_volume: float


class PlaceView(Struct, frozen=True, omit_defaults=True):
    """A place on the map. Unexplored neighbours have a coordinate only."""

    id: str
    x: int
    y: int
    explored: bool = False
    name: str = ""
    district: str = ""
    danger_level: int = 0
    exits: dict[str, str] = {}
    """Direction to location id; explored places only."""


class ChoiceView(Struct, frozen=True):
    """A choice that a conversation offers: `choose` takes its id, or its number from 1."""

    id: str
    text: str


class TalkView(Struct, frozen=True, omit_defaults=True):
    """Where the character stands in a conversation. Without choices it is over."""

    npc: str
    name: str
    passage: str = ""
    says: str = ""
    """Text that the NPC has said."""
    choices: list[ChoiceView] = []
    topics: list[str] = []
    """Topics that the NPC can be asked about."""


class GoodView(Struct, frozen=True, omit_defaults=True):
    """A thing that a trader sells. `buy` takes the item's id."""

    item: str
    name: str
    price: int
    """In scrap, for one."""
    stock: int
    """How many the trader has now."""
    type: str = ""
    description: str = ""


class OfferView(Struct, frozen=True):
    """A thing of the character that a trader would buy. `sell` takes its id."""

    id: int
    name: str
    quantity: int
    price: int
    """In scrap: for one, or for all of them where one alone is worth nothing."""


class TradeView(Struct, frozen=True):
    """The goods that a trader sells, and the things that it would buy from the character."""

    npc: str
    name: str
    goods: list[GoodView]
    buys: list[OfferView]


class QuestView(Struct, frozen=True, omit_defaults=True):
    """A quest that the character is on; `done` when it has just been finished, and is no longer among the open ones."""

    id: str
    title: str
    step: int
    """From 1."""
    steps: int
    says: str = ""
    """Text of the task to do now."""
    count: int = 0
    of: int = 0
    """How many the step needs, where it counts; else 0."""
    done: bool = False


class ClueView(Struct, frozen=True):
    """A clue that the character has found."""

    id: str
    says: str


class MysteryView(Struct, frozen=True, omit_defaults=True):
    """A mystery of the city, with the clues that the character has found."""

    id: str
    question: str
    clues: list[ClueView]
    of: int
    """How many clues there are."""
    answer: str = ""
    """Empty until all clues are found."""


class CommandView(Struct, frozen=True):
    """A command that this server knows, for completion and help."""

    name: str
    usage: str
    summary: str
    aliases: list[str]
    speaks: bool = False
    """The rest of the line is words that are spoken: a `;` among them does not end the command."""


class Snapshot(Struct, frozen=True):
    """Everything a client needs to draw the game from nothing."""

    you: You
    location: LocationView
    inventory: InventoryView
    map: list[PlaceView]
    commands: list[CommandView]
    talk: TalkView | None = None
    """The conversation that the character is in."""
    quests: list[QuestView] = []
    """The quests that the character is on."""
    conditions: list[EffectView] = []
    """The effects that follow from load and stamina, whether they are there or not."""


# ── from the server ──────────────────────────────────────────────────────────────────────────────────────────────────


class SessionView(Struct, frozen=True):
    """The session that this connection has claimed."""

    character: int
    epoch: int


class Welcome(Struct, frozen=True, tag="welcome"):
    """The answer to hello. `recovered`: all missed events follow; otherwise the snapshot replaces them."""

    recovered: bool
    worker_id: str
    session: SessionView
    snapshot: Snapshot
    positions: dict[str, WirePosition]
    last_command: int
    """The greatest command number known for this client; 0 when there is none."""
    arrival: str = ""
    """Text for a new character that wakes for the first time. Show it before the place. The event `woke` brings the same text."""


class Outcome(Struct, frozen=True, omit_defaults=True):
    """`data` of a reply. Only `message` is always there; the rest says what has changed or what was asked for."""

    message: str
    command: str = ""
    """Name of the command that a typed line was understood as."""
    you: You | None = None
    items: list[ItemView] = []
    """The character's things that changed; quantity 0: the character does not have it any more."""
    load: list[float] = []
    """weight, max_weight, volume, max_volume after the change; empty when unchanged."""
    ground: list[ItemView] = []
    """Things lying here that changed; quantity 0: no longer here."""
    location: LocationView | None = None
    inventory: InventoryView | None = None
    map: list[PlaceView] = []
    players: list[PlayerView] = []
    topics: list[str] = []
    talk: TalkView | None = None
    """Where the character stands in a conversation after this command; it stands where it stood when this is missing."""
    trade: TradeView | None = None
    """The things that a trader here sells and buys, as of now."""
    quests: list[QuestView] = []
    """The quests that the character is on: the answer to `quests`."""
    journal: list[MysteryView] = []
    """The answer to `journal`."""
    next_line: str = ""
    """Line to type next to continue, as a command of its own; empty when the work is finished. A client sends it by itself only
    while nothing has happened since and the player has typed nothing."""


class ErrorView(Struct, frozen=True):
    """Why not: a stable code, what happened, what to do."""

    code: str
    message: str
    hint: str = ""


class Reply(Struct, frozen=True, tag="reply", omit_defaults=True):
    """The answer to one command: `data` when `ok`, else `error`. `id` 0: the frame had none that could be read."""

    id: int
    ok: Annotated[bool, Meta(description="always present")]
    data: Outcome | Raw | UnsetType = UNSET
    error: ErrorView | UnsetType = UNSET
    correlation_id: str = ""
    """Names the command in the server's log and in its record, for operators. A reply that is sent again has the id of the first one. Missing
    where the frame was no command."""


class Event(Struct, frozen=True):
    """Something that happened. Its `type` is one of `echoes.asyncapi.EVENTS`, or an extension's.

    `data.message` is prose for the story; `data.action` names the action.
    """

    type: str
    channel: str
    offset: int
    epoch: str
    data: Raw
    timestamp: str


class SnapshotFrame(Struct, frozen=True, tag="snapshot"):
    """Sent in place of events that could not be recovered: draw everything again."""

    reason: str
    snapshot: Snapshot
    positions: dict[str, WirePosition]
    """Channels in which events are missing, and the position from which each continues; the other channels continue as before. A location among
    them is the character's location now: the channel of the former one is over.
    """
    behind: dict[str, WirePosition]
    """Where each channel stood when the snapshot was read: it contains the facts of events up to there."""


class Reconnect(Struct, frozen=True, tag="reconnect"):
    """This worker is about to leave: reconnect after this time; nothing is lost."""

    after_ms: int


class Close:
    """Close codes: up to 4499 a client comes back by itself, from 4500 it does not."""

    FRAME_TOO_LARGE: ClassVar = 1009
    RESTARTING: ClassVar = 1012
    NO_HELLO: ClassVar = 4001
    TOO_SLOW: ClassVar = 4008
    FLOOD: ClassVar = 4009
    POSITION_LOST: ClassVar = 4010
    BAD_FRAME: ClassVar = 4500
    SIGNED_IN_ELSEWHERE: ClassVar = 4501
    NOT_ALLOWED: ClassVar = 4503
    TOKEN_EXPIRED: ClassVar = 4504
    BANNED: ClassVar = 4505
    KICKED: ClassVar = 4506


# ── what happens, as `data` of events ────────────────────────────────────────────────────────────────────────────────


Action = Literal[
    "player_arrived", "player_left", "player_linkdead", "player_returned", "item_picked_up", "item_dropped", "item_given", "item_used",
    "item_equipped", "item_unequipped", "searched", "rested", "stood_up", "decayed", "talked", "bought", "sold", "woke", "moved", "item_received",
    "npc_arrived", "npc_left", "npc_spoke",
    "fight_began", "fight_joined", "fight_round", "fight_over", "hurt", "looted",
    "quest_begun", "quest_advanced", "quest_done", "clue_found", "affected", "repaired", "returned", "notified",
    "player_renamed", "announced", "ignoring",
]  # fmt: skip
"""The actions of the core. `decayed`: the oldest litter. `returned`: things that belong there lie there again. `woke` (for the first time), `moved` and `item_received` are about the own character.
`talked`: with an NPC; to the own character it has no message. `affected`: an effect has begun, ticked or ended.
`notified`: an operator has done something that concerns the own character. `player_renamed`: `player` has the new name.
`announced`: operators say something to all players. `ignoring`: the own character ignores the characters in `ignores` from now on; it has no message."""
ChatKind = Literal["say", "emote", "whisper", "shout"]


class Happening(Struct, frozen=True, omit_defaults=True):
    """`data` of location_update and state_update events: absolute facts, each with the version of what it speaks of."""

    action: Annotated[str, Meta(
        description="One of the examples, or an extension's own, which begins with the name of its plugin and a dot: `dice.rolled`. "
        "Clients show `message` for an action that they do not know.",
        examples=[*get_args(Action)],
    )]  # fmt: skip
    message: str
    player: PlayerView | None = None
    version: int = 0
    """The acting character's row version."""
    direction: str = ""
    """`player_left` by an exit: its direction."""
    location_id: str = ""
    npc: NpcView | None = None
    """`npc_arrived`, `npc_left` and `npc_spoke`: the NPC."""
    fight: FightView | None = None
    """`fight_began`, `fight_joined`, `fight_round` and `fight_over`: the fight as it is now."""
    ground: list[ItemView] = []
    items: list[ItemView] = []
    load: list[float] = []
    you: You | None = None
    position: WirePosition | None = None
    """`moved`: the new location channel's position from before the move was committed."""
    location: LocationView | None = None
    """`moved`: filled in by the server that holds the socket."""
    forced: bool = False
    """`moved`: not by an own command to move (death, flight, a location that was removed). Show `message`: no reply has it."""
    map: list[PlaceView] = []
    positions: dict[str, WirePosition] = {}
    quests: list[QuestView] = []
    """`quest_begun`, `quest_advanced` and `quest_done`: the quests that have changed, as they are now. An event with an older `version` is ignored."""
    ignores: list[int] | None = None
    """`ignoring`: ids of the characters whose speech the own character does not get."""


class Chat(Struct, frozen=True, omit_defaults=True):
    """`data` of chat events."""

    kind: ChatKind
    sender: PlayerView
    text: str
    message: str


UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""The exceptions of decoding; the last one for data that is nested too deeply."""
encode = msgspec.json.Encoder().encode
decode_hello = msgspec.json.Decoder(Hello).decode
Json = dict[str, Any]
