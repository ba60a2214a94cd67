"""Each law finds what breaks it, in histories made by hand; and nothing in one where all went well."""

import copy

import msgspec
import pytest
from chaos.history import (
    Answer,
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
    Person,
    Places,
    Rows,
    Saw,
    Seated,
    Sent,
    SignIns,
    Sums,
    Ticked,
    Welcomed,
)
from chaos.laws import LAWS, violations
from chaos.telling import tell
from echoes.world import combat
from echoes.world.combat import ENEMIES, PLAYERS, Choice, Fighter

YARD = "location:yard"
PUSH = (100, 1, "a", 2)
"""The only command of the first player that changed something, with its transaction."""
AT = {YARD: ("7", 0)}


def good():
    """Three who stay in the yard. The first says something, lays something down and looks into the bag; the others hear of it."""
    people = [Made(t=0, character=n, name=name, room="yard", version=1, sits=True) for n, name in ((1, "A"), (2, "B"), (3, "C"))]
    doors = [
        record
        for n, client in ((1, "a"), (2, "b"), (3, "c"))
        for record in (
            Hello(t=1, conn=n, character=n, client=client, resume={}),
            Welcomed(t=2, conn=n, epoch=n, worker="w", recovered=False, positions=AT),
        )
    ]
    play = [
        Sent(t=3, conn=1, character=1, client="a", n=1, verb="say", text="A 1", born=3),
        *(Heard(t=3.1, conn=n, ch=YARD, ep="7", o=1, id="i1", who=1, what="say", text="A 1") for n in (2, 3)),
        Answer(t=3.2, conn=1, client="a", n=1),
        Sent(t=4, conn=1, character=1, client="a", n=2, verb="drop", born=4),
        *(Heard(t=4.1, conn=n, ch=YARD, ep="7", o=2, id="i2", who=1, what="item_dropped", version=2) for n in (2, 3)),
        Answer(t=4.2, conn=1, client="a", n=2, digest="d", version=2, at="yard", items=[(9, 5, 1)]),
        Sent(t=5, conn=1, character=1, client="a", n=3, verb="inventory", born=5),
        Answer(t=5.1, conn=1, client="a", n=3, bag=[(9, 5, 1)]),
        Sent(t=6, conn=1, character=1, client="a", n=4, verb="say", text="A 2", born=6),
        *(Heard(t=6.1, conn=n, ch=YARD, ep="7", o=3, id="i3", who=1, what="say", text="A 2") for n in (2, 3)),
        Answer(t=6.2, conn=1, client="a", n=4),
        Leased(t=7, who="x", token=1, asked=6.9, ttl=2),
        Leased(t=7.2, who="x", token=1, asked=6.9, ttl=2, gone=7.1),
        Leased(t=8, who="y", token=2, asked=7.9, ttl=2),
    ]
    end = [
        Sums(t=9, wrong={}, scrap=150),
        Places(t=9, wrong=[]),
        ticked(),
        Counted(t=9, commands={"say": 2, "drop": 1, "inventory": 1, "look": 7}),
        Rows(t=9, rows=[(1, "a", 2, "d", 2)], final=True),
        kept(),
        Fenced(t=9, tokens=[1, 2], refused=0),
        Final(
            t=9, people={n: Person(2 if n == 1 else 1, n, "yard", "yard", n, connected=True) for n in (1, 2, 3)}, unpublished=0, scrap=150
        ),
    ]
    return [*people, *doors, *play, *end]


def kept(**fields):
    """PostgreSQL has kept the version that laying down has made."""
    return Kept(t=9, **{"versions": [(100, 1, 2, "yard", 4.15)], "commands": [PUSH], **fields})


def keeps(**otherwise):
    """PostgreSQL has kept something else."""

    def change(records):
        records[:] = [record for record in records if not isinstance(record, Kept)] + [kept(**otherwise)]

    return change


def timer(kind="spawn", version=1, due=5.0, at=5.1, transaction=200, subject="spawn:rats"):
    """A timer of the game that happened."""
    return transaction, kind, subject, version, due, at


