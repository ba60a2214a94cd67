"""A deed as data: what changes, under which versions, with which ledger entries, and what the player and the room read of it. No database."""

import msgspec
import pytest
from cluster import SHIPPED
from echoes.game import facts
from echoes.storage import commits
from echoes.storage.commits import FLAGS, Thing
from echoes.wire import WirePosition
from echoes.world.effects import Lasting
from msgspec.structs import replace

NOW = 1000.0
HERE = "kiln_yard"
ME, GROUND = "character:1", f"location:{HERE}"
WIRE = Thing(21, 3, "copper_wire", 5)
MORE = Thing(22, 6, "copper_wire", 4, laid=7.0)
KNIFE = Thing(23, 2, "fish_knife", 1, durability=8)


def update(id_, version, owner, **more):
    return {"op": "update", "id": id_, "version": version, "owner": owner, **more}


def views(items):
    return {one.id: (one.version, one.quantity) for one in items}


# ── things change hands ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_whole_thing_changes_its_owner(deed):
    """Under its version; it leaves the ground and is in the bag."""
    one = deed(ground=[KNIFE])
    taken = await one.take(KNIFE, 1)
    assert taken == replace(KNIFE, version=3)
    assert one.changes == [update(23, 2, GROUND, new_owner=ME)]
    assert (one.mine, one.here, one.ledger) == ([taken], [], [])
    assert (views(one.outcome().items), views(one.outcome().ground)) == ({23: (3, 1)}, {23: (3, 0)})
    assert one.ground_version_after == 8
    back = deed(bag=[KNIFE])
    laid = await back.drop(KNIFE, 1)
    assert laid == replace(KNIFE, version=3, laid=NOW)
    assert back.changes == [update(23, 2, ME, new_owner=GROUND)]
    assert (back.mine, back.here) == ([], [laid])


async def test_a_part_of_a_stack_is_a_new_thing(deed):
    """The rest keeps its owner and its moment on the ground; no piece is made or lost."""
    one = deed(ground=[MORE])
    taken = await one.take(MORE, 3)
    assert one.changes == [
        update(22, 6, GROUND, quantity=1),
        {"op": "insert", "id": taken.id, "template": "copper_wire", "quantity": 3, "durability": None, "owner": ME},
    ]
    assert (taken.version, taken.laid, one.ledger) == (1, 0.0, [])
    assert one.here == [replace(MORE, version=7, quantity=1)]
    assert one.mine == [taken]


async def test_a_deed_changes_several_things(deed):
    """Each on top of the former ones, of which none is forgotten."""
    one = deed(bag=[WIRE, KNIFE])
    await one.drop(KNIFE, 1)
    await one.drop(WIRE, 5)
    assert (one.mine, [thing.id for thing in one.here], one.ground_version_after) == ([], [23, 21], 9)


@pytest.mark.parametrize("quantity", [4, 3])
async def test_a_stack_joins_its_like(deed, quantity):
    """Whole or in part. On the ground the joined stack is as new as its newest piece."""
    one = deed(bag=[WIRE], ground=[MORE])
    joined = await one.take(MORE, quantity)
    assert joined == replace(WIRE, version=4, quantity=5 + quantity)
    first = {"op": "delete", "id": 22, "version": 6, "owner": GROUND} if quantity == 4 else update(22, 6, GROUND, quantity=1)
    assert one.changes == [first, update(21, 3, ME, quantity=5 + quantity)]
    assert one.here == ([] if quantity == 4 else [replace(MORE, version=7, quantity=1)])
    assert views(one.outcome().ground) == {22: (7, 0 if quantity == 4 else 1)}
    back = deed(bag=[WIRE], ground=[MORE])
    assert (await back.drop(WIRE, quantity)).laid == NOW


@pytest.mark.parametrize("like", [replace(WIRE, slot="head"), replace(WIRE, personal=True), replace(WIRE, template="old_coin")])
async def test_a_stack_joins_nothing_else(deed, like):
    """Not what is worn, what is personal, or another kind."""
    one = deed(bag=[like], ground=[MORE])
    await one.take(MORE, 4)
    assert one.changes == [update(22, 6, GROUND, new_owner=ME)]
    twin = deed(bag=[KNIFE], ground=[replace(KNIFE, id=24)])
    await twin.take(replace(KNIFE, id=24), 1)
    assert [one["op"] for one in twin.changes] == ["update"]
    assert len(twin.mine) == 2


