"""The laws that hold for every history, with any fault. Each law returns its violations, a line each."""

import itertools
import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator

from chaos.crowd import SCRAP
from chaos.fight_laws import fights_replay, no_fight_stuck
from chaos.lawbook import LAWS, calm, late_for_no_reason, law, name_of
from chaos.quest_laws import quests_follow_facts
from chaos.reads import stale_reads
from chaos.telling import NO_VERDICT, Command, Connection, Event, Key, Segment, Telling, Version
from chaos.versions import unexplained

COMING = 1.0
"""Seconds that it takes at most to come into a room and look around."""
KNOWN_WITHIN = 3.0
"""Seconds within which a player knows in the end where a fight has brought its character."""
OWED = 30.0
"""Seconds within which a worker has published the events that it owed, behind those that others published meanwhile."""
TELLING_VERBS = {"say", "drop", "pick_up", "give", "search", "rest", "use", "equip", "unequip"}
"""Commands whose event goes to all in the room."""


def violations(telling: Telling) -> dict[str, list[str]]:
    """By law; only those that were violated."""
    found = {name: list(check(telling)) for name, check in LAWS.items()}
    return {name: lines for name, lines in found.items() if lines}


# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@law
def acknowledged_means_durable(telling: Telling) -> Iterator[str]:
    """A command that was answered as done is on PostgreSQL's record, with that very answer."""
    last: dict[str, list[int]] = defaultdict(list)
    for (client, n), command in telling.commands.items():
        for answer in command.answers:
            if not answer.version:
                continue
            if command.row is None:
                yield f"{name_of(telling, command)} {client}:{n} {command.verb} was acknowledged at {answer.t} and is not on record"
            elif command.row != (answer.digest, answer.version):
                yield f"{name_of(telling, command)} {client}:{n} {command.verb} was answered at {answer.t} otherwise than it is on record"
        if command.version:
            last[client].append(n)
    if telling.final is not None:
        for client, numbers in last.items():
            for n in sorted(numbers)[-16:]:
                if (client, n) not in telling.last_rows:
                    yield f"{client}:{n} was on record and is not any more"


@law
def commands_apply_once(telling: Telling) -> Iterator[str]:
    """Each version of a character came by one command of its own, one gift, one round of its fight or one timer of its own; each command made one at most."""
    for character, client, number in sorted(telling.strangers):
        yield f"PostgreSQL has a command {client}:{number} of {character} that nobody has sent"
    made: dict[int, dict[int, Key]] = defaultdict(dict)
    for key, command in telling.commands.items():
        versions = {answer.version for answer in command.answers if answer.version}
        if command.row is not None and command.row[1]:
            versions.add(command.row[1])
        if len(versions) > 1:
            yield f"{name_of(telling, command)} {key} {command.verb} took effect as {sorted(versions)}"
        for version in versions:
            other = made[command.character].setdefault(version, key)
            if other != key:
                yield f"{name_of(telling, command)} version {version} was made by {other} and by {key}"
        if command.version and any(answer.code == "already_done" for answer in command.answers):
            yield f"{name_of(telling, command)} {key} {command.verb}: its answer was forgotten within its window"
    if telling.kept.is_there:
        yield from unexplained(telling)


@law
def done_stays_done(telling: Telling) -> Iterator[str]:
    """A command that is on record as done is never refused, over any connection that asks again, and a refused command is never done."""
    for key, command in telling.commands.items():
        if command.version:
            for answer in command.answers:
                if answer.code not in {"", "already_done", *NO_VERDICT}:
                    yield (
                        f"{name_of(telling, command)} {key} {command.verb} was answered with {answer.code} at {answer.t}, and made version "
                        f"{command.version}"
                    )


@law
def every_command_is_answered(telling: Telling) -> Iterator[str]:
    """Every command whose player still waits for it has an answer in the end, and none is `internal`."""
    current = set(telling.newest.values())
    for (client, n), command in telling.commands.items():
        if any(answer.code == "internal" for answer in command.answers):
            yield f"{name_of(telling, command)} {client}:{n} {command.verb} broke something inside"
        if client in current and not command.late and command.done is None and telling.final is not None:
            yield f"{name_of(telling, command)} {client}:{n} {command.verb}, sent at {command.sends[0][0]}, was never answered"