RAT = Fighter("npc:3", "rat", ENEMIES, 8, 8)
CALLER = msgspec.structs.replace(RAT, max_hp=16, calls=True)


def fought(rat=RAT):
    """A fight of the first one with a rat: both rounds' ends, the transactions 301 and 302, and what PostgreSQL has kept of it."""
    me = Fighter("character:1", "A", PLAYERS, 50, 50, level=9, low=5, high=5)
    now = combat.begin("road", 7, [me, rat])
    versions = [FightVersion(300, 5, 1, 4.0, 19.0, over=False, fight=now)]
    facts = []
    while not now.is_over:
        now, events = combat.resolve(combat.choose(now, "character:1", Choice("attack", "npc:3")))
        number = len(versions) + 1
        shown = msgspec.structs.replace(now, history=())
        versions.append(FightVersion(300 + number - 1, 5, number, 4.0 + number, 19.0 + number, over=now.is_over, fight=shown))
        if any(one.outcome == "down" for one in events):
            facts.append((300 + number - 1, 1, "killed", {"npc": "cinder_rat", "location_id": "road"}))
    return [Kept(t=8.9, fights=versions, facts=facts), Fought(t=8.9, id=5, over=True, fight=now)]


def fight(change=None, rat=RAT):
    """The fight, with something wrong: `change` gets what was kept of it, and its row."""

    def added(records):
        mine = fought(rat)
        if change is not None:
            change(*mine)
        records.extend(mine)

    return added


def ended_otherwise(record, _):
    """The rat has lost something else than the dice say."""
    last = record.fights[-1]
    last.fight = msgspec.structs.replace(last.fight, fighters=tuple(msgspec.structs.replace(one, hp=1) for one in last.fight.fighters))


def forgot_a_choice(record, _):
    """A choice that was acknowledged counts for nothing."""
    first = record.fights[0]
    first.fight = combat.choose(first.fight, "character:1", Choice("flee"))


def lost_its_dead(record, _):
    """No fact says who was killed."""
    record.facts.clear()


def waited(record, _):
    """The second version came half a minute behind the limit of its round."""
    for one in record.fights[1:]:
        one.at += 45.0


def skipped(record, row):
    """A round is not in the row's history."""
    row.fight = msgspec.structs.replace(row.fight, history=row.fight.history[1:])


def watch(now=(0, 1), facts=(("took", {"item": "ash_bread", "quantity": 1}),), transaction=100, done=()):
    """The first one is on a quest that counts two things to eat; its row, and the facts of one commit."""

    def change(records):
        for record in records:
            if isinstance(record, Made) and record.character == 1:
                record.quests = {"watch": (0, 0)}
            if isinstance(record, Final):
                record.people[1].quests, record.people[1].done = {"watch": now}, list(done)
        records.append(Kept(t=8.9, facts=[(transaction, 1, *fact) for fact in facts]))

    return change


def ticked(rows=((1, 10.0, 10.2), (2, 12.0, 12.5)), facts=((1, 1), (2, 1))):
    """Two occurrences of one timer that is due every two seconds."""
    return Ticked(t=9, rows=[("chaos:1", *row) for row in rows], facts=[("chaos:1", *fact) for fact in facts], interval=2.0)


def ticks(**otherwise):
    """The timer's occurrences were others."""

    def change(records):
        records[:] = [record for record in records if not isinstance(record, Ticked)] + [ticked(**otherwise)]

    return change


def changed(change):
    """The good history, with something wrong."""
    records = copy.deepcopy(good())
    change(records)
    return violations(tell(sorted(records, key=lambda record: record.t)))


def without(wrong):
    """Leaves records out."""

    def change(records):
        records[:] = [record for record in records if not wrong(record)]

    return change


def more(*added):
    """Adds records."""
    return lambda records: records.extend(added)


def of(kind, **fields):
    """Whether a record is this one."""
    return lambda record: isinstance(record, kind) and all(getattr(record, name) == value for name, value in fields.items())