async def test_a_receiver_is_a_witness(deed):
    """The commit fails where the receiver is elsewhere; the thing is gone from the bag."""
    one = deed(bag=[WIRE])
    handed = await one.hand_over(WIRE, 5, 2)
    assert one.changes == [{"op": "witness", "id": 2, "location_id": HERE}, update(21, 3, ME, new_owner="character:2")]
    assert (handed, one.mine, views(one.outcome().items)) == (replace(WIRE, version=4), [], {21: (4, 0)})


async def test_a_container_is_emptied_as_far_as_the_bag_allows(deed):
    """A thing that does not fit stays, and nothing changes."""
    one = deed(bag=[WIRE])
    assert await one.unpack(replace(MORE, laid=0.0), "container:9")
    assert one.changes == [{"op": "delete", "id": 22, "version": 6, "owner": "container:9"}, update(21, 3, ME, quantity=9)]
    full = deed(bag=[Thing(number, 1, "old_coin", 1, slot="head") for number in range(100, 300)])
    assert not await full.unpack(KNIFE, "container:9")
    assert full.changes == []


async def test_a_thing_that_comes_into_the_world_has_an_entry(deed):
    """It joins a stack, unless it is personal; on the ground it is new."""
    one = deed(bag=[WIRE])
    assert await one.create("copper_wire", 2, "search", carried=True) == replace(WIRE, version=4, quantity=7)
    assert one.changes == [update(21, 3, ME, quantity=7)]
    assert one.here is None
    own = await one.create("copper_wire", 2, "given", carried=True, personal=True)
    assert one.changes[1] == {
        "op": "insert", "id": own.id, "template": "copper_wire", "quantity": 2, "durability": None, "owner": ME, "personal": True,
    }  # fmt: skip
    laid = await one.create("fish_knife", 1, "search", carried=False)
    assert (laid.laid, laid.durability, laid.version) == (NOW, SHIPPED.items["fish_knife"].durability, 1)
    assert (one.changes[2]["owner"], one.changes[2]["durability"]) == (GROUND, laid.durability)
    assert one.ledger == [
        {"template": "copper_wire", "quantity": 2, "reason": "search"},
        {"template": "copper_wire", "quantity": 2, "reason": "given"},
        {"template": "fish_knife", "quantity": 1, "reason": "search"},
    ]


@pytest.mark.parametrize(
    ("quantity", "change"), [(5, {"op": "delete", "id": 21, "version": 3, "owner": ME}), (2, update(21, 3, ME, quantity=3))]
)
async def test_a_thing_that_leaves_the_world_has_an_entry(deed, quantity, change):
    one = deed(bag=[WIRE])
    await one.use_up(WIRE, quantity, "eaten")
    assert one.changes == [change]
    assert one.ledger == [{"template": "copper_wire", "quantity": -quantity, "reason": "eaten"}]
    assert [thing.quantity for thing in one.mine] == ([] if quantity == 5 else [3])


async def test_worn_things_keep_their_place_in_the_bag(deed):
    """On, off and worn out: each is a change of the row under its version."""
    one = deed(bag=[WIRE, KNIFE, MORE])
    await one.wear(KNIFE, "main_hand")
    assert one.changes == [{"op": "wear", "slot": "main_hand", "id": 23}, update(23, 2, ME)]
    assert [(thing.id, thing.slot, thing.version) for thing in one.mine] == [(21, "", 3), (23, "main_hand", 3), (22, "", 6)]
    worn = one.mine[1]
    off = await one.take_off(worn)
    assert one.changes[2:] == [{"op": "take_off", "slot": "main_hand", "id": 23}, update(23, 3, ME)]
    assert off == replace(KNIFE, version=4)
    dull = await one.wear_out(off, 5)
    assert one.changes[4:] == [update(23, 4, ME, durability=5)]
    for act in ("take_off", "wear_out", "use_up", "wear"):
        first = deed(bag=[worn])
        await getattr(first, act)(worn, *{"wear_out": [5], "use_up": [1, "used"], "wear": ["off_hand"]}.get(act, []))
        assert [thing.id for thing in first.mine] == ([] if act == "use_up" else [23])
    assert (dull, one.mine[1]) == (replace(KNIFE, version=5, durability=5), replace(KNIFE, version=5, durability=5))


