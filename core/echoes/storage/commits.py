"""Read the rows that a command decides on. `commit` is the one way in which a command changes them."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from echoes.errors import EchoesError, PlayerError, Refused, Unavailable
from echoes.storage.database import TRY_AGAIN, Database
from echoes.storage.functions import named
from echoes.world.effects import Lasting

LITTER = 200
"""Most things that players have laid on the ground of one location. Beyond this the oldest decay."""
LITTER_STEP = 20
"""Most things that decay in one commit."""
SCRAP = "scrap"
"""The template under which the ledger counts scrap. No item has this id."""
FLAGS = 1000
"""Most flags of a character. Beyond this the oldest are forgotten."""
WINDOW = 16
"""Commands of one client whose replies are kept. The client may leave as many unanswered."""
CLIENTS = 1000
"""Clients of one character that are on record, and separately Idempotency-Keys over HTTP.

Keys take about 1.6 MB, as measured. The oldest are removed first.
"""


class Character(Struct, frozen=True, kw_only=True):
    """A character's row."""

    id: int
    name: str
    version: int
    epoch: int
    location_id: str
    hp: int
    max_hp: int
    stamina: float
    max_stamina: int
    stamina_at: float
    resting: bool
    level: int
    xp: int
    scrap: int
    explored: tuple[str, ...]
    flags: tuple[str, ...] = ()
    """Flags that dialogues have set for the character, the newest last."""
    combat: int = 0
    """The fight that it is in, or 0."""
    quests: dict[str, tuple[int, int]] = {}
    """The quests that it is on, by id: the steps reached, and the count within the step."""
    hp_at: float | None = None
    """Unix seconds at which it had `hp` (`echoes.world.rules.health_at`). None: now, in a value that an older release has cached."""
    effects: tuple[Lasting, ...] = ()
    """Effects on the character. Effects that are over may still be among them (`echoes.world.effects.standing`)."""
    strength: int = 5
    agility: int = 5
    endurance: int = 5
    intellect: int = 5
    conversation: str = ""
    """Where it stands in a conversation (`echoes.game.conversations`)."""
    muted_until: float = 0.0
    """Unix seconds until when it may not speak; its account has the same mute."""
    mute_notice: str = ""
    muted_speech: tuple[str, ...] = ()
    """The kinds of speech that the mute refuses; empty: all of them."""
    ignores: tuple[int, ...] = ()
    """The characters whose speech it does not get, the newest last."""


class Thing(Struct, frozen=True, omit_defaults=True):
    """An item's row. `slot` is where its owner wears it.

    `laid` is when a player laid it on the ground, in Unix seconds. It is 0 for an item that belongs to the place, and for one that is
    carried. A `personal` item never changes its owner.
    """

    id: int
    version: int
    template: str
    quantity: int
    durability: int | None = None
    slot: str = ""
    laid: float = 0.0
    personal: bool = False
    label: str = ""
    """A name behind that of its template: whose remains they are."""


class Statistics(Struct, frozen=True):
    """The statistics of a character: enemies killed, deaths, exits walked, pieces found by searching."""

    kills: int = 0
    deaths: int = 0
    distance: int = 0
    finds: int = 0


class Placed(Struct, frozen=True):
    """A thing that a commit is to put into the world."""

    id: int
    template: str
    quantity: int
    durability: int | None
    personal: bool = False


class Stale(EchoesError):  # noqa: N818
    """A row has changed since it was read: the caller reads again and decides again."""


class SearchedAlready(EchoesError):  # noqa: N818
    """The thing was searched too recently."""


class Superseded(PlayerError):  # noqa: N818
    """The acting session has a newer owner."""

    def __init__(self) -> None:
        super().__init__("signed_in_elsewhere", "You have signed in elsewhere.", "Play on there, or sign in here again.")


class Entrance(Struct, frozen=True):
    """The data that a session begins with: the row, the client's greatest command number, and the positions from which it follows channels.

    `echoes.game.resume_positions` reads `arrival` and `beginning`.
    """

    me: Character
    last_command: int
    arrival: str
    beginning: str


class NoCharacter(Refused):
    """There is no such character: it was removed, or never existed."""

    def __init__(self) -> None:
        super().__init__("no_character", "That character does not exist.", "Choose one of yours.")


class Receipt(Struct, frozen=True):
    """The result of `commit`: `done`, `repeated` (with the stored reply), `reused` (another command has that number) or `already_done`."""

    status: str
    reply: bytes
    places: Mapping[str, int]
    characters: Mapping[int, int]
    decayed: Mapping[str, Sequence[int]]
    """By location, the things that decayed to make room."""
    events: bytes | None
    """The events to publish, when they are more than the commit was given."""
    npc_places: Mapping[str, int] = {}
    """The versions of locations' NPCs, where they have changed."""