def the_other_way_round(records):
    """Two sentences, though the second was said after the answer to the first."""
    for record in records:
        if isinstance(record, Heard) and record.conn == 2 and record.text:
            record.o, record.id, record.text, record.t = (3, "i1", "A 1", 6.1) if record.text == "A 1" else (2.5, "i3", "A 2", 6.05)


def counts(**commands):
    """The server's metrics are these."""
    return lambda records: [setattr(record, "commands", commands) for record in records if isinstance(record, Counted)]


def late_from_the_store(records):
    """The second sentence comes from the worker itself; the first, which the store had taken before, comes behind it."""
    for record in records:
        if isinstance(record, Heard) and record.conn == 2 and record.text == "A 2":
            record.ep, record.o = "~w", 1
        elif isinstance(record, Heard) and record.conn == 2 and record.text == "A 1":
            record.t, record.o = 6.3, 4


def final(**fields):
    """Another end for the first."""

    def change(records):
        for record in records:
            if isinstance(record, Final):
                for name, value in fields.items():
                    setattr(record.people[1], name, value)

    return change


def unpublished(records):
    records[-1].unpublished = 1


def heard_of(id, version, quantity=1, t=5.1):  # noqa: A002
    """The second hears that something lies in the yard, or is gone from there."""
    return Heard(
        t=t, conn=2, ch=YARD, ep="7", o=4, id=f"g{t}", made=t, who=3, what="item_dropped", place="yard", lies=[(id, version, quantity)]
    )


def given(id, version):  # noqa: A002
    """The second is given something."""
    return Heard(t=5.1, conn=2, ch="player:2", ep="7", o=1, id="given", made=5.1, who=3, what="item_received", mine=[(id, version, 1)])


def looked(t=7.0, *, lies=None, bag=None):
    """The second looks around, or into the bag."""
    place = "yard" if lies is not None else ""
    return (
        Sent(t=t, conn=2, character=2, client="b", n=1, verb="look", born=t),
        Answer(t=t + 0.1, conn=2, client="b", n=1, place=place, lies=lies or [], bag=bag),
    )


def seen(t=7.0, asked=6.9, **shown):
    """A whole look of the second's over HTTP."""
    return Saw(t=t, asked=asked, **{"character": 2, "version": 1, "place": "yard", **shown})


