"""A history in order: commands with their sendings and answers, connections, and what each client received on each channel."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from chaos.history import (
    Answer,
    Any,
    Began,
    Closed,
    Counted,
    Fault,
    Fenced,
    FightVersion,
    Final,
    Fought,
    Heard,
    Hello,
    Kept,
    Leased,
    Made,
    Overdue,
    Places,
    Rows,
    Saw,
    Seated,
    Sent,
    SignIns,
    Sums,
    Ticked,
    Welcomed,
)  # fmt: skip

LISTED = {SignIns: "storms", Saw: "looks", Fault: "faults", Sums: "sums", Places: "places", Overdue: "overdue"}
"""Records that are only listed, and where."""
NO_VERDICT = {"unavailable", "conflict", "flood", "token_expired"}
"""Refusals that decide nothing about the command; the last one comes of a clock that was stepped."""
Key = tuple[str, int]
"""A command: client and number."""


@dataclass(slots=True)
class Connection:
    """One connection's life. Times are infinite until they come."""

    character: int
    client: str
    hello: float
    resume: dict[str, tuple[str, int]]
    welcomed: float = float("inf")
    epoch: int = 0
    recovered: bool = False
    closed: float = float("inf")
    worker: str = ""


@dataclass(slots=True)
class Command:
    """One command, however often it was sent."""

    character: int
    verb: str
    text: str
    born: float
    late: bool
    sends: list[tuple[float, int]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    row: tuple[str, int] | None = None
    """PostgreSQL's record: digest and version."""
    things: list[tuple[int, int]] = field(default_factory=list)
    """Id and version of the things that it changed, as PostgreSQL's record says."""

    @property
    def done(self) -> Answer | None:
        """The first answer that is a verdict."""
        return next((one for one in self.answers if one.code not in NO_VERDICT), None)

    @property
    def version(self) -> int:
        """The version that the command gave the character's row; 0 when it changed nothing, as far as is known."""
        acknowledged = next((one.version for one in self.answers if one.version), 0)
        return acknowledged or (self.row[1] if self.row else 0)


@dataclass(slots=True)
class Version:
    """A version of a character's row, and the transaction that made it. `t` is in seconds of the history."""

    number: int
    transaction: int
    location: str
    t: float


@dataclass(slots=True)
class Occurrence:
    """A timer that happened. `due` and `t` are in seconds of the history."""

    transaction: int
    kind: str
    subject: str
    version: int
    due: float
    t: float


@dataclass(slots=True)
class Ledger:
    """All changes, as PostgreSQL has kept them (`chaos.keeping`)."""

    versions: dict[int, list[Version]] = field(default_factory=lambda: defaultdict(list))
    """By character, in order."""
    things: dict[int, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))
    """By thing: its versions, and when each was made."""
    commands: dict[int, tuple[int, Key]] = field(default_factory=dict)
    """By transaction: the character and the command."""
    timers: list[Occurrence] = field(default_factory=list)
    facts: dict[int, list[tuple[int, str, dict]]] = field(default_factory=lambda: defaultdict(list))
    """By transaction, in their order: character, type, and the rest."""
    fights: dict[int, list[FightVersion]] = field(default_factory=lambda: defaultdict(list))
    """By fight, in order."""
    is_there: bool = False


@dataclass(slots=True)
class Segment:
    """The events that a client received on a channel from a position on. `after_gap`: earlier ones may be missing, and the client knows."""

    t: float
    epoch: str
    offset: int
    after_gap: bool
    heard: list[tuple[float, int, str, int, str]] = field(default_factory=list)
    """When, over which connection, epoch, offset, identity."""


@dataclass(slots=True)
class Event:
    """The event at a position, and its sender."""

    id: str
    who: int
    what: str
    version: int
    text: str
    made: float
    """When it happened; at the latest when it was first received, also where a clock says otherwise."""
    place: str = ""
    lies: list[tuple[int, int, int]] = field(default_factory=list)
    mine: list[tuple[int, int, int]] = field(default_factory=list)


