"""Quests, clues, gifts and trade as parts of a deed: rewards, facts, events, stocks, each with what it costs. No database."""

import msgspec
import pytest
from cluster import QUIET
from echoes.errors import Refused
from echoes.game import clues, gifts, questing
from echoes.game.clues import NOTHING, Source
from echoes.game.facts import Killed, Searched, Took
from echoes.game.market import Market, as_prose, is_trader
from echoes.storage.commits import Thing
from echoes.storage.stocks import StockRow
from echoes.wire import Outcome
from echoes.world.model import Clue, Find, Interactable, Kill, Mystery, Placement, Quest, Reward, Step
from msgspec.structs import replace

HERE, NOW = "kiln_yard", 1000.0
KILLED = Killed(npc="ash_hound", location_id=HERE)
WIRE = Thing(21, 3, "copper_wire", 5)


def city(*steps, more=None, **quest):
    return replace(QUIET, quests={"q": Quest("The task", "Offer.", steps, "The end.", **quest), **(more or {})})


def heard(deed):
    """Events for the actor: action, message, version, quests."""
    found = [msgspec.json.decode(one.envelope)["payload"]["data"] for one in deed.events if one.channel == "player:1"]
    return [(one["action"], one["message"], one["version"], one.get("quests", [])) for one in found]


def kinds(deed):
    return [type(fact).__name__ for fact in deed.facts]


# ── quests ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_quest_begins_with_its_first_step(deed):
    one = deed(world=city(Step("Kill three.", kill=Kill(quantity=3)), Step("Go.", go="quay")))
    questing.begin(one, "q")
    assert (one.me.quests, kinds(one)) == ({"q": (0, 0)}, ["QuestBegun"])
    ((action, message, version, (shown,)),) = heard(one)
    assert (action, message, version) == ("quest_begun", "The task: Offer. Kill three.", 9)
    assert (shown["step"], shown["steps"], shown.get("count", 0), shown["of"]) == (1, 2, 0, 3)


async def test_a_fact_advances_the_count_of_a_step(deed):
    """The player reads how many; a step that needs one has no number."""
    one = deed(world=city(Step("Kill three.", kill=Kill(quantity=3)), Step("Kill.", kill=Kill(), sets=("a",))), quests={"q": (0, 1)})
    one.fact(KILLED)
    await questing.follow(one, Outcome(""))
    assert (one.me.quests, kinds(one)) == ({"q": (0, 2)}, ["Killed"])
    ((action, message, version, (shown,)),) = heard(one)
    assert (action, message, version) == ("quest_advanced", "The task: 2 of 3.", 9)
    assert (shown["step"], shown["count"], shown["of"]) == (1, 2, 3)
    one.facts, one.events = [], []
    one.fact(KILLED)
    await questing.follow(one, Outcome(""))
    assert (one.me.quests, kinds(one), one.facts[1].step) == ({"q": (1, 0)}, ["Killed", "QuestAdvanced"], 1)
    assert one.me.flags == ()
    ((_, message, _, (shown,)),) = heard(one)
    assert (message, shown["step"], shown.get("count", 0), shown.get("of", 0)) == ("The task: Kill.", 2, 0, 0)


@pytest.mark.parametrize("fields", [{"quests": {}}, {"quests": {"q": (0, 0)}}])
async def test_a_deed_without_a_fact_of_a_quest_changes_none(deed, fields):
    """The answer is the one that was made, and no thing is read."""
    one = deed(world=city(Step("Kill.", kill=Kill("cinder_rat"))), **fields)
    one.fact(KILLED)
    outcome = Outcome("done")
    assert await questing.follow(one, outcome) is outcome
    assert (one.fields, one.changes, one.events, one.mine) == ({}, [], [], None)


async def test_without_facts_no_thing_is_read(deed):
    """Also for a quest that asks for one."""
    one = deed(bag=[WIRE], world=city(Step("Have.", find=Find("copper_wire"))), quests={"q": (0, 0)})
    await questing.follow(one, Outcome(""))
    other = deed(bag=[WIRE], world=city(Step("Kill.", kill=Kill())), quests={"q": (0, 0)})
    other.fact(KILLED)
    await questing.follow(other, Outcome(""))
    assert (one.scene._things, one.me.quests, other.scene._things) == (None, {"q": (0, 0)}, None)