@law
def commands_are_counted(telling: Telling) -> Iterator[str]:
    """The metrics have each verdict that a bot got, and no more commands of a name than were sent.

    A command may be carried out without an answer that arrives: its worker is killed, or its connection is cut.
    """
    if telling.counted is None:
        return
    sent, answered = Counter[str](), Counter[str]()
    for command in telling.commands.values():
        sent[command.verb] += len(command.sends)
        answered[command.verb] += sum(answer.code not in NO_VERDICT for answer in command.answers)
    for verb, most in sorted(sent.items()):
        if not answered[verb] <= (counted := telling.counted.commands.get(verb, 0)) <= most:
            yield f"{verb} was sent {most} times and answered {answered[verb]} times; the metrics have counted {counted}"


@law
def one_live_session(telling: Telling) -> Iterator[str]:
    """Epochs grow, and once a connection is welcomed, nothing sent over an older one is carried out."""
    by_character: dict[int, list[Connection]] = defaultdict(list)
    for connection in telling.connections.values():
        if connection.epoch:
            by_character[connection.character].append(connection)
    newest: dict[int, list[tuple[int, float]]] = {}
    for character, connections in by_character.items():
        for former in connections:
            for later in connections:
                if former.welcomed < later.hello and former.epoch >= later.epoch:
                    yield f"{character} was welcomed under {former.epoch} at {former.welcomed}, then under {later.epoch} at {later.welcomed}"
        newest[character] = sorted((one.epoch, one.welcomed) for one in connections)
    for (client, n), command in telling.commands.items():
        if not command.version:
            continue
        first, _ = command.sends[0]
        acting = max((telling.connections[conn].epoch for _, conn in command.sends if conn), default=0)
        superseded = min((t for epoch, t in newest.get(command.character, ()) if epoch > acting), default=float("inf"))
        if acting and superseded < first:
            yield f"{name_of(telling, command)} {client}:{n} {command.verb} was sent at {first} and carried out, though a newer session was welcomed at {superseded}"
    if telling.final is not None:
        for character, person in telling.final.people.items():
            known = max((epoch for epoch, _ in newest.get(character, ())), default=0)
            if person.epoch < known or person.session_epoch != person.epoch or not person.connected:
                yield f"{character} was welcomed under {known}; its row says {person.epoch}, its session {person.session_epoch} ({person.connected})"


@law
def one_location(telling: Telling) -> Iterator[str]:
    """In the registry every character is in one location at any moment, and in the end in the one that PostgreSQL says and the player knows.

    The answer to a last move may have got lost with a tab that the player has given up: then the player need not know. Nor need it know yet where
    a fight or an effect has just brought it.
    """
    for places in telling.places:
        for line in places.wrong:
            yield f"at {places.t}: {line}"
    if telling.final is None:
        return
    believed: dict[int, tuple[int, str]] = {}
    end = telling.final.read or telling.final.t
    for command in telling.commands.values():
        for answer in command.answers:
            if answer.version and answer.t <= end:
                believed[command.character] = max(believed.get(command.character, (0, "")), (answer.version, answer.at))
        if command.verb == "move" and not command.answers and command.version:
            believed[command.character] = max(believed.get(command.character, (0, "")), (command.version, ""))
    for look in (one for one in telling.looks if one.t <= end):
        believed[look.character] = max(believed.get(look.character, (0, "")), (look.version, look.place))
    for character, person in telling.final.people.items():
        if any(end - moved.t < KNOWN_WITHIN for moved in relocations(telling, character)):
            believed[character] = 0, ""
        place = believed.get(character, (0, telling.made[character].room))[1]
        if not person.location == person.body == (place or person.body):
            yield f"{character}: PostgreSQL says {person.location}, the registry {person.body}, the last answer {place}"


def relocations(telling: Telling, character: int) -> list[Version]:
    """The versions of a character's row in which it came to another location, by its own command or not."""
    versions = telling.kept.versions.get(character, [])
    former = [telling.made[character].room, *(one.location for one in versions)]
    return [one for one, before in zip(versions, former, strict=False) if one.location != before]