@dataclass
class Telling:
    """Everything, put together."""

    made: dict[int, Made] = field(default_factory=dict)
    connections: dict[int, Connection] = field(default_factory=dict)
    commands: dict[Key, Command] = field(default_factory=dict)
    segments: dict[tuple[str, str], list[Segment]] = field(default_factory=lambda: defaultdict(list))
    """By client and channel."""
    events: dict[tuple[str, str], dict[int, Event]] = field(default_factory=lambda: defaultdict(dict))
    """By channel and epoch, then by offset."""
    twins: list[str] = field(default_factory=list)
    """Positions that carry two different events."""
    strangers: set[tuple[int, str, int]] = field(default_factory=set)
    """PostgreSQL's records of commands that no bot has sent."""
    ticked: Ticked | None = None
    counted: Counted | None = None
    last_rows: set[Key] = field(default_factory=set)
    """The commands that PostgreSQL keeps at the end."""
    faults: list[Fault] = field(default_factory=list)
    storms: list[SignIns] = field(default_factory=list)
    looks: list[Saw] = field(default_factory=list)
    sums: list[Sums] = field(default_factory=list)
    places: list[Places] = field(default_factory=list)
    leases: dict[int, Leased] = field(default_factory=dict)
    lease_twins: list[Leased] = field(default_factory=list)
    fenced: Fenced | None = None
    final: Final | None = None
    kept: Ledger = field(default_factory=Ledger)
    fought: dict[int, Fought] = field(default_factory=dict)
    """Fights as their rows are at the end, by id."""
    overdue: list[Overdue] = field(default_factory=list)
    snapshots: int = 0
    wall: float = 0.0
    """Unix seconds at time 0; 0 when that is not known."""
    records: int = 0
    end: float = 0.0

    def owner(self, client: str) -> int:
        """The character that the client belongs to."""
        return self._owners[client]

    @property
    def given_up(self) -> set[Key]:
        """Commands without an answer whose player opened another tab within 5 seconds."""
        if self._given_up is None:
            first: dict[str, float] = {}
            for connection in self.connections.values():
                first.setdefault(connection.client, connection.hello)
            tabs: dict[int, list[tuple[float, str]]] = defaultdict(list)
            for client, t in first.items():
                tabs[self._owners[client]].append((t, client))
            self._given_up = {
                (client, n)
                for (client, n), command in self.commands.items()
                if command.done is None
                and any(command.born <= t < command.born + 5 and other != client for t, other in tabs[command.character])
            }
        return self._given_up

    @property
    def newest(self) -> dict[int, str]:
        """Each character's client at the end."""
        latest: dict[int, tuple[int, str]] = {}
        for connection in self.connections.values():
            if connection.epoch:
                latest[connection.character] = max(latest.get(connection.character, (0, "")), (connection.epoch, connection.client))
        return {character: client for character, (_, client) in latest.items()}

    def __post_init__(self) -> None:
        self._owners: dict[str, int] = {}
        self._given_up: set[Key] | None = None

    def take(self, record: Any) -> None:
        """The next record."""
        self.records += 1
        self.end = record.t
        if (listed := LISTED.get(type(record))) is not None:
            getattr(self, listed).append(record)
            return
        match record:
            case Began():
                self.wall = record.wall
            case Heard():
                self._heard(record)
            case Sent():
                self._sent(record)
            case Answer():
                if (command := self.commands.get((record.client, record.n))) is not None:
                    command.answers.append(record)
            case Hello():
                self._owners[record.client] = record.character
                self.connections[record.conn] = Connection(record.character, record.client, record.t, record.resume)
            case Welcomed():
                self._welcomed(record)
            case Seated():
                client = self.connections[record.conn].client
                self.snapshots += record.snapshot
                for channel, (epoch, offset) in record.positions.items():
                    self.segments[client, channel].append(Segment(record.t, epoch, offset, record.snapshot))
            case Closed():
                self.connections[record.conn].closed = record.t
            case Rows():
                self._rows(record)
            case Leased():
                if record.token in self.leases and not record.gone:
                    self.lease_twins.append(record)
                self.leases[record.token] = record if record.token not in self.leases else _released(self.leases[record.token], record)
            case Made():
                self.made[record.character] = record
            case Ticked():
                self.ticked = record
            case Counted():
                self.counted = record
            case Kept():
                self._kept(record)
            case Fought():
                self.fought[record.id] = record
            case Fenced():
                self.fenced = record
            case Final():
                self.final = record

    def _sent(self, record: Sent) -> None:
        key = record.client, record.n
        command = self.commands.get(key)
        if command is None:
            command = self.commands[key] = Command(record.character, record.verb, record.text, record.born, record.late)
        command.sends.append((record.t, record.conn))

    def _welcomed(self, record: Welcomed) -> None:
        connection = self.connections[record.conn]
        connection.welcomed, connection.epoch, connection.recovered = record.t, record.epoch, record.recovered
        connection.worker = record.worker
        for channel, (epoch, offset) in record.positions.items():
            segments = self.segments[connection.client, channel]
            goes_on = record.recovered and connection.resume.get(channel) == (epoch, offset)
            if not goes_on or not segments:
                gap = bool(connection.resume) and not record.recovered
                segments.append(Segment(record.t, epoch, offset, gap))

    def _heard(self, record: Heard) -> None:
        client = self.connections[record.conn].client
        known = self.events[record.ch, record.ep]
        event = known.get(record.o)
        if event is None:
            known[record.o] = Event(
                record.id, record.who, record.what, record.version, record.text, min(record.made or record.t, record.t),
                record.place, record.lies, record.mine,
            )  # fmt: skip
        elif event.id != record.id and not record.ep.startswith("~"):
            self.twins.append(f"{record.ch} {record.ep}:{record.o} is both {event} and {record}")
        segments = self.segments[client, record.ch]
        if not segments:
            segments.append(Segment(record.t, record.ep, record.o - 1, after_gap=True))
        segments[-1].heard.append((record.t, record.conn, record.ep, record.o, record.id))

    def _rows(self, record: Rows) -> None:
        for character, client, number, digest, version in record.rows:
            if record.final:
                self.last_rows.add((client, number))
            command = self.commands.get((client, number))
            if command is None:
                self.strangers.add((character, client, number))
            else:
                command.row = digest, version
        for client, number, things in record.things:
            if (command := self.commands.get((client, number))) is not None:
                command.things = things

    def _kept(self, record: Kept) -> None:
        known, wall = self.kept, self.wall
        known.is_there = True
        for transaction, character, version, location, at in record.versions:
            known.versions[character].append(Version(version, transaction, location, at - wall))
        for id, version, at in record.things:  # noqa: A001
            known.things[id].append((version, at - wall))
        for transaction, character, client, number in record.commands:
            known.commands[transaction] = character, (client, number)
        for transaction, kind, subject, version, due, at in record.timers:
            known.timers.append(Occurrence(transaction, kind, subject, version, due - wall, at - wall))
        for transaction, character, type_, body in record.facts:
            known.facts[transaction].append((character, type_, body))
        for fight in record.fights:
            known.fights[fight.id].append(fight)


def _released(lease: Leased, record: Leased) -> Leased:
    record.t = lease.t
    return record


def tell(records: Iterable[Any]) -> Telling:
    """Put a history together."""
    telling = Telling()
    for record in records:
        telling.take(record)
    return telling
