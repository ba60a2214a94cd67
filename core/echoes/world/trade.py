"""The rules of trade: prices, and stocks that drift back to their usual level. Pure: the same functions show and decide.

Prices are whole scrap. A trader asks a rounded-up price for each thing, and pays a rounded-down price for all of a sale together.
"""

from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from .model import Item, Npc


class Stock(NamedTuple):
    """How many of a thing a trader has, and the moment (Unix seconds) from which it drifts on."""

    quantity: int
    at: float


def asks(npc: Npc, item: Item) -> int:
    """The price of one, from this trader: at least 1."""
    return max(1, ceil(Fraction(item.value * npc.asks, 100)))


def worth(npc: Npc, item: Item) -> Fraction:
    """The price that this trader pays for a new one, before rounding."""
    return Fraction(item.value * npc.pays, 100)


def pays(npc: Npc, item: Item, quantity: int = 1, durability: int | None = None) -> int:
    """The price that this trader pays for a number of pieces: the less, the more they are worn. 0: nothing."""
    condition = Fraction(1) if durability is None or not item.durability else Fraction(min(durability, item.durability), item.durability)
    return floor(worth(npc, item) * condition * quantity)


def repair_price(npc: Npc, item: Item, durability: int) -> int:
    """The scrap that a smith asks to make a thing as good as new: at least 1."""
    most = item.durability or 1
    return max(1, ceil(Fraction(item.value * npc.repairs * (most - min(durability, most)), 100 * most)))


def buys(npc: Npc) -> tuple[str, ...]:
    """Ids of all items that a trader takes, each once."""
    return tuple(dict.fromkeys((*npc.trades, *npc.buys)))


def stock_at(now: float, stock: Stock | None, npc: Npc) -> Stock:
    """The stock at a moment: one thing comes back, or is sold on, each `restock_minutes`. Without a record it is the usual one."""
    if stock is None or stock.quantity == npc.stock:
        return Stock(npc.stock, now)
    seconds = npc.restock_minutes * 60
    steps = max(0, floor((now - stock.at) / seconds))
    short = npc.stock - stock.quantity
    if steps >= abs(short):
        return Stock(npc.stock, now)
    return Stock(stock.quantity + (steps if short > 0 else -steps), stock.at + steps * seconds)


def room(npc: Npc, quantity: int) -> int:
    """How many more a trader takes who has this many: at most twice the usual stock."""
    return max(0, 2 * npc.stock - quantity)