LATE = (
    Hello(t=4.5, conn=4, character=1, client="a2", resume={}),
    Welcomed(t=4.6, conn=4, epoch=8, worker="w", recovered=False, positions=AT),
    Sent(t=4.7, conn=1, character=1, client="a", n=5, verb="rest", late=True, born=4.7),
    Answer(t=4.8, conn=1, client="a", n=5, digest="d5", version=3, at="yard"),
    Rows(t=9, rows=[(1, "a", 5, "d5", 3)], final=True),
)
BROKEN = {
    "an acknowledged command is not on record": ("acknowledged_means_durable", without(of(Rows))),
    "it is on record otherwise": ("acknowledged_means_durable", more(Answer(t=8, conn=1, client="a", n=2, digest="e", version=2, at="yard"))),
    "a command took effect twice": ("commands_apply_once", more(Answer(t=8, conn=1, client="a", n=2, digest="d", version=3, at="yard"))),
    "a change is not accounted for": ("commands_apply_once", final(version=3)),
    "a version is missing": ("commands_apply_once", keeps(versions=[])),
    "a version came from nowhere": ("commands_apply_once", keeps(commands=[])),
    "another one's command made a version": ("commands_apply_once", keeps(commands=[(100, 2, "b", 1)])),
    "another one's timer made a version": (
        "commands_apply_once", keeps(commands=[], timers=[timer("effect_tick", transaction=100, subject="character:2")])
    ),
    "a fight made a version of one who is not in it": (
        "commands_apply_once", keeps(versions=[(301, 2, 2, "yard", 4.15)], timers=[timer("combat_round", transaction=301, subject="combat:5")]),
    ),
    "a command came twice": ("commands_apply_once", keeps(commands=[PUSH, (101, *PUSH[1:])])),
    "a command that nobody sent": ("commands_apply_once", more(Rows(t=8, rows=[(1, "z", 1, "d", 7)]))),
    "a command was never answered": ("every_command_is_answered", without(of(Answer, n=4))),
    "something broke inside": ("every_command_is_answered", more(Answer(t=8, conn=1, client="a", n=3, code="internal"))),
    "an older session acts": ("one_live_session", more(*LATE)),
    "epochs go back": ("one_live_session", lambda records: more(*LATE[:2])(records) or setattr(records[-1], "epoch", 1)),
    "the session is not known": ("one_live_session", final(session_epoch=0, connected=False)),
    "in two places": ("one_location", more(Places(t=5, wrong=["1 is in yard and in road"]))),
    "in another place than the row says": ("one_location", final(body="road")),
    "a timer happened twice": ("timers_happen_once", ticks(facts=((1, 2), (2, 1)))),
    "a timer left no fact": ("timers_happen_once", ticks(facts=((1, 1),))),
    "a timer happened before it was due": ("timers_happen_once", ticks(rows=((1, 10.0, 9.9), (2, 12.0, 12.1)))),
    "a timer was skipped": ("timers_happen_once", ticks(rows=((1, 10.0, 10.1), (2, 14.0, 14.1)))),
    "a timer was late and nothing was broken": ("timers_happen_once", ticks(rows=((1, 10.0, 10.1), (2, 12.0, 17.5)))),
    "a timer of the game happened twice": ("timers_happen_once", keeps(timers=[timer(), timer()])),
    "a timer of the game happened before it was due": ("timers_happen_once", keeps(timers=[timer(at=4.9)])),
    "a timer of the game was late": ("timers_happen_once", keeps(timers=[timer(at=10.1)])),
    "a timer of the game waits": ("timers_happen_once", more(Overdue(t=8, timers=[("decay container:9", 6.0)]))),
    "a fight ends otherwise": ("fights_replay", fight(ended_otherwise)),
    "a choice was forgotten": ("fights_replay", fight(forgot_a_choice)),
    "a round was forgotten": ("fights_replay", fight(skipped)),
    "nobody knows of the dead": ("fights_replay", fight(lost_its_dead)),
    "a round ended late": ("no_fight_stuck", fight(waited)),
    "a round does not end": ("no_fight_stuck", more(Overdue(t=8, fights=[(5, 6.0)]))),
    "one is in a fight that is over": ("no_fight_stuck", more(Overdue(t=8, wrong=["character:1 is in fight 5, which is over"]))),
    "a quest advanced without its facts": ("quests_follow_facts", watch(now=(0, 2))),
    "a quest forgot a fact": ("quests_follow_facts", watch(now=(0, 0))),
    "a step was reached and no fact says so": ("quests_follow_facts", watch(now=(1, 0), facts=(("took", {"item": "ash_bread", "quantity": 2}),))),
    "a step was reached too soon": (
        "quests_follow_facts", watch(now=(1, 0), facts=(
            ("took", {"item": "ash_bread", "quantity": 1}), ("quest_advanced", {"quest": "watch", "step": 1}),
        )),
    ),
    "a quest is done and no fact says so": ("quests_follow_facts", watch(done=["lantern"])),
    "something was made": ("things_are_conserved", more(Sums(t=5, wrong={"bread": 1}, scrap=150))),
    "scrap was lost": ("things_are_conserved", more(Sums(t=5, wrong={}, scrap=149))),
    "a right password is refused": ("sign_ins_succeed", more(SignIns(t=8, began=7, people=2, wrong=1, tries=2, took=[0.5]))),
    "somebody waits for ever": ("sign_ins_succeed", more(SignIns(t=8, began=7, people=2, wrong=0, tries=9, took=[0.5]))),
    "a hole": ("in_order_without_a_gap", without(of(Heard, conn=2, o=2))),
    "a position comes again": ("in_order_without_a_gap", more(Heard(t=8, conn=2, ch=YARD, ep="7", o=2, id="i2", who=1, version=2))),
    "an older epoch comes again": ("in_order_without_a_gap", more(Heard(t=8, conn=2, ch=YARD, ep="6", o=9, id="i9", who=1, version=9))),
    "two things under one position": ("in_order_without_a_gap", more(Heard(t=4.1, conn=1, ch=YARD, ep="7", o=2, id="other", who=2, version=9))),
    "heard twice": ("delivered_once", more(Heard(t=8, conn=2, ch=YARD, ep="7", o=4, id="i2", who=1, what="item_dropped", version=2))),
    "not told to somebody": ("delivered_to_all", without(lambda record: isinstance(record, Heard) and record.conn == 2 and record.o == 3)),
    "sentences in the wrong order": ("sentences_in_order", the_other_way_round),
    "the store's sentence comes behind the worker's": ("sentences_in_order", late_from_the_store),
    "an answer is not counted": ("commands_are_counted", counts(say=1, drop=1, inventory=1)),
    "a command is counted twice": ("commands_are_counted", counts(say=2, drop=2, inventory=1)),
    "events were not published": ("events_are_published", unpublished),
    "what was done is refused when it is asked again": ("done_stays_done", more(Answer(t=8, conn=1, client="a", n=2, code="not_carried"))),
    "a read is older than one's own write": ("reads_are_never_older", more(
        Sent(t=5.5, conn=1, character=1, client="a", n=6, verb="inventory", born=5.5), Answer(t=5.6, conn=1, client="a", n=6, bag=[(9, 4, 2)]),
    )),
    "a read is older than what was heard": ("reads_are_never_older", more(heard_of(30, 4), *looked(lies=[(30, 3, 1)]))),
    "what was heard of is not shown": ("reads_are_never_older", more(heard_of(30, 4), *looked(lies=[]))),
    "what was heard to be gone is shown": ("reads_are_never_older", more(heard_of(30, 4, 0), *looked(lies=[(30, 3, 1)]))),
    "a gift is not shown": ("reads_are_never_older", more(given(31, 2), *looked(bag=[]))),
    "over HTTP a read is older": ("reads_are_never_older", more(heard_of(30, 4), seen(lies=[(30, 3, 1)], bag=[]))),
    "a welcome is older than what a snapshot had shown": ("reads_are_never_older", more(
        seen(t=5.2, asked=0, lies=[(30, 4, 1)], bag=[]), seen(lies=[(30, 3, 1)], bag=[]),
    )),
    "one's own row is shown older": ("reads_are_never_older", more(seen(character=1, version=1, lies=[]))),
    "one is shown in another place": ("reads_are_never_older", more(seen(character=1, version=2, place="road", lies=[]))),
    "two hold a lease at once": ("leases_in_fencing_order", more(Leased(t=8.5, who="z", token=3, asked=8.4, ttl=2))),
    "tokens go back": ("leases_in_fencing_order", more(Leased(t=8.5, who="z", token=1, asked=8.4, ttl=2))),
    "a former holder writes": ("leases_in_fencing_order", lambda records: setattr(records[-2], "tokens", [2, 1])),
}  # fmt: skip