@law
def things_are_conserved(telling: Telling) -> Iterator[str]:
    """At every look the sums of things are what the ledger says, scrap is what it was, and no character wears another's thing."""
    for sums in telling.sums:
        if sums.wrong or sums.stolen or sums.scrap != SCRAP * len(telling.made):
            yield f"at {sums.t}: {sums.wrong}, scrap {sums.scrap}, worn by others {sums.stolen}"


@law
def sign_ins_succeed(telling: Telling) -> Iterator[str]:
    """A player with the right password is signed in within three minutes, however many sign in at once and with any fault meanwhile."""
    for storm in telling.storms:
        if storm.wrong or len(storm.took) < storm.people:
            yield f"of {storm.people} at {storm.began}, {storm.wrong} were refused for good, and {storm.people - len(storm.took)} are not signed in"


# ── what is heard ────────────────────────────────────────────────────────────────────────────────────────────────────


@law
def in_order_without_a_gap(telling: Telling) -> Iterator[str]:
    """From where a client follows a channel, it gets all that others got there, in order, except what it did itself; or it gets a snapshot.

    What happened before it came, and was published at a later position (Redis had lost it, or could not be reached sooner), it has seen on coming.
    """
    yield from telling.twins
    moves: dict[int, list[Command]] = defaultdict(list)
    for command in telling.commands.values():
        if command.verb == "move" and command.version:
            moves[command.character].append(command)
    brought = {character: relocations(telling, character) for character in telling.made}
    offsets = {key: sorted(events) for key, events in telling.events.items()}
    positions = {key: {event.id: offset for offset, event in events.items()} for key, events in telling.events.items()}
    for (client, channel), segments in telling.segments.items():
        heard = {one[-1] for segment in segments for one in segment.heard}
        for segment in segments:
            yield from (f"{client} on {channel}: {line}" for line in _disorder(segment))
            before = positions.get((channel, segment.epoch), {})
            came = _setting_out(moves[telling.owner(client)], brought[telling.owner(client)], channel, segment.t)
            since = max(came, _beginning(telling, segment.epoch, segment.t))
            for epoch, (_, top) in _reach(segment).items():
                if epoch.startswith("~"):
                    continue  # what a worker tells its own players while it is cut off
                numbers, events = offsets[channel, epoch], telling.events[channel, epoch]
                below = segment.offset if epoch == segment.epoch else 0
                for offset in numbers[bisect_right(numbers, below) : bisect_right(numbers, top)]:
                    event = events[offset]
                    if event.who == telling.owner(client) or event.id in heard or event.made < since:
                        continue
                    if before.get(event.id, segment.offset + 1) <= segment.offset:
                        continue  # it stood before the beginning, and was published again under another epoch
                    yield f"{client} on {channel}: hole at {epoch}:{offset} ({event}); it followed from {segment.epoch}:{segment.offset} at {segment.t}"


def _may_lead(move: Command, channel: str) -> bool:
    """Whether a move that was carried out led, or, of a lost answer, may have led to where this channel is received."""
    return channel.startswith("location:") and (move.done is None or channel == f"location:{move.done.at}")


def _setting_out(moves: list[Command], brought: list[Version], channel: str, t: float) -> float:
    """When a character that follows a channel since `t` was not there yet: until it first asked for a move there, or was brought there."""
    asked = [move.sends[0][0] for move in moves if _may_lead(move, channel)]
    asked += [one.t for one in brought if channel == f"location:{one.location}" and not any(_made(move, one) for move in moves)]
    return min((one for one in asked if t - COMING < one < t), default=t - COMING)


def _made(move: Command, version: Version) -> bool:
    return move.version == version.number


def _beginning(telling: Telling, epoch: str, t: float) -> float:
    """The earliest moment at which a position of this epoch can have been noted: epochs are microseconds since 1970."""
    if epoch.startswith("~"):
        return t
    return int(epoch) / 1_000_000 - telling.wall if telling.wall else 0.0