class Unpublished(Struct, frozen=True):
    """A command, or an occurrence of a timer, whose events are not marked as published.

    An occurrence has character 0, client `<kind>:<subject>` and the timer's version as number.
    """

    character_id: int
    client: str
    number: int
    events: bytes


def new_item_id() -> int:
    """Return a random id that fits JavaScript's integers. PostgreSQL's primary key refuses a duplicate."""
    return secrets.randbelow(2**53 - 1) + 1


ENTER = named("select (entered.me).*, entered.last_command from echoes_enter($1, $2, $3, $4, $5) entered")
COMMIT = named("select * from echoes_commit($1, $2, $3, $4, $5, $6, $7::jsonb, $8::jsonb, $9, $10, $11::jsonb)")
LEFT_BEHIND_SECONDS = 2.0
"""Seconds after which the worker of a command or a timer that has not published its events is taken for dead."""
SOME_UNPUBLISHED = (
    f"(exists(select from commands where not published and created < now() - interval '{LEFT_BEHIND_SECONDS} seconds')"  # noqa: S608 - constants
    f" or exists(select from occurrences where not published and created < now() - interval '{LEFT_BEHIND_SECONDS} seconds'))"
)
UNPUBLISHED = """
(select character_id, client, number, events, created from commands
    where not published and created < now() - $1 * interval '1 second' order by created limit $2)
union all
(select 0, kind || ':' || subject, version, events, created from occurrences
    where not published and created < now() - $1 * interval '1 second' order by created limit $2)
order by created limit $2
"""
MARK = """
with done as materialized (select * from unnest($1::bigint[], $2::text[], $3::bigint[]) as d(character_id, client, number)),
  free as (select k.ctid from commands k join done using (character_id, client, number) where not k.published for update of k skip locked),
  marked as (update commands k set published = true from free where k.ctid = free.ctid),
  gone as (select o.ctid from occurrences o join done d
      on d.character_id = 0 and o.kind = split_part(d.client, ':', 1) and o.subject = substr(d.client, strpos(d.client, ':') + 1) and o.version = d.number
    where not o.published for update of o skip locked)
update occurrences o set published = true from gone where o.ctid = gone.ctid
"""
CHARACTER = """select id, name, version, epoch, location_id, hp, max_hp, stamina, max_stamina, stamina_at, resting, level, xp, scrap, explored, flags,
  conversation, combat, quests, hp_at, effects, strength, agility, endurance, intellect, muted_until, mute_notice,
  ignores, muted_speech from characters"""

_decode_effects = msgspec.json.Decoder(tuple[Lasting, ...]).decode


async def load_character(database: Database, character_id: int) -> Character | None:
    """Return the current row."""
    row = await database.row("character.load", f"{CHARACTER} where id = $1", character_id)
    return None if row is None else _character(row)


async def load_statistics(database: Database, character_id: int) -> Statistics:
    """Return what a character has done."""
    row = await database.row(
        "statistics.load", "select kills, deaths, distance, finds from statistics where character_id = $1", character_id
    )
    return Statistics() if row is None else Statistics(**dict(row))


async def load_characters(database: Database, characters: Sequence[int]) -> dict[int, Character]:
    """Return the current rows of the characters that exist, by id."""
    rows = await database.rows("characters.load", f"{CHARACTER} where id = any($1)", list(characters))
    return {row["id"]: _character(row) for row in rows}


async def load_whole(database: Database, character_id: int) -> tuple[Character, list[Thing]] | None:
    """Return the row and the character's things in one consistent read."""
    rows = await database.rows(
        "character.whole",
        "select c.*, i.id as item_id, i.version as item_version, i.template, i.quantity, i.durability, i.personal, coalesce(q.slot, '') as slot"
        " from characters c left join items i on i.owner = 'character:' || c.id left join equipment q on q.item_id = i.id"
        " where c.id = $1 order by i.template, i.id",
        character_id,
    )
    if not rows:
        return None
    return _character(rows[0]), [
        Thing(
            row["item_id"], row["item_version"], row["template"], row["quantity"], row["durability"], row["slot"], personal=row["personal"]
        )
        for row in rows
        if row["item_id"] is not None
    ]


async def names_of(database: Database, characters: Sequence[int]) -> Mapping[int, str]:
    """Return the names of characters, by id."""
    rows = await database.rows("people.load", "select id, name from characters where id = any($1::bigint[])", list(characters))
    return {row["id"]: row["name"] for row in rows}


async def those_in(database: Database, location_id: str, characters: Sequence[int]) -> Collection[int]:
    """Return those of these characters that are in a location."""
    rows = await database.rows(
        "people.locate", "select id from characters where id = any($1::bigint[]) and location_id = $2", list(characters), location_id
    )
    return {row["id"] for row in rows}