def test_nothing_is_found_where_all_went_well():
    assert violations(tell(good())) == {}


@pytest.mark.parametrize(("law", "change"), BROKEN.values(), ids=[name.replace(" ", "-") for name in BROKEN])
def test_the_law_finds_the_broken_record(law, change):
    """Other laws may find it, too."""
    assert law in changed(change)


@pytest.mark.parametrize("change", [fight(), fight(rat=CALLER), watch(), watch(now=(1, 0), facts=(
    ("took", {"item": "ash_bread", "quantity": 2}), ("quest_advanced", {"quest": "watch", "step": 1}),
))], ids=["fight", "call", "counted", "reached"])  # fmt: skip
def test_fights_and_quests_may_go_well(change):
    """As the rules say."""
    assert changed(change) == {}


def test_the_fight_with_a_call_has_one():
    """Its enemy shows in a round that it calls."""
    _, row = fought(CALLER)
    assert any(choice.action == "call" for record in row.fight.history for choice in record.choices.values())


def test_a_late_timer_may_have_a_reason():
    """While something is broken, and soon after; but never by more than a minute."""
    outage = Fault(t=4.3, kind="postgres_killed", phase="begins")
    late = keeps(timers=[timer(at=10.1)])
    assert "timers_happen_once" not in changed(lambda records: late(records) or more(outage)(records))
    long = keeps(timers=[timer(due=20.0, at=28.0)])
    assert "timers_happen_once" not in changed(lambda records: long(records) or more(outage)(records))
    over = Fault(t=5.0, kind="postgres_killed", phase="ends")
    assert "timers_happen_once" in changed(lambda records: long(records) or more(outage, over)(records))
    at_last = keeps(timers=[timer(due=-60.0, at=5.1)])
    assert "timers_happen_once" in changed(lambda records: at_last(records) or more(outage)(records))