def _reach(segment: Segment) -> dict[str, tuple[int, int]]:
    reach: dict[str, tuple[int, int]] = {}
    for _, _, epoch, offset, _ in segment.heard:
        low, high = reach.get(epoch, (offset, offset))
        reach[epoch] = min(low, offset), max(high, offset)
    return reach


def _disorder(segment: Segment) -> Iterator[str]:
    at: dict[str, int] = {segment.epoch: segment.offset}
    latest = int(segment.epoch) if segment.epoch.isdigit() else 0
    for t, _, epoch, offset, _ in segment.heard:
        if offset <= at.get(epoch, -1):
            yield f"{epoch}:{offset} at {t} came after {epoch}:{at[epoch]}"
        at[epoch] = offset
        if epoch.isdigit():
            if int(epoch) < latest:
                yield f"{epoch}:{offset} at {t} came after the newer epoch {latest}"
            latest = int(epoch)


@law
def delivered_once(telling: Telling) -> Iterator[str]:
    """A client gets no event twice, at any position, unless a snapshot lies in between.

    Two players who arrive in one millisecond get the same words from an NPC: equal greetings at two positions of one epoch are two events.
    An event of a former epoch may come again to a client that has come back, over another connection or into the room. The former epoch is that
    of a worker that was cut off, or of a Redis that has lost everything since. The event then has the same bytes, by which the client recognises
    it; a sentence that was sent again meanwhile has the same words and another timestamp.
    """
    for line, recognised in delivered_again(telling):
        if not recognised:
            yield line


def delivered_again(telling: Telling) -> Iterator[tuple[str, bool]]:
    """Events that came twice, and whether that is allowed: under another epoch, to a character that has come back."""
    for (client, channel), segments in telling.segments.items():
        seen: dict[str, tuple[float, str, tuple[int, int]]] = {}
        for visit, segment in enumerate(segments):
            if segment.after_gap:
                seen = {}
            for t, conn, epoch, offset, id in segment.heard:  # noqa: A001
                what = telling.events[channel, epoch][offset].what
                if id in seen and (seen[id][1] != epoch or what != "npc_spoke"):
                    before, former, over = seen[id]
                    recognised = former != epoch and over != (conn, visit)
                    yield f"{client} on {channel}: {what} {epoch}:{offset} at {t} had been heard as {former} at {before}", recognised
                seen[id] = t, epoch, (conn, visit)


@law
def delivered_to_all(telling: Telling) -> Iterator[str]:
    """A character that stays in a room gets an event for everything that others who stay there did, unless a snapshot has come in its place."""
    rooms: dict[str, list[int]] = defaultdict(list)
    for one in telling.made.values():
        if one.sits:
            rooms[one.room].append(one.character)
    deeds = _deeds(telling, {character for room in rooms.values() for character in room})
    clients: dict[int, list[str]] = defaultdict(list)
    for connection in telling.connections.values():
        if connection.client not in clients[connection.character]:
            clients[connection.character].append(connection.client)
    for room, characters in rooms.items():
        channel = f"location:{room}"
        for listener in characters:
            heard, gaps = _heard_by(telling, listener, clients[listener], channel)
            for actor in characters:
                if actor != listener:
                    yield from _missed(telling, listener, actor, deeds[actor], heard, gaps)


def _deeds(telling: Telling, of: set[int]) -> dict[int, list[tuple[float, object, Command]]]:
    """The commands of each character that have an event for others: when each was first sent, the event's identity, and the command."""
    deeds: dict[int, list[tuple[float, object, Command]]] = defaultdict(list)
    for command in telling.commands.values():
        if command.character not in of or command.verb not in TELLING_VERBS:
            continue
        if command.verb == "say":
            if (done := command.done) is not None and done.code in {"", "already_done"}:
                deeds[command.character].append((command.sends[0][0], command.text, command))
        elif command.version:
            deeds[command.character].append((command.sends[0][0], command.version, command))
    for line in deeds.values():
        line.sort(key=lambda deed: deed[0])
    return deeds