async def test_one_fact_ends_a_quest_and_advances_another(deed):
    """Each has its event, in the order of the quests."""
    kill = Quest("First", "Offer.", (Step("Kill.", kill=Kill()),), "Done.")
    more = Quest("Second", "Offer.", (Step("Kill two.", kill=Kill(quantity=2)),), "Done.")
    one = deed(world=replace(QUIET, quests={"q": kill, "r": more}), quests={"q": (0, 0), "r": (0, 0)})
    one.fact(KILLED)
    await questing.follow(one, one.outcome())
    assert [(action, message) for action, message, _, _ in heard(one)] == [
        ("quest_done", "First: Done."),
        ("quest_advanced", "Second: 1 of 2."),
    ]
    (shown,) = questing.views_of(one.me, one.scene.world)
    assert (shown.id, shown.step, shown.count, shown.of) == ("r", 1, 1, 2)


async def test_a_reward_fills_the_bag_and_then_the_ground(deed):
    """Things that were given before count."""
    bag = [Thing(number, 1, "old_coin", 1, slot="head") for number in range(100, 299)]
    one = deed(bag=bag, world=city(Step("Kill.", kill=Kill()), reward=Reward(items=(Placement("fish_knife", 2),))), quests={"q": (0, 0)})
    one.fact(KILLED)
    await questing.follow(one, one.outcome())
    assert (len(one.mine), [thing.template for thing in one.here], kinds(one).count("Took")) == (200, ["fish_knife"], 1)
    assert f"You get {QUIET.items['fish_knife'].name} ×2." in heard(one)[0][1]


async def test_a_quest_without_a_reward_ends_with_its_text(deed):
    one = deed(world=city(Step("Kill.", kill=Kill())), quests={"q": (0, 0)})
    one.fact(KILLED)
    await questing.follow(one, one.outcome())
    assert [message for _, message, _, _ in heard(one)] == ["The task: The end."]


def test_the_journal_has_the_clues_that_were_found(row):
    """With the answer when all were; a mystery without a clue is not in it."""
    world = replace(QUIET, mysteries={"m": MYSTERY, "n": MYSTERY})
    found = [f"clue.m.{one}" for one in MYSTERY.clues]
    assert questing.journal_of(row(1), world) == []
    (part,) = questing.journal_of(replace(row(1), flags=tuple(found[:1])), world)
    assert (part.id, part.question, [one.id for one in part.clues], part.answer) == ("m", "Where?", ["a"], "")
    (whole,) = questing.journal_of(replace(row(1), flags=tuple(found)), world)
    assert ([one.id for one in whole.clues], whole.answer) == (["a", "b", "c"], "Gone.")


async def test_the_last_step_ends_the_quest_with_its_reward(deed):
    """Once, in the same deed: experience with a level, scrap and things through the ledger, flags; the next quest may begin."""
    reward = Reward(xp=130, scrap=7, items=(Placement("copper_wire", 2), Placement("fish_knife", 2)), sets=("hero",))
    world = city(Step("Kill.", kill=Kill(), done="Well.", sets=("seen",)), reward=reward)
    one = deed(bag=[WIRE], world=world, quests={"q": (0, 0), "gone": (1, 0)})
    one.fact(KILLED)
    outcome = await questing.follow(one, one.outcome())
    assert one.me.quests == {"gone": (1, 0)}
    assert one.me.flags == ("quest.q", "seen", "hero")
    assert (one.me.level, one.me.xp, one.me.hp, one.me.max_hp, one.me.scrap) == (2, 30, 35, 45, 19)
    assert one.ledger == [
        {"template": "scrap", "quantity": 7, "reason": "quest"},
        {"template": "copper_wire", "quantity": 2, "reason": "quest"},
        {"template": "fish_knife", "quantity": 1, "reason": "quest"},
        {"template": "fish_knife", "quantity": 1, "reason": "quest"},
    ]
    assert [(thing.template, thing.quantity) for thing in one.mine] == [("copper_wire", 7), ("fish_knife", 1), ("fish_knife", 1)]
    assert kinds(one) == ["Killed", "QuestAdvanced", "Took", "Took", "Took", "QuestDone", "Levelled"]
    assert [fact.source for fact in one.facts if isinstance(fact, Took)] == ["reward"] * 3
    assert {fact.character_id for fact in one.facts} == {1}
    ((action, message, version, (shown,)),) = heard(one)
    knife, wire = world.items["fish_knife"].name, world.items["copper_wire"].name
    assert message == f"The task: Well. The end. You get 130 experience, 7 scrap, {wire} ×2, {knife} ×2. You are level 2 now."
    assert (action, version, shown["step"], shown["steps"], shown["done"]) == ("quest_done", 9, 1, 1, True)
    assert (outcome.you.level, outcome.you.scrap) == (2, 19)
    assert len(outcome.items) == 3