def test_a_round_of_another_may_change_a_fighter():
    """By any command or timer that ends the round of a fight in which the character is."""
    by_timer = keeps(
        versions=[(100, 1, 2, "yard", 4.15), (301, 1, 3, "kiln_yard", 5.0)],
        timers=[timer("combat_round", transaction=301, subject="combat:5")],
    )
    moved = final(version=3, location="kiln_yard", body="kiln_yard")

    def change(records, *more_):
        fight()(records)
        by_timer(records)
        fight()(records)
        moved(records)
        records.extend(more_)

    found = changed(change)
    assert "commands_apply_once" not in found
    assert "one_location" in found
    told = Saw(t=5.2, character=1, version=3, place="kiln_yard", lies=[], bag=[])
    assert "one_location" not in changed(lambda records: change(records, told))


def test_every_law_is_tried():
    """None is there that finds nothing."""
    assert {law for law, _ in BROKEN.values()} == set(LAWS)


def test_a_snapshot_replaces_the_missed_messages():
    """Messages before its position may be missing; messages behind it may not."""
    missed = without(of(Heard, conn=2, o=2))
    snapshot = Seated(t=5, conn=2, positions={YARD: ("7", 2)}, snapshot=True)
    assert changed(lambda records: missed(records) or more(snapshot)(records)) == {}
    too_early = Seated(t=4, conn=2, positions={YARD: ("7", 1)}, snapshot=True)
    assert "in_order_without_a_gap" in changed(lambda records: missed(records) or more(too_early)(records))


def test_events_from_before_an_arrival_may_be_missing():
    """Redis may get an event later, or again: the snapshot of the arrival contains its effect."""
    before = Heard(t=9, conn=3, ch=YARD, ep="7", o=4, id="i9", made=0.5, who=1, what="rested", version=9)
    after = Heard(t=9, conn=2, ch=YARD, ep="7", o=5, id="i10", made=8.9, who=3, what="rested", version=9)
    assert "in_order_without_a_gap" not in changed(more(before, after))
    before.made = 2.5
    assert "in_order_without_a_gap" in changed(more(before, after))


def test_events_from_before_a_walk_may_be_missing():
    """Though the walk took less than a second, and Redis has a newer epoch for its earlier messages."""
    road = "location:road"
    walk = (
        Sent(t=6.0, conn=3, character=3, client="c", n=1, verb="move", born=6),
        Seated(t=6.5, conn=3, positions={road: ("7", 1)}),
        Answer(t=6.5, conn=3, client="c", n=1, digest="d", version=2, at="road"),
        Heard(t=6.7, conn=3, ch=road, ep="8", o=2, id="r2", made=6.6, who=1, what="rested", version=9),
    )
    said = Heard(t=6.6, conn=2, ch=road, ep="8", o=1, id="r1", made=5.9, who=1, what="say", text="A 9")
    assert "in_order_without_a_gap" not in changed(more(said, *walk))
    said.made = 6.1
    assert "in_order_without_a_gap" in changed(more(said, *walk))
    said.made, walk[2].at = 5.9, "yard"
    assert "in_order_without_a_gap" in changed(more(said, *walk))
    walk[2].at, walk[2].version = "road", 0
    assert "in_order_without_a_gap" in changed(more(said, *walk))