def _heard_by(
    telling: Telling, character: int, clients: list[str], channel: str
) -> tuple[dict[tuple[int, object], float], list[tuple[float, float]]]:
    """The first time of each deed, and the snapshots: since when the character had had no connection, and when the snapshot came."""
    heard: dict[tuple[int, object], float] = {}
    gaps: list[tuple[float, float]] = []
    connected = [(one.welcomed, one.closed) for one in telling.connections.values() if one.character == character]
    for client in clients:
        for segment in telling.segments.get((client, channel), ()):
            if segment.after_gap:
                gaps.append((_away_since(connected, segment.t), segment.t))
            for t, _, epoch, offset, _ in segment.heard:
                event = telling.events[channel, epoch][offset]
                # Events that a worker sends to its own players while it is cut off say nothing of earlier changes elsewhere.
                deed = event.who, event.text or event.version
                heard[deed] = min(heard.get(deed, math.inf), math.inf if epoch.startswith("~") else t)
    return heard, gaps


def _away_since(connected: list[tuple[float, float]], t: float) -> float:
    """When the last connection before `t` was closed; `t` itself when one was open."""
    before = [closed for welcomed, closed in connected if welcomed < t]
    return min(t, max(before, default=t))


def _missed(
    telling: Telling,
    listener: int,
    actor: int,
    deeds: list[tuple[float, object, Command]],
    heard: dict[tuple[int, object], float],
    gaps: list[tuple[float, float]],
) -> Iterator[str]:
    later: list[tuple[float, set[str]]] = []
    for sent, what, command in reversed(deeds):
        workers = _workers(telling, command)
        t = heard.get((actor, what))
        if t is not None:
            later.append((t, workers))
            continue
        answered = command.done.t if command.done is not None else command.sends[-1][0]
        until = min((t if _told_in_turn(telling, answered, workers | others) else t + OWED for t, others in later), default=math.inf)
        if not any(sent <= snapshot and away <= until for away, snapshot in gaps):
            yield f"{telling.made[listener].name} was never told of {telling.made[actor].name}'s {command.verb} ({what}), sent at {sent}"


@law
def sentences_in_order(telling: Telling) -> Iterator[str]:
    """No client gets a sentence before one of the same speaker that was answered before it was said.

    Workers publish the last half minute again to a Redis that has lost everything. A client that has come meanwhile, to the room or to another
    worker, may get sentences from before, or once more those that it knows (`delivered_once` says when). Sentences of one speaker to several workers
    that are cut off from each other are in order for each of these workers. What a worker tells its own players, and what comes from the store, is
    in one order.
    """
    spoken: dict[tuple[int, str], tuple[float, float, set[str]]] = {}
    for command in telling.commands.values():
        if command.verb == "say":
            done = command.done
            spoken[command.character, command.text] = command.sends[0][0], math.inf if done is None else done.t, _workers(telling, command)
    for (client, channel), segments in telling.segments.items():
        latest: dict[int, tuple[float, set[str]]] = {}
        known = set()
        for segment in segments:
            if segment.after_gap:
                latest.clear()
            for t, _, epoch, offset, _ in segment.heard:
                event = telling.events[channel, epoch][offset]
                if (event.who, event.text) not in spoken or event.text in known or event.made < segment.t:
                    continue
                known.add(event.text)
                sent, answered, workers = spoken[event.who, event.text]
                later, others = latest.get(event.who, (0.0, workers))
                if answered < later and _told_in_turn(telling, answered, workers | others):
                    yield f"{client} on {channel}: “{event.text}” at {t}, behind one that was said {later - answered:.2f} s after its answer"
                if sent > later:
                    latest[event.who] = sent, workers


def _workers(telling: Telling, command: Command) -> set[str]:
    """Those that it was sent to. Which of them a request over HTTP came to is not known."""
    return {telling.connections[conn].worker if conn else "http" for _, conn in command.sends}


def _told_in_turn(telling: Telling, answered: float, workers: set[str]) -> bool:
    """Whether events that one of these workers answered then come before those of what the others do later.

    While something is broken each publishes in order what was done there; what was done elsewhere before comes when that worker can publish it.
    """
    return len(workers) == 1 or calm(telling, answered)


