"""The records of a history, with the time of one clock: seconds since the run began. A history is a file of JSON lines, gzipped."""

import gzip
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
from echoes.world.combat import Fight
from msgspec import Struct


class Record(Struct, tag_field="k", kw_only=True, omit_defaults=True):
    """`t` is when the harness saw it."""

    t: float = 0.0


class Began(Record, tag="began"):
    """When the clock of this history stood at 0, in Unix seconds."""

    wall: float


class Made(Record, tag="made"):
    """A character, before it is played."""

    character: int
    name: str
    room: str
    version: int
    sits: bool
    """It never walks, and no enemy comes to it."""
    quests: dict[str, tuple[int, int]] = {}
    """The quests that it is on: steps reached, and the count within the step."""


class Sent(Record, tag="sent"):
    """A command leaves a client; with the same client and number again when it is sent again.

    A request over HTTP has connection 0, the client `http:KEY` and the number 1.
    """

    conn: int
    character: int
    client: str
    n: int
    verb: str
    text: str = ""
    """The sentence that was said, or the receiver of a thing that was given."""
    born: float = 0.0
    """When the player wanted it; earlier than `t` when there was no connection."""
    again: bool = False
    late: bool = False
    """Sent over a connection whose character the same player has taken over by another one: no bot waits for an answer."""


class Answer(Record, tag="answer"):
    """A reply. `version` is the character's after a change, 0 when nothing changed."""

    conn: int
    client: str
    n: int
    code: str = ""
    """Of the error; empty when it succeeded."""
    digest: str = ""
    version: int = 0
    at: str = ""
    """Where the character is after a change."""
    items: list[tuple[int, int, int]] = []
    """The character's things that changed: id, version, quantity (0: no longer the character's)."""
    ground: list[tuple[int, int, int]] = []
    bag: list[tuple[int, int, int]] | None = None
    """The things that `inventory` showed."""
    place: str = ""
    """The room that `look` showed, with the things on its ground in `lies`."""
    lies: list[tuple[int, int, int]] = []
    whole: bool = True
    """Whether nothing that lies there was left out."""


class Hello(Record, tag="hello"):
    """A connection says hello."""

    conn: int
    character: int
    client: str
    resume: dict[str, tuple[str, int]] = {}


class Welcomed(Record, tag="welcome"):
    """It was let in."""

    conn: int
    epoch: int
    worker: str
    recovered: bool
    positions: dict[str, tuple[str, int]]


class Heard(Record, tag="heard"):
    """An event arrived. `id` identifies it, under any position."""

    conn: int
    ch: str
    ep: str
    o: int
    id: str
    made: float = 0.0
    """When it happened, by its own timestamp."""
    who: int = 0
    """The character that caused the event."""
    what: str = ""
    version: int = 0
    text: str = ""
    place: str = ""
    """The room whose ground it speaks of."""
    lies: list[tuple[int, int, int]] = []
    """Things on the ground, as it says."""
    mine: list[tuple[int, int, int]] = []
    """Things that the one who hears it now has."""


class Saw(Record, tag="saw", kw_only=True):
    """Everything about a character and where it is, in one look: a welcome, a snapshot, or a request over HTTP."""

    character: int
    asked: float = 0.0
    """When the client asked; 0 when it did not."""
    version: int
    """Of the character's row."""
    place: str
    lies: list[tuple[int, int, int]]
    whole: bool = True
    """Whether nothing that lies there was left out."""
    bag: list[tuple[int, int, int]] | None = None
    """The things that the character carries; None where they were not shown."""


class Seated(Record, tag="seated"):
    """From here on these channels are followed from these positions: a new room, or a snapshot in place of what could not be recovered."""

    conn: int
    positions: dict[str, tuple[str, int]]
    snapshot: bool = False


class Closed(Record, tag="closed"):
    """A connection is over."""

    conn: int
    code: int


class Fault(Record, tag="fault"):
    """Something is broken (`begins`), repaired (`ends`), or all play again (`whole`)."""

    kind: str
    phase: str
    detail: str = ""
    seconds: float = 0.0
    """From the mending until all was whole; -1 when that was not in time."""


class SignIns(Record, tag="sign_ins", kw_only=True):
    """A number of people gave the right password at once: how many were answered otherwise than by signing them in or asking them to wait."""

    began: float
    people: int
    wrong: int
    tries: int
    took: list[float]
    """Seconds that each of those waited who are signed in."""


class Rows(Record, tag="rows"):
    """PostgreSQL's records of commands: character, client, number, digest of the reply, version in it."""

    rows: list[tuple[int, str, int, str, int]]
    things: list[tuple[str, int, list[tuple[int, int]]]] = []
    """The things that the commands changed, as their replies say: client, number, id and version of each thing."""
    final: bool = False


