"""Repair: how good a thing becomes, and what a smith asks."""

from pathlib import Path

import msgspec
from echoes.world import trade
from echoes.world.content import load
from echoes.world.model import Item, Npc
from echoes.world.wear import at_bench, with_kit
from hypothesis import given
from hypothesis import strategies as st

SHIPPED = load(Path(__file__).parents[2] / "gamedata")
KNIFE = Item("knife", "weapon", "A knife that has been ground too often.", 0.3, 0.2, value=12, durability=50)
KIT = Item("kit", "tool", "A roll of tools that rattles when it is shaken.", 1.0, 1.0, durability=4, repairs=30)
SMITH = Npc("Ada", "A woman with a burnt sleeve and a good eye.", "friendly", repairs=60)


@given(st.integers(0, 50), st.integers(0, 1000))
def test_a_kit_makes_nothing_worse_and_nothing_better_than_new(durability, repairs):
    assert durability <= with_kit(durability, KNIFE, msgspec.structs.replace(KIT, repairs=repairs)) <= 50


def test_a_bench_repairs_three_quarters_rounded_up():
    assert (at_bench(KNIFE), at_bench(msgspec.structs.replace(KNIFE, durability=1))) == (38, 1)


def test_a_smith_asks_a_part_of_the_loss_rounded_up():
    """At least 1; what is as good as new or better costs no less, since a smith does not work for nothing."""
    assert [trade.repair_price(SMITH, KNIFE, one) for one in (0, 25, 49, 50, 99)] == [8, 4, 1, 1, 1]


@given(st.sampled_from(sorted(SHIPPED.items)), st.sampled_from(sorted(SHIPPED.npcs)), st.sampled_from(sorted(SHIPPED.npcs)), st.data())
def test_a_repair_before_a_sale_earns_nothing(item_id, smith_id, trader_id, data):
    """The price of a smith is no less than what any trader pays more for the thing afterwards, where both deal at all."""
    item, smith, trader = SHIPPED.items[item_id], SHIPPED.npcs[smith_id], SHIPPED.npcs[trader_id]
    if item.durability is None or not smith.repairs or item_id not in trade.buys(trader):
        return
    worn = data.draw(st.integers(0, item.durability))
    more = trade.pays(trader, item, 1, item.durability) - trade.pays(trader, item, 1, worn)
    assert trade.repair_price(smith, item, worn) >= more
