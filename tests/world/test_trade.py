"""Prices and stocks: pure rules. No order of buying and selling makes scrap."""

import math
from pathlib import Path

import pytest
from echoes.world import trade
from echoes.world.content import load
from echoes.world.model import Item, Npc
from echoes.world.trade import Stock
from hypothesis import given
from hypothesis import strategies as st
from world.small_city import City

SHIPPED = load(Path(__file__).parents[2] / "gamedata")
PEOPLE = "npcs/people.yaml"
TALK = "dialogues/people.yaml"


def npc(**more):
    return Npc("Pim", "A boy with an eel in each of his fists.", "friendly", **more)


def item(value, **more):
    return Item("eel", "food", "It was smoked in somebody's chimney.", 0.1, 0.1, value=value, **more)


@pytest.mark.parametrize(("value", "percent", "price"), [(0, 130, 1), (1, 130, 2), (10, 130, 13), (3, 100, 3), (7, 150, 11)])
def test_a_trader_asks_the_value_and_a_share_rounded_up(value, percent, price):
    assert trade.asks(npc(asks=percent), item(value)) == price


@pytest.mark.parametrize(
    ("value", "percent", "quantity", "price"), [(10, 50, 1, 5), (3, 50, 1, 1), (3, 50, 2, 3), (1, 50, 1, 0), (1, 50, 3, 1), (0, 90, 9, 0)]
)
def test_a_trader_pays_for_a_whole_sale_rounded_down(value, percent, quantity, price):
    assert trade.pays(npc(pays=percent), item(value), quantity) == price


def test_a_worn_thing_brings_less():
    """In proportion to what it stands yet; a broken one brings nothing, and more than whole does not count."""
    sword = item(100, durability=40)
    assert [trade.pays(npc(pays=50), sword, 1, left) for left in (40, 20, 1, 0, 99, None)] == [50, 25, 1, 0, 50, 50]
    assert trade.pays(npc(pays=50), item(100), 1, 7) == 50, "it does not wear out any more"


@given(st.integers(0, 100_000), st.integers(50, 500), st.integers(0, 300), st.integers(1, 1000), st.integers(1, 1000))
def test_the_same_thing_is_never_sold_for_more_than_was_paid(value, asks, pays, quantity, durability):
    """As long as a trader does not pay more than another one asks, which the check of the content makes sure of."""
    seller, buyer, thing = npc(asks=asks), npc(pays=min(pays, asks)), item(value, durability=1000)
    spent = quantity * trade.asks(seller, thing)
    assert trade.pays(buyer, thing, quantity, durability) <= spent
    assert sum(trade.pays(buyer, thing) for _ in range(min(quantity, 50))) <= spent


def test_no_trader_of_the_city_pays_more_than_another_one_asks():
    for id_, thing in SHIPPED.items.items():
        asked = [trade.asks(one, thing) for one in SHIPPED.npcs.values() if id_ in one.trades]
        paid = [trade.pays(one, thing, 1000) / 1000 for one in SHIPPED.npcs.values() if id_ in trade.buys(one)]
        assert max(paid, default=0) < min(asked, default=math.inf), id_


@pytest.mark.parametrize(
    ("quantity", "minutes", "then"),
    [(2, 0, 2), (2, 9.9, 2), (2, 10, 3), (2, 30, 5), (2, 500, 5), (9, 10, 8), (9, 35, 6), (9, 60, 5), (5, 60, 5), (0, 20, 2), (2, -5, 2)],
)
def test_a_stock_drifts_back_to_its_usual_level(quantity, minutes, then):
    """One thing in ten minutes, from below and from above; a clock that is set back changes nothing."""
    trader = npc(stock=5, restock_minutes=10)
    assert trade.stock_at(1000 + minutes * 60, Stock(quantity, 1000.0), trader).quantity == then
    assert trade.stock_at(1000.0, None, trader).quantity == 5


@given(st.integers(0, 10), st.lists(st.floats(0, 10_000), max_size=8))
def test_a_stock_that_is_looked_at_often_drifts_as_fast(quantity, moments):
    """A stock that is written down at any moment between loses nothing of the time that has passed."""
    trader = npc(stock=5, restock_minutes=10)
    stock, last = Stock(quantity, 0.0), max(moments, default=0.0)
    for moment in sorted(moments):
        stock = trade.stock_at(moment, stock, trader)
    assert trade.stock_at(last, stock, trader).quantity == trade.stock_at(last, Stock(quantity, 0.0), trader).quantity


def test_a_trader_takes_twice_its_usual_stock_at_most():
    trader = npc(stock=5)
    assert [trade.room(trader, quantity) for quantity in (0, 5, 9, 10, 12)] == [10, 5, 1, 0, 0]