def test_a_message_of_another_epoch_may_come_again_over_another_connection():
    """As the same bytes; over the same connection it may not."""
    here = Heard(t=2.5, conn=2, ch=YARD, ep="~w", o=1, id="i9", who=1, what="rested", version=9)
    again = (
        Hello(t=7, conn=9, character=2, client="b", resume={YARD: ("7", 3)}),
        Welcomed(t=7.1, conn=9, epoch=9, worker="v", recovered=True, positions={YARD: ("7", 3)}),
        Heard(t=8, conn=9, ch=YARD, ep="7", o=4, id="i9", who=1, what="rested", version=9),
    )
    assert "delivered_once" not in changed(more(here, *again))
    assert "delivered_once" in changed(more(here, Heard(t=8, conn=2, ch=YARD, ep="7", o=4, id="i9", who=1, what="rested", version=9)))


@pytest.mark.parametrize(("first", "again"), [("7", False), ("~w", True)])
def test_an_npc_greets_two_players_in_one_millisecond(first, again):
    """Its words are equal, and so are the events, at two positions of one epoch. Of two epochs they are one event."""
    greeting = Heard(t=8, conn=2, ch=YARD, ep=first, o=4, id="i9", what="npc_spoke")
    twice = more(greeting, Heard(t=8, conn=2, ch=YARD, ep="7", o=5 if first == "7" else 4, id="i9", what="npc_spoke"))
    assert ("delivered_once" in changed(twice)) is again


def test_a_lease_that_is_over_when_its_answer_comes_is_not_held():
    """By the clock of the one who asked, from the moment of asking: a process that stood still meanwhile does not have it."""
    assert "leases_in_fencing_order" in changed(more(Leased(t=8.5, who="z", token=3, asked=7.0, ttl=2)))
    assert "leases_in_fencing_order" not in changed(more(Leased(t=8.5, who="z", token=3, asked=6.4, ttl=2)))


def test_while_something_is_broken_reads_may_lag_two_seconds():
    """Not more; and not at all while nothing is."""
    outage = Fault(t=4.3, kind="redis_killed", phase="begins")
    soon, late = (looked(t=t, lies=[(30, 3, 1)]) for t in (7.0, 7.2))
    assert "reads_are_never_older" in changed(more(heard_of(30, 4), *soon))
    assert "reads_are_never_older" not in changed(more(outage, heard_of(30, 4), *soon))
    assert "reads_are_never_older" in changed(more(outage, heard_of(30, 4), *late))


def test_a_thing_missing_in_a_read_may_have_been_taken_since():
    """By any player's command that had been sent by then; or the read was cut."""
    taken = (
        Sent(t=6.5, conn=3, character=3, client="c", n=1, verb="pick_up", born=6.5),
        Rows(t=9, rows=[(3, "c", 1, "d", 2)], things=[("c", 1, [(30, 5)])]),
    )
    assert "reads_are_never_older" not in changed(more(heard_of(30, 4), *taken, *looked(lies=[])))
    assert "reads_are_never_older" in changed(more(heard_of(30, 4), *taken, *looked(t=6.0, lies=[])))
    part = looked(lies=[])
    part[1].whole = False
    assert "reads_are_never_older" not in changed(more(heard_of(30, 4), *part))


def test_an_event_during_a_read_may_be_missing_in_the_read():
    """A read is as new as the start of its request."""
    assert "reads_are_never_older" not in changed(more(heard_of(30, 4, t=7.05), *looked(lies=[(30, 3, 1)])))