class Sums(Record, tag="sums"):
    """PostgreSQL's sums: templates of which there are more or fewer than the ledger says; scrap without what the ledger has of it; things worn by others than their owners."""

    wrong: dict[str, int]
    scrap: int
    stolen: int = 0


class Ticked(Record, tag="ticked"):
    """Occurrences of timers, as PostgreSQL saw them: subject, the timer's version, when it was due and when it happened (both Unix seconds).

    `facts` is how many facts each subject and version has left.
    """

    rows: list[tuple[str, int, float, float]]
    facts: list[tuple[str, int, int]]
    interval: float


class FightVersion(Struct, array_like=True):
    """One version of a fight's row, without the rounds that are over. `at` and `until` are Unix seconds."""

    transaction: int
    id: int
    version: int
    at: float
    until: float
    over: bool
    fight: Fight


class Kept(Record, tag="kept"):
    """All changes that PostgreSQL has made, with the transactions that made them. A run has several of these, one after the other.

    `at` is when the change was made, `due` when its timer was due (both Unix seconds).
    """

    versions: list[tuple[int, int, int, str, float]] = []
    """Of characters: transaction, character, version, location, at."""
    things: list[tuple[int, int, float]] = []
    """Of things, also of those that are gone: id, version, at."""
    commands: list[tuple[int, int, str, int]] = []
    """Transaction, character, client, number."""
    timers: list[tuple[int, str, str, int, float, float]] = []
    """Timers that happened: transaction, kind, subject, version, due, at."""
    facts: list[tuple[int, int, str, dict]] = []
    """In their order: transaction, character, type, and the rest."""
    fights: list[FightVersion] = []


class Fought(Record, tag="fought"):
    """A fight's row at the end, with all its rounds."""

    id: int
    over: bool
    fight: Fight


class Overdue(Record, tag="overdue"):
    """One look at fights and timers: what does not fit together, and what is late, with the seconds."""

    wrong: list[str] = []
    fights: list[tuple[int, float]] = []
    timers: list[tuple[str, float]] = []
    final: bool = False


class Places(Record, tag="places"):
    """Redis' registry, in one look: characters that are in two locations, or in another than their body."""

    wrong: list[str]


class Counted(Record, tag="counted"):
    """The server's metrics in the end: the commands of each name that it has counted, also those of workers that have died."""

    commands: dict[str, int]


class Leased(Record, tag="leased"):
    """A contender got a lease: asked at `asked`, answered at `t`; its own clock says that it holds it for `ttl` seconds from `asked`, or until `gone`."""

    who: str
    token: int
    asked: float
    ttl: float
    gone: float = 0.0


class Fenced(Record, tag="fenced"):
    """The writes of holders to PostgreSQL, as a store that checks tokens: the accepted tokens in its order, and the number of refusals."""

    tokens: list[int]
    refused: int


class Person(Struct, array_like=True):
    """A character's row, and what Redis says of it, at the end."""

    version: int
    epoch: int
    location: str
    body: str = ""
    session_epoch: int = 0
    connected: bool = False
    quests: dict[str, tuple[int, int]] = {}
    """The quests that it is on: steps reached, and the count within the step."""
    done: list[str] = []
    """The quests that it has done."""


class Final(Record, tag="final"):
    """The end, when all is quiet."""

    people: dict[int, Person]
    unpublished: int
    """Commands and occurrences of timers whose events wait to be published."""
    scrap: int
    read: float = 0.0
    """When it was read. The city continues until it is written down."""


Any = (
    Began
    | Made
    | Sent
    | Answer
    | Hello
    | Welcomed
    | Heard
    | Saw
    | Seated
    | Closed
    | Fault
    | SignIns
    | Rows
    | Sums
    | Ticked
    | Kept
    | Fought
    | Overdue
    | Places
    | Counted
    | Leased
    | Fenced
    | Final
)
"""One line of a history."""


class History:
    """Written by one process, so that there is one clock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = gzip.open(path, "wb", compresslevel=1)  # noqa: SIM115 - closed by `close`
        self._encoder = msgspec.json.Encoder()
        self._began = time.monotonic()
        self._wall = time.time()
        self.add(Began(wall=self._wall))

    @property
    def now(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    def at(self, timestamp: str) -> float:
        """When something with this timestamp (ISO 8601) happened."""
        return datetime.fromisoformat(timestamp).timestamp() - self._wall

    def add(self, record: Record) -> None:
        """Write it down, now."""
        record.t = round(self.now, 4)
        self._file.write(self._encoder.encode(record) + b"\n")

    def close(self) -> None:
        """It is complete."""
        self._file.close()


def read(path: Path) -> Iterator[Any]:
    """The records of a history."""
    decoder = msgspec.json.Decoder(Any)
    with gzip.open(path, "rb") as file:
        for line in file:
            yield decoder.decode(line)