# ── what the check of the content finds ──────────────────────────────────────────────────────────────────────────────


def people(city: City, **changes):
    """Two traders of crowbars and bandages, and a dialogue."""
    fields = {
        "first": "trades: [crowbar], asks: 100",
        "second": "buys: [crowbar], pays: 90",
        "does": "give: [{item: bandage}]",
        "needs": "scrap: 1",
    }
    fields |= changes
    city.change("items/weapons.yaml", "weight: 2", "value: 10\n  weight: 2")
    city.change("items/medicine.yaml", "weight: 0.1", "value: 4\n  weight: 0.1")
    said = "description: Somebody who has been here a while., disposition: wary"
    city.put(PEOPLE, f"anna: {{name: anna, {said}, {fields['first']}}}\nbert: {{name: bert, {said}, {fields['second']}}}\n")
    city.put(
        TALK,
        "anna:\n  openings: [{to: hello}]\n  passages:\n    hello:\n      says: Well?\n      choices:\n        go: {says: Bye.}\n"
        f"        take: {{says: Give., needs: {{{fields['needs']}}}, does: {{{fields['does']}}}}}\n",
    )
    city.change("locations/clinic.yaml", "exits:", "npcs: [anna, bert]\nexits:")
    return [problem for problem in city.problems() if "warning" not in problem]


def test_a_gift_needs_a_flag(city: City):
    """One that it sets and that its own conditions exclude."""
    said = "this gift can be had again and again: let it set a flag that its needs exclude (without)"
    assert people(city) == [f"{TALK}:8:15 anna.passages.hello.choices.take: {said}"]
    city.change(TALK, "scrap: 1", "without: [had]")
    city.change(TALK, "does: {", "does: {sets: [had], ")
    assert [problem for problem in city.problems() if "warning" not in problem] == []
    city.change(TALK, "sets: [had], ", "sets: [had], clears: [had], ")
    assert said in city.problems()[-1] or any(said in problem for problem in city.problems()), "a flag that can be cleared is none"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"second": "buys: [crowbar], pays: 101", "does": "sets: [a]"}, "endless scrap: bert pays 10.1 for 'crowbar', which can be had for 10"),
        ({"second": "trades: [crowbar], asks: 90, pays: 95", "does": "sets: [a]"}, "endless scrap: bert pays 9.5 for 'crowbar', which can be had for 9"),
        ({"does": "pay: 8, give: [{item: crowbar}]"}, "endless scrap: bert pays 9 for 'crowbar', which can be had for 8"),
        ({"does": "take: [{item: crowbar}], earn: 11"}, "endless scrap: this choice gives 11 for 10, again and again"),
        ({"does": "take: [{item: crowbar}], give: [{item: bandage, quantity: 3}]", "second": "buys: [bandage], pays: 100"},
         "endless scrap: bert pays 4 for 'bandage', which can be had for 3.33333"),
    ],
)  # fmt: skip
def test_prices_that_make_endless_scrap_are_problems(city: City, changes: dict[str, str], said: str):
    """Between traders, by a choice, and by an exchange."""
    assert any(said in problem for problem in people(city, **changes)), city.problems()


@pytest.mark.parametrize(
    "does", ["pay: 9, give: [{item: crowbar}]", "take: [{item: crowbar}], earn: 10", "take: [{item: bandage}], earn: 50", "take: [{item: crowbar}], give: [{item: bandage, quantity: 9}]"],
)  # fmt: skip
def test_fair_prices_are_no_problem(city: City, does: str):
    """Nor is a price for what can only be found, or an exchange for what no trader buys."""
    assert people(city, does=does) == []


def test_an_exchange_of_exchanges_is_followed(city: City):
    """A crowbar for two bandages, a bandage for eight scrap."""
    problems = people(city, does="take: [{item: crowbar}], give: [{item: bandage, quantity: 2}]")
    assert problems == []
    city.change(
        TALK,
        "        go: {says: Bye.}\n",
        "        go: {says: Bye.}\n        sell: {says: Sell., does: {take: [{item: bandage}], earn: 8}}\n",
    )
    assert any("this choice gives 8 for 5, again and again" in problem for problem in city.problems())


def test_scrap_is_no_item(city: City):
    """The ledger counts scrap under this name."""
    city.change("items/weapons.yaml", "crowbar:", "scrap:")
    city.change("loot/street.yaml", "{item: crowbar}", "{item: scrap}")
    assert city.problems() == ["items/weapons.yaml:1:1 scrap: no item can be called 'scrap': it is the money"]