async def enter(database: Database, character_id: int, epoch: int, client: str, *, address: str = "", worker: str = "") -> Entrance:
    """Take the character for a session: older epochs may no longer write. The address that it came from is noted, unless it is empty.

    Waits for commits under way, and counts what they commit. Raises `Superseded` when a newer epoch is known.
    """
    row = await database.row("session.enter", ENTER, character_id, epoch, client, address, worker)
    if row is None or row["last_command"] is None:
        raise Superseded
    return Entrance(_character(row), row["last_command"], row["arrival"], row["beginning"])


async def note_followed(database: Database, character_id: int, epoch: int, location_id: str, *, arrival: str, beginning: str) -> None:
    """Store since when a session's character follows its location, the channel of all players and its own.

    Nothing changes when the character has moved since.
    """
    await database.rows(
        "session.follow",
        "update characters set arrival = $4, beginning = $5 where id = $1 and epoch = $2 and location_id = $3",
        character_id, epoch, location_id, arrival, beginning,
    )  # fmt: skip


async def last_command(database: Database, character_id: int, client: str) -> int:
    """Return the greatest command number known for a client."""
    row = await database.row(
        "command.last",
        "select coalesce(max(number), 0) as number from commands where character_id = $1 and client = $2",
        character_id,
        client,
    )
    return int(row["number"]) if row is not None else 0


async def load_inventory(database: Database, character_id: int) -> tuple[int, list[Thing]]:
    """Return a character's things and the row version that they belong to, in one consistent read."""
    rows = await database.rows(
        "inventory.load",
        "select c.version as owner_version, i.*, coalesce(q.slot, '') as slot from characters c"
        " left join items i on i.owner = 'character:' || c.id left join equipment q on q.item_id = i.id where c.id = $1 order by i.template, i.id",
        character_id,
    )
    return _things(rows)


async def load_inventories(database: Database, characters: Sequence[int]) -> dict[int, list[Thing]]:
    """Return the things of each of these characters, in one query."""
    rows = await database.rows(
        "inventories.load",
        "select i.*, coalesce(q.slot, '') as slot, 0 as owner_version from items i left join equipment q on q.item_id = i.id"
        " where i.owner = any($1::text[]) order by i.template, i.id",
        [f"character:{one}" for one in characters],
    )
    return {one: _things([row for row in rows if row["owner"] == f"character:{one}"])[1] for one in characters}


async def load_ground(database: Database, location_id: str) -> tuple[int, list[Thing]]:
    """Return the things on the ground of a location and the version of its ground, in one consistent read.

    Reads at most `LITTER` + 1 of the things that belong to the place, and as many of the newest litter; see `is_partial`.
    """
    rows = await database.rows(
        "ground.load",
        "select p.version as owner_version, i.*, '' as slot, coalesce(extract(epoch from i.laid), 0)::double precision as lies"
        " from (select coalesce((select version from places where location_id = $1), 0) as version) p left join ("
        " (select * from items where owner = 'location:' || $1 and laid is null order by id limit $2) union all"
        " (select * from items where owner = 'location:' || $1 and laid is not null order by laid desc, id desc limit $2)) i on true"
        " order by i.template, i.id",
        location_id, LITTER + 1,
    )  # fmt: skip
    return _things(rows)


def is_partial(ground: Sequence[Thing]) -> bool:
    """Whether more things lie there than were read."""
    litter = sum(thing.laid > 0 for thing in ground)
    return litter > LITTER or len(ground) - litter > LITTER


async def count_ground(database: Database, location_id: str) -> int:
    """Return the number of things that lie in a location."""
    row = await database.row("ground.count", "select count(*) as n from items where owner = 'location:' || $1", location_id)
    assert row is not None  # noqa: S101 - an aggregate has one row
    return int(row["n"])


async def find_on_ground(database: Database, location_id: str, templates: Sequence[str], item_id: int, limit: int) -> list[Thing]:
    """Return things of these kinds that lie in a location, or the one with an id. Beyond `limit` only the newest are returned."""
    rows = await database.rows(
        "ground.find",
        "select 0 as owner_version, i.*, '' as slot, coalesce(extract(epoch from laid), 0)::double precision as lies from items i"
        " where owner = 'location:' || $1 and (template = any($2::text[]) or id = $3) order by laid desc nulls first, id desc limit $4",
        location_id, templates, item_id, limit,
    )  # fmt: skip
    return _things(rows)[1]


