"""Stale reads: no read is older than the events that its reader had received, over any way of receiving and of reading."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter

from chaos.lawbook import LAG, calm, law
from chaos.telling import Command, Telling, Version

BAG, GONE = "the bag", ""
"""Where a thing is: a room's id, the bag of the client that gets the event, or not (any more) where it was."""
HEARD_LATE = 2.0
"""Seconds by which an event's timestamp may be later than the commit that it reports."""


@dataclass(slots=True)
class Fact:
    """A client received this version of a thing, and where the thing then is."""

    t: float
    id: int
    version: int
    where: str


@dataclass(slots=True)
class Read:
    """The state that a client was shown when it asked. `version`: of the character's row, 0 when that was not shown."""

    asked: float
    t: float
    version: int = 0
    place: str = ""
    shown: dict[str, dict[int, int]] = field(default_factory=dict)
    """By place: the version of each thing that is shown there."""
    whole: bool = True
    """Whether everything there is shown."""


@dataclass(slots=True)
class Reader:
    """One player over all its connections and requests."""

    name: str
    facts: list[Fact] = field(default_factory=list)
    rows: list[tuple[float, int, str]] = field(default_factory=list)
    """When the client received which version of its character's row, and the location in it."""
    reads: list[Read] = field(default_factory=list)
    moves: list[Command] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    """All versions of its row, as PostgreSQL has made them."""


@law
def reads_are_never_older(telling: Telling) -> Iterator[str]:
    """No read is older than what its reader had received by a reply, an event or a snapshot (by more than `LAG` while something is broken).

    Things are compared by version; a thing that was reported in a place and is not shown there must have changed since. The character's own row is
    compared by version and location. Reads are `inventory`, `look`, the snapshot of a welcome, and requests over HTTP.
    """
    for line, lag, was_calm in stale_reads(telling):
        if lag > LAG or was_calm:
            yield line


def stale_reads(telling: Telling) -> Iterator[tuple[str, float, bool]]:
    """Reads that showed less than was known: in words, seconds since that was known, whether nothing was broken."""
    changes = _changes(telling)
    for reader in _readers(telling).values():
        reader.facts.sort(key=attrgetter("t"))
        reader.rows.sort()
        reader.reads.sort(key=attrgetter("asked"))
        for line, read, since in (*_older_things(reader, changes), *_older_rows(reader)):
            yield f"{reader.name} {line}, and had been told since {since:.2f}", read.asked - since, calm(telling, read.asked)


def _readers(telling: Telling) -> dict[int, Reader]:
    readers = {one.character: Reader(one.name, versions=telling.kept.versions.get(one.character, [])) for one in telling.made.values()}
    for command in telling.commands.values():
        _learn_from(command, readers[command.character])
    for (client, channel), segments in telling.segments.items():
        facts = readers[telling.owner(client)].facts
        for segment in segments:
            for t, _, epoch, offset, _ in segment.heard:
                event = telling.events[channel, epoch][offset]
                facts += (Fact(t, id, version, event.place if quantity else GONE) for id, version, quantity in event.lies)  # noqa: A001
                facts += (Fact(t, id, version, BAG if quantity else GONE) for id, version, quantity in event.mine)  # noqa: A001
    for saw in telling.looks:
        reader = readers[saw.character]
        read = Read(saw.asked, saw.t, saw.version, saw.place, {saw.place: {one[0]: one[1] for one in saw.lies}}, saw.whole)
        if saw.bag is not None:
            read.shown[BAG] = {one[0]: one[1] for one in saw.bag}
        _take(reader, read)
        if saw.asked:
            reader.reads.append(read)
    return readers


def _learn_from(command: Command, reader: Reader) -> None:
    """The content of a command's answers, and what it asked for."""
    if command.verb == "move":
        reader.moves.append(command)
    for answer in command.answers:
        reader.facts += (Fact(answer.t, id, version, BAG if quantity else GONE) for id, version, quantity in answer.items)  # noqa: A001
        reader.facts += (Fact(answer.t, id, version, answer.at if quantity else GONE) for id, version, quantity in answer.ground)  # noqa: A001
        if answer.version and answer.conn:  # a request over HTTP is another reader than the session
            reader.rows.append((answer.t, answer.version, answer.at))
        if answer.bag is None and not answer.place:
            continue
        read = Read(command.sends[0][0], answer.t, 0, answer.place, {}, answer.whole)
        if answer.bag is not None:
            read.shown[BAG] = {one[0]: one[1] for one in answer.bag}
        if answer.place:
            read.shown[answer.place] = {one[0]: one[1] for one in answer.lies}
        _take(reader, read)
        # Sent once and answered at once: of others it is not known which sending the answer is to.
        if len(command.sends) == len(command.answers) == 1:
            reader.reads.append(read)