# ── the actor ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_deed_without_changes_is_none(deed):
    """It raises no version, and its answer has no character."""
    one = deed()
    one.finish()
    assert (one.changes, one.me.version, one.outcome().you) == ([], 8, None)
    assert (one.outcome().load, one.outcome().map) == ([], [])


def test_the_row_changes_first_and_once(deed):
    """Under its version; scrap goes through the ledger, and both numbers are settled at the moment of the deed."""
    one = deed()
    one.change_scrap(-5, "trade")
    one.explore("market_square")
    one.explore(HERE)
    one.arrive("market_square", WirePosition("e", 4))
    assert one.outcome().you.version == 9
    one.finish()
    assert one.ledger == [{"template": "scrap", "quantity": -5, "reason": "trade"}]
    (change,) = one.changes
    assert change == {
        "op": "character", "id": 1, "version": 8, "explored": HERE,
        "set": {
            "scrap": 7, "hp": 30, "hp_at": NOW, "stamina": 50.0, "stamina_at": NOW, "location_id": "market_square",
            "arrival": "market_square e 4",
        },
    }  # fmt: skip
    assert (one.me.version, one.me.scrap, one.me.explored) == (9, 7, ("market_square", HERE))
    assert one.me.location_id == "market_square"
    again = deed(explored=(HERE,))
    again.explore(HERE)
    assert again.me.explored == (HERE,)


@pytest.mark.parametrize(
    ("fields", "hp_at"),
    [({"level": 2}, NOW - 90), ({"resting": True}, NOW), ({"resting": False}, NOW - 90), ({"combat": 7}, NOW), ({"effects": ()}, NOW)],
)
def test_health_counts_from_a_change_of_its_pace(deed, fields, hp_at):
    """A deed that leaves the pace as it is leaves the moment, so no part of a hit point is lost."""
    one = deed(hp=40, hp_at=NOW)
    one.me = replace(one.me, hp_at=NOW - 90)
    one.change_me(stamina=9.0, **fields)
    assert (one.fields["hp_at"], one.fields["stamina"], one.fields["stamina_at"]) == (hp_at, 9.0, NOW)


def test_effects_that_are_over_end_with_the_next_change(deed):
    """With their facts and timers; the room reads of those that it sees, and a second change finds nothing more to end."""
    one = deed(effects=(Lasting("bleeding", NOW - 90, NOW - 1, NOW - 5),))
    one.change_me(resting=True)
    assert one.me.effects == ()
    assert [type(fact).__name__ for fact in one.facts] == ["EffectEnded"]
    assert {(change["op"], change["kind"]) for change in one.changes} == {("timer_off", "effect_tick")}
    assert len(one.events) == 1
    assert one.affect(ends=["bleeding"]) == ""
    assert len(one.facts) == len(one.events) == len(one.changes) == 1
    assert one.affect(gains=["bleeding"]) == SHIPPED.effects["bleeding"].feels


def test_flags_are_set_and_cleared_once(deed):
    """A flag that is as it shall be is no change; the oldest are forgotten beyond the bound."""
    one = deed(flags=("a", "b"))
    one.change_flags(["a"], ["z"])
    assert one.fields == {}
    one.change_flags(["c", "c", "a"], ["b"])
    one.change_flags(["d"])
    assert one.fields["flags"] == {"add": ["c", "d"], "remove": ["b"]}
    assert one.me.flags == ("a", "c", "d")
    one.change_flags(["e"], ["e"])
    assert one.fields["flags"] == {"add": ["c", "d", "e"], "remove": ["b"]}
    full = deed(flags=tuple(f"f{number}" for number in range(FLAGS)))
    full.change_flags(["new"])
    assert (len(full.me.flags), full.me.flags[0], full.me.flags[-1]) == (FLAGS, "f1", "new")