async def test_a_reward_that_cannot_be_carried_lies_at_the_feet(deed):
    """It is in the ledger all the same, and no fact says that it was taken."""
    bag = [Thing(number, 1, "old_coin", 1, slot="head") for number in range(100, 300)]
    one = deed(bag=bag, world=city(Step("Kill.", kill=Kill()), reward=Reward(items=(Placement("fish_knife"),))), quests={"q": (0, 0)})
    one.fact(KILLED)
    await questing.follow(one, one.outcome())
    assert [thing.template for thing in one.here] == ["fish_knife"]
    assert [entry["template"] for entry in one.ledger] == ["fish_knife"]
    assert kinds(one) == ["Killed", "QuestAdvanced", "QuestDone"]
    assert (one.me.level, one.me.xp, one.me.scrap) == (1, 0, 12)


async def test_things_that_are_carried_count_together(deed):
    """Over several stacks, as they are after the deed."""
    one = deed(
        bag=[WIRE, replace(WIRE, id=22, quantity=1)], world=city(Step("Have.", find=Find("copper_wire", quantity=6))), quests={"q": (0, 0)}
    )
    one.fact(KILLED)
    await questing.follow(one, one.outcome())
    assert one.me.quests == {}
    less = deed(bag=[WIRE, replace(WIRE, id=22, quantity=1)], world=one.scene.world, quests={"q": (0, 0)})
    await less.use_up(WIRE, 1, "used")
    less.fact(KILLED)
    await questing.follow(less, less.outcome())
    assert less.me.quests == {"q": (0, 0)}


# ── clues ────────────────────────────────────────────────────────────────────────────────────────────────────────────

MYSTERY = Mystery(
    "Where?",
    {"a": Clue(at=HERE, thing="shelf", says="Here."), "b": Clue(item="rag", says="There."), "c": Clue(npc="pim", says="No.")},
    "Gone.",
)


@pytest.mark.parametrize(
    ("source", "clue"),
    [
        (Source(thing="shelf"), "a"),
        (Source(item="rag"), "b"),
        (Source(npc="pim"), "c"),
        (Source(thing="rag"), ""),
        (Source(item="shelf"), ""),
        (NOTHING, ""),
    ],
)
def test_a_clue_is_noted_once(deed, source, clue):
    """From its own source; the second look changes nothing. The last one brings the answer."""
    world = replace(QUIET, mysteries={"m": MYSTERY})
    one = deed(world=world)
    clues.note(one, source)
    assert one.me.flags == ((f"clue.m.{clue}",) if clue else ())
    assert [fact.clue for fact in one.facts] == ([f"m.{clue}"] if clue else [])
    assert [(action, message.endswith("Gone."), version) for action, message, version, _ in heard(one)] == (
        [("clue_found", False, 9)] if clue else []
    )
    clues.note(one, source)
    assert len(one.facts) == len(one.events) == (1 if clue else 0)
    others = tuple(f"clue.m.{one}" for one in MYSTERY.clues if one != clue)
    last = deed(world=world, flags=others)
    clues.note(last, source)
    assert [message.endswith(" Gone.") for _, message, _, _ in heard(last)] == ([True] if clue else [])


def test_a_clue_elsewhere_is_not_noted(deed):
    world = replace(QUIET, mysteries={"m": replace(MYSTERY, clues={"a": Clue(at="quay", thing="shelf", says="Here.")})})
    one = deed(world=world)
    clues.note(one, Source(thing="shelf"))
    assert (one.facts, one.fields) == ([], {})


# ── gifts ────────────────────────────────────────────────────────────────────────────────────────────────────────────

HOOK = Interactable("row of hooks", "Brass.", gives="copper_wire")


async def test_a_gift_is_personal_and_given_once(deed):
    """It joins no stack, since no player may collect many; who has one gets none."""
    one = deed(bag=[Thing(30, 1, "fish_knife", 1)])
    outcome = await gifts.receive(one, "hooks", HOOK)
    (made,) = [change for change in one.changes if change["op"] == "insert"]
    assert (made["template"], made["quantity"], made["owner"], made["personal"]) == ("copper_wire", 1, "character:1", True)
    assert one.ledger == [{"template": "copper_wire", "quantity": 1, "reason": "given"}]
    assert one.facts == [
        Searched(character_id=1, location_id=HERE, thing="hooks", found=1),
        Took(character_id=1, item="copper_wire", quantity=1),
    ]
    assert (len(one.events), len(outcome.items), outcome.you is not None) == (1, 1, True)
    for bag, code in ([WIRE], "has_one"), ([Thing(number, 1, "old_coin", 1, slot="head") for number in range(100, 300)], "too_heavy"):
        full = deed(bag=bag)
        with pytest.raises(Refused) as refused:
            await gifts.receive(full, "hooks", HOOK)
        assert refused.value.code == code
        assert (full.changes, full.ledger) == ([], [])