def _take(reader: Reader, read: Read) -> None:
    """All that is shown counts as received."""
    for where, things in read.shown.items():
        reader.facts += (Fact(read.t, id, version, where) for id, version in things.items())  # noqa: A001
    if read.version:
        reader.rows.append((read.t, read.version, read.place))


def _changes(telling: Telling) -> dict[int, list[tuple[int, float]]]:
    """By thing: its versions in order, and when each can have come at the earliest."""
    since: dict[int, dict[int, float]] = defaultdict(dict)

    def note(id: int, version: int, t: float) -> None:  # noqa: A002
        since[id][version] = min(since[id].get(version, t), t)

    for command in telling.commands.values():
        for id, version in command.things:  # noqa: A001
            note(id, version, command.sends[0][0])
        for answer in command.answers:
            for id, version, _ in (*answer.items, *answer.ground):  # noqa: A001
                note(id, version, command.sends[0][0])
            for id, version, _ in (*(answer.bag or ()), *answer.lies):  # noqa: A001
                note(id, version, 0.0)
    for events in telling.events.values():
        for event in events.values():
            for id, version, _ in (*event.lies, *event.mine):  # noqa: A001
                note(id, version, event.made - HEARD_LATE)
    for saw in telling.looks:
        for id, version, _ in (*saw.lies, *(saw.bag or ())):  # noqa: A001
            note(id, version, 0.0)
    for id, changes in telling.kept.things.items():  # noqa: A001
        for version, t in changes:
            note(id, version, t)
    return {id: sorted(versions.items()) for id, versions in since.items()}  # noqa: A001


def _older_things(reader: Reader, changes: dict[int, list[tuple[int, float]]]) -> Iterator[tuple[str, Read, float]]:
    known: dict[int, Fact] = {}
    lying: dict[str, set[int]] = defaultdict(set)
    at = 0
    for read in reader.reads:
        while at < len(reader.facts) and reader.facts[at].t < read.asked:
            fact = reader.facts[at]
            former = known.get(fact.id)
            if former is None or fact.version > former.version or (fact.version == former.version and former.where == GONE != fact.where):
                if former is not None:
                    lying[former.where].discard(fact.id)
                known[fact.id] = fact
                lying[fact.where].add(fact.id)
            at += 1
        for where, things in read.shown.items():
            for id, version in things.items():  # noqa: A001
                if id in known and version < known[id].version:
                    yield f"saw {id} in {where} at {read.t} as of version {version}, after {known[id].version}", read, known[id].t
            if read.whole:
                for id in lying[where] - things.keys():  # noqa: A001
                    if not _may_have_changed(changes.get(id, []), known[id].version, read.t):
                        yield f"saw no {id} in {where} at {read.t}, where version {known[id].version} is", read, known[id].t


def _may_have_changed(versions: list[tuple[int, float]], version: int, t: float) -> bool:
    """Whether anything is known to have made a later version, possibly before `t`."""
    return any(since <= t for _, since in versions[bisect_left(versions, (version + 1, float("-inf"))) :])


def _older_rows(reader: Reader) -> Iterator[tuple[str, Read, float]]:
    version, place, since, at = 0, "", 0.0, 0
    for read in reader.reads:
        while at < len(reader.rows) and reader.rows[at][0] < read.asked:
            t, told, where = reader.rows[at]
            if told > version:
                version, place, since = told, where, t
            at += 1
        if 0 < read.version < version:
            yield f"saw itself at {read.t} as of version {read.version}, after {version}", read, since
        elif version and read.place and read.place != place and read.version <= version:
            under_way = any(one.sends[0][0] < read.t and (one.done is None or one.done.t > read.asked) for one in reader.moves)
            brought = any(one.number > version and one.location == read.place and one.t <= read.t for one in reader.versions)
            if not under_way and not brought:
                yield f"saw {read.place} at {read.t}, and is in {place} (version {version})", read, since
