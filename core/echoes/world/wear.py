"""How things wear out and are made good again. Pure.

A weapon loses one with each blow that hits. Of the armour that is worn, one piece loses one with each blow that its bearer takes. At 0 a thing is
broken: it does nothing until it is repaired. Prices of repair are in `echoes.world.trade`.
"""

from math import ceil

from .model import Item

BENCH_STAMINA = 20
"""The stamina that work at a bench costs."""
BENCH_PART = 0.75
"""How good a thing becomes at a bench, as a part of a new one."""


def with_kit(durability: int, item: Item, kit: Item) -> int:
    """The durability after a kit was used."""
    return min(item.durability or 0, durability + kit.repairs)


def at_bench(item: Item) -> int:
    """The durability that a thing has after work at a bench, unless it was better before."""
    return ceil((item.durability or 0) * BENCH_PART)