@pytest.mark.parametrize(
    ("word", "found"),
    [("wire", True), ("copper wire from hooks", True), ("wire off the hooks", True), ("bread", False), ("bread from hooks", False)],
)
def test_a_gift_is_meant_by_its_item(deed, word, found):
    """With or without the thing that gives it; an interactable that gives nothing is never meant."""
    one = deed()
    one.scene.location = replace(one.scene.location, interactables={"wall": replace(HOOK, gives=None), "hooks": HOOK})
    assert gifts.meant(one, word) == (("hooks", HOOK) if found else None)


# ── trade ────────────────────────────────────────────────────────────────────────────────────────────────────────────

TRADER = replace(
    QUIET.npcs["marta_kell"],
    name="Marta",
    trades=("copper_wire", "gone"),
    buys=("fish_knife", "lost"),
    asks=130,
    pays=50,
    stock=6,
    restock_minutes=10,
)
ITEMS = QUIET.items | {
    "copper_wire": replace(QUIET.items["copper_wire"], value=1, name="wire"),
    "fish_knife": replace(QUIET.items["fish_knife"], value=9, durability=10, name="knife"),
}


@pytest.fixture
def market(deed):
    """Makes a trader's market for a deed, with these rows of its stock."""

    def make(*rows):
        one = deed(world=replace(QUIET, items=ITEMS))
        return one, Market(one.scene, ("marta", TRADER), {row.item: row for row in rows})

    return make


def test_a_stock_changes_under_its_version(market):
    """A trader without a row has its usual stock, and its first row has version 1; a second change in one deed follows the first."""
    one, first = market()
    first.change_stock(one, "copper_wire", -2)
    first.change_stock(one, "copper_wire", -1)
    change = {"op": "stock", "npc": "marta", "item": "copper_wire"}
    assert one.changes == [
        {**change, "version": 0, "quantity": 4, "at": NOW},
        {**change, "version": 1, "quantity": 3, "at": NOW},
    ]
    assert (first.stock("copper_wire").quantity, first.room("copper_wire")) == (3, 9)
    one, later = market(StockRow("copper_wire", 5, 2, NOW - 700))
    later.change_stock(one, "copper_wire", 4)
    assert one.changes == [{**change, "version": 5, "quantity": 7, "at": NOW - 100}]


def test_prices_are_those_of_the_list(market):
    """Of what the content has and the trader takes; a worn thing brings less, and a sale is rounded as a whole."""
    _, one = market(StockRow("copper_wire", 5, 0, NOW))
    knife = Thing(30, 1, "fish_knife", 1, durability=5)
    assert [named.name for named, _ in one.goods] == ["wire"]
    assert (one.asks("copper_wire"), one.pays(knife, 1), one.pays(replace(knife, durability=10), 1)) == (2, 2, 4)
    assert [one.pays(replace(knife, template=other), 1) for other in ("lost", "ash_bread", "old_coin")] == [0, 0, 0]
    worn, own = replace(knife, id=31, slot="main_hand"), replace(knife, id=32, personal=True)
    shown = one.view([knife, worn, own, WIRE, replace(WIRE, id=22, quantity=1)])
    assert [(good.item, good.price, good.stock) for good in shown.goods] == [("copper_wire", 2, 0)]
    assert [(offer.id, offer.price) for offer in shown.buys] == [(30, 2), (21, 2)]
    assert (
        as_prose(shown, 12)
        == "Marta sells: wire, 2 scrap (sold out). Marta would buy of you: knife, 2 scrap; wire, 2 scrap. You have 12 scrap."
    )
    bare = replace(shown, goods=[], buys=[])
    assert as_prose(bare, 1) == "Marta sells nothing. You have 1 scrap."
    assert as_prose(replace(shown, goods=[replace(shown.goods[0], stock=1)], buys=[]), 1) == "Marta sells: wire, 2 scrap. You have 1 scrap."


def test_a_trader_is_one_that_buys_or_sells():
    assert [is_trader(("x", replace(TRADER, **some))) for some in ({}, {"trades": ()}, {"buys": ()}, {"trades": (), "buys": ()})] == [
        True,
        True,
        True,
        False,
    ]