def test_quests_change_against_those_of_the_row(deed):
    """Durably; quests that are as they were are no change."""
    one = deed(quests={"q": (1, 0), "r": (0, 0)})
    one.durable = False
    one.change_quests({"q": (1, 0), "gone": None})
    assert (one.fields, one.durable) == ({}, False)
    one.change_quests({"q": (2, 0), "r": None})
    one.change_quests({"s": (0, 0)})
    assert one.fields["quests"] == {"was": {"q": (1, 0), "r": (0, 0)}, "is": {"q": (2, 0), "s": (0, 0)}}
    assert one.durable
    one.change_flags(["x"])
    one.finish()
    assert {name for name in one.changes[0] if name not in {"op", "id", "version", "set"}} == {"quests", "flags"}
    assert one.changes[0]["set"] == {}


@pytest.mark.parametrize(
    ("bag", "ground", "act", "decays"),
    [([KNIFE], [], "drop", True), ([], [KNIFE], "take", True), ([KNIFE], [], "use_up", False)],
)
async def test_litter_decays_where_the_ground_changes(deed, bag, ground, act, decays):
    """In the same commit; a look at the ground alone lets nothing decay."""
    one = deed(bag, ground)
    await one._touch_both()
    await (one.use_up(KNIFE, 1, "used") if act == "use_up" else getattr(one, act)(KNIFE, 1))
    one.finish()
    assert one.changes[0]["op"] == "character"
    assert [change["location_id"] for change in one.changes if change["op"] == "litter"] == ([HERE] if decays else [])


# ── what others read ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_room_reads_of_the_ground_here_alone(deed):
    """Under the version that the actor will have, and not the actor itself; another location gets no ground."""
    one = deed(bag=[KNIFE])
    await one.drop(KNIFE, 1)
    for place in (None, HERE, "market_square"):
        one.tell_room("item_dropped", "Mara drops it.", location_id=place)
    found = [(event.channel, msgspec.json.decode(event.envelope)) for event in one.events]
    assert [channel for channel, _ in found] == [GROUND, GROUND, "location:market_square"]
    for (_, envelope), ground in zip(found, ([23], [23], []), strict=True):
        data = envelope["payload"]["data"]
        assert (envelope["exclude_player_id"], data["version"], data["player"]["id"]) == (1, 9, 1)
        assert [item["id"] for item in data.get("ground", [])] == ground


def test_facts_are_the_actors(deed):
    one = deed()
    one.fact(facts.Moved(origin="a", to="b"))
    assert one.facts == [facts.Moved(character_id=1, origin="a", to="b")]


def test_speech_goes_where_it_is_meant(deed):
    """To the room without the speaker, to another location, or to one character."""
    one = deed()
    one.speak("say", "Hello.", "Mara says: “Hello.”")
    one.speak("shout", "Hello.", "Mara shouts.", location_id="market_square")
    one.speak("whisper", "Hello.", "Mara whispers.", to=2)
    found = [(event.channel, msgspec.json.decode(event.envelope).get("exclude_player_id", 0)) for event in one.events]
    assert found == [(GROUND, 1), ("location:market_square", 1), ("player:2", 0)]


def test_an_answer_is_brought_up_to_date(deed):
    """With the changes that followed it."""
    one = deed()
    one.change_me()
    outcome = one.outcome(quests=[])
    one.change_scrap(3, "quest")
    assert (outcome.you.scrap, one.as_of_now(outcome).you.scrap) == (12, 15)


def test_a_search_claims_its_thing(deed):
    """With the answer for a thing that was searched too recently."""
    one = deed()
    one.search("shelf", 60.0, "Nothing is left.")
    assert one.changes == [{"op": "search", "location_id": HERE, "thing": "shelf", "refill": 60.0}]
    assert one.refused_search == "Nothing is left."
    assert commits.SCRAP == "scrap"