async def find_command(database: Database, character_id: int, client: str, number: int, digest: str = "") -> tuple[str, bytes]:
    """Look up a command:

    `repeated` with its reply, `reused` when the record has another digest, `already_done` when it is older than the window, or `new`. An
    empty digest matches every record.
    """
    row = await database.row(
        "command.find",
        "select count(*) as kept, min(number) as oldest, max(reply) filter (where number = $3) as reply,"
        " max(digest) filter (where number = $3) as digest from commands where character_id = $1 and client = $2",
        character_id, client, number,
    )  # fmt: skip
    assert row is not None  # noqa: S101 - an aggregate has one row
    if row["reply"] is not None:
        if digest and row["digest"] and digest != row["digest"]:
            return "reused", b""
        return "repeated", row["reply"].encode()
    return ("already_done" if row["kept"] >= WINDOW and number < row["oldest"] else "new"), b""


async def commit(
    database: Database, *, character_id: int, epoch: int, client: str, number: int,
    reply: bytes, events: bytes, changes: Sequence[Mapping[str, Any]], ledger: Sequence[Mapping[str, Any]] = (), durable: bool = True,
    digest: str = "", facts: bytes = b"[]",
) -> Receipt:  # fmt: skip
    """Apply a command's changes with its record, reply and events, once (see `echoes_commit` in `functions.sql`).

    Raises `Stale`, `SearchedAlready`, `Superseded`, and `Unavailable` when PostgreSQL cannot be reached. After a lost connection it tries
    once more under the same number, which finds out whether the first try took effect.
    """
    arguments = (
        character_id, epoch, client, number, reply.decode(), events.decode(),
        msgspec.json.encode(changes).decode(), msgspec.json.encode(ledger).decode(), durable, digest, facts.decode(),
    )  # fmt: skip
    try:
        try:
            row = await database.row("commit", COMMIT, *arguments)
        except Unavailable:
            row = await database.row("commit.again", COMMIT, *arguments)
    except (asyncpg.UniqueViolationError, *TRY_AGAIN) as error:
        raise Stale(str(error)) from error
    except asyncpg.PostgresError as error:
        match error.sqlstate:
            case "EC001":
                raise Stale(str(error)) from error
            case "EC002":
                raise Superseded from error
            case "EC004":
                raise SearchedAlready from error
            case "EC005":
                raise NoCharacter from error
            case _:
                raise
    assert row is not None  # noqa: S101 - a function with out parameters answers one row
    database.learn_time(row["now"])
    return Receipt(
        row["status"], (row["reply"] or "").encode(), msgspec.json.decode(row["places"] or "{}"),
        {int(key): value for key, value in msgspec.json.decode(row["characters"] or "{}").items()},
        msgspec.json.decode(row["decayed"] or "{}"), None if row["events"] is None else row["events"].encode(),
        msgspec.json.decode(row["npc_places"] or "{}"),
    )  # fmt: skip


async def unpublished(database: Database, older_than: float, limit: int = 100) -> list[Unpublished]:
    """Return commands and occurrences of timers whose events have not been marked as published for `older_than` seconds, oldest first."""
    rows = await database.rows("outbox.find", UNPUBLISHED, older_than, limit)
    return [Unpublished(row["character_id"], row["client"], row["number"], row["events"].encode()) for row in rows]


async def mark_published(database: Database, commands: Sequence[tuple[int, str, int]]) -> None:
    """Mark the events of these commands (character, client, number) as published. An occurrence of a timer has character 0, as in `Unpublished`.

    It waits for no lock. A row that another worker holds is being marked or removed by that worker. If neither happens, `unpublished` finds
    the row again.
    """
    await database.rows(
        "outbox.mark", MARK,
        [command[0] for command in commands], [command[1] for command in commands], [command[2] for command in commands],
    )  # fmt: skip


_decode_quests = msgspec.json.Decoder(dict[str, tuple[int, int]]).decode


def _character(row: asyncpg.Record) -> Character:
    lists: dict[str, Any] = {
        "explored": tuple(row["explored"]), "flags": tuple(row["flags"]), "ignores": tuple(row["ignores"]), "muted_speech": tuple(row["muted_speech"]), "quests": _decode_quests(row["quests"]),
        "effects": _decode_effects(row["effects"]),
    }  # fmt: skip
    return Character(**{name: row[name] for name in Character.__struct_fields__ if name not in lists}, **lists)


def _things(rows: Sequence[asyncpg.Record]) -> tuple[int, list[Thing]]:
    if not rows:
        return 0, []
    things = [
        Thing(
            row["id"],
            row["version"],
            row["template"],
            row["quantity"],
            row["durability"],
            row["slot"],
            row.get("lies", 0.0),
            row["personal"],
            row["label"],
        )
        for row in rows
        if row["id"] is not None
    ]
    return rows[0]["owner_version"], things