def test_a_done_command_may_have_been_answered_as_unavailable():
    """The client retries, and learns that the command was done. A clock that was stepped decides nothing either."""
    assert changed(more(Answer(t=4.15, conn=1, client="a", n=2, code="unavailable"))) == {}
    assert changed(more(Answer(t=4.15, conn=1, client="a", n=2, code="token_expired"))) == {}


def test_a_look_after_the_last_read_is_no_disagreement():
    """The city continues after PostgreSQL was read, until that is written down."""
    elsewhere = Saw(t=8.9, character=1, version=3, place="road", asked=8.9, lies=[])

    def read(moment):
        return lambda records: more(elsewhere)(records) or setattr(records[-2], "read", moment)

    assert "one_location" in changed(read(8.95))
    assert "one_location" not in changed(read(8.5))


def test_a_last_move_may_be_unknown_to_its_player():
    """Its answer got lost with the tab; one that was answered may not be forgotten."""
    lost = (
        Sent(t=8, conn=1, character=1, client="a", n=5, verb="move", late=True, born=8),
        Rows(t=9, rows=[(1, "a", 5, "d5", 3)], final=True),
    )
    there = final(version=3, location="road", body="road")
    assert "one_location" not in changed(lambda records: there(records) or more(*lost)(records))
    assert "one_location" in changed(lambda records: there(records) or more(lost[0])(records))
    answered = Answer(t=8.1, conn=1, client="a", n=5, digest="d5", version=3, at="yard")
    assert "one_location" in changed(lambda records: there(records) or more(*lost, answered)(records))


@pytest.mark.parametrize("worker", ["w", "v"])
def test_workers_that_were_cut_off_publish_one_after_the_other(worker):
    """Of two deeds over two workers the earlier may come later, behind a snapshot of the later one; over one worker it may not."""
    outage = Fault(t=2.5, kind="redis_gone", phase="begins")
    elsewhere = (
        Hello(t=5.2, conn=9, character=1, client="a", resume=AT),
        Welcomed(t=5.3, conn=9, epoch=9, worker=worker, recovered=True, positions=AT),
    )

    def change(records, *faults, snapshot=7.0):
        without(lambda record: isinstance(record, Heard) and record.conn == 2 and record.o < 3)(records)
        for record in records:
            if isinstance(record, Sent | Answer) and record.conn == 1 and record.t > 5.5:
                record.conn = 9
        records.extend((*elsewhere, *faults, Seated(t=snapshot, conn=2, positions={YARD: ("7", 3)}, snapshot=True)))

    assert ("delivered_to_all" in changed(lambda records: change(records, outage))) == (worker == "w")
    assert "delivered_to_all" in changed(change)
    assert "delivered_to_all" in changed(lambda records: change(records, outage, snapshot=40.0))


@pytest.mark.parametrize("closed", [6.5, 39.0])
def test_a_snapshot_pays_a_debt_to_an_absent_player(closed):
    """Its next welcome has the snapshot, however late it comes; a player who was connected meanwhile was owed the event."""
    outage = Fault(t=2.5, kind="redis_gone", phase="begins")
    elsewhere = (
        Hello(t=4.2, conn=9, character=1, client="a", resume=AT),
        Welcomed(t=4.3, conn=9, epoch=9, worker="v", recovered=True, positions=AT),
    )
    back = (
        Closed(t=closed, conn=2, code=1006),
        Hello(t=40, conn=10, character=2, client="b", resume={YARD: ("7", 3)}),
        Welcomed(t=41, conn=10, epoch=10, worker="v", recovered=False, positions={YARD: ("7", 9)}),
    )

    def change(records):
        without(lambda record: isinstance(record, Heard) and record.conn == 2 and record.o < 3)(records)
        for record in records:
            if isinstance(record, Sent | Answer) and record.conn == 1 and record.t > 4.5:
                record.conn = 9
        records.extend((outage, *elsewhere, *back))

    assert ("delivered_to_all" in changed(change)) == (closed > 30)