@law
def events_are_published(telling: Telling) -> Iterator[str]:
    """In the end no command's events wait to be published."""
    if telling.final is not None and telling.final.unpublished:
        yield f"{telling.final.unpublished} commands' events have not gone out"


# ── timers ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@law
def timers_happen_once(telling: Telling) -> Iterator[str]:
    """Each occurrence of a timer happens once, with its fact, not before it is due, and none is skipped; late only while something is broken."""
    yield from _of_the_game(telling)
    if telling.ticked is None:
        return
    facts = {(subject, version): count for subject, version, count in telling.ticked.facts}
    former: dict[str, tuple[int, float]] = {}
    for subject, version, due, at in telling.ticked.rows:
        if at < due:
            yield f"{subject} {version} happened {due - at:.3f} s before it was due"
        if (count := facts.get((subject, version), 0)) != 1:
            yield f"{subject} {version} left {count} facts"
        if subject in former:
            last, was_due = former[subject]
            if version <= last:
                yield f"{subject} {version} came after {last}"
            elif abs(due - was_due - telling.ticked.interval) > 0.001:
                yield f"{subject} {version} was due {due - was_due:.3f} s after the one before it"
        former[subject] = version, due
        if late_for_no_reason(telling, at - telling.wall, at - due):
            yield f"{subject} {version} was {at - due:.1f} s late"


def _of_the_game(telling: Telling) -> Iterator[str]:
    """The same of rounds, effects, spawns and all other timers of the game; and what waits at a look."""
    happened = set()
    for one in telling.kept.timers:
        name = f"{one.kind} {one.subject} {one.version}"
        if name in happened:
            yield f"{name} happened twice"
        happened.add(name)
        if one.t < one.due:
            yield f"{name} happened {one.due - one.t:.3f} s before it was due"
        if late_for_no_reason(telling, one.t, one.t - one.due):
            yield f"{name} was {one.t - one.due:.1f} s late"
    for look in telling.overdue:
        for name, late in look.timers:
            if late_for_no_reason(telling, look.t, late) or look.final:
                yield f"at {look.t}: {name} should have happened {late:.1f} s ago"


# ── leases ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@law
def leases_in_fencing_order(telling: Telling) -> Iterator[str]:
    """Tokens are given once and grow; a store that heeds them is never written to by a former holder; while all is well, one holds it at a time."""
    for t, line in overlaps(telling):
        if calm(telling, t):
            yield line
    for lease in telling.lease_twins:
        yield f"token {lease.token} was given twice, the second time at {lease.t}"
    given = sorted(telling.leases.values(), key=lambda lease: lease.asked)
    ended = sorted(telling.leases.values(), key=lambda lease: lease.t)
    greatest, index = 0, 0
    for lease in given:
        while index < len(ended) and ended[index].t < lease.asked:
            greatest = max(greatest, ended[index].token)
            index += 1
        if lease.token <= greatest:
            yield f"{lease.who} got {lease.token} at {lease.t}, asked for at {lease.asked}, when {greatest} had been given"
    if telling.fenced is not None:
        for former, later in zip(telling.fenced.tokens, telling.fenced.tokens[1:], strict=False):
            if later < former:
                yield f"the store took {later} after {former}"


def overlaps(telling: Telling) -> list[tuple[float, str]]:
    """Leases held at once, by their holders' own clocks. Possible where the lease's store was lost or changed; never in effect."""
    found = []
    ends = {lease.token: min(lease.gone or math.inf, lease.asked + lease.ttl) for lease in telling.leases.values()}
    held = [lease for lease in telling.leases.values() if lease.t < ends[lease.token]]  # not those that were over when their answer came
    for former, later in itertools.pairwise(sorted(held, key=lambda lease: lease.t)):
        until = ends[former.token]
        if later.t < until and later.who != former.who:
            found.append((later.t, f"{former.who} held until {until:.2f}, {later.who} from {later.t:.2f}"))
    return found


__all__ = ["LAWS", "Event", "fights_replay", "no_fight_stuck", "overlaps", "quests_follow_facts", "stale_reads", "violations"]
