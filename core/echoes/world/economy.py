"""Can scrap be made from nothing but talk and trade? The check behind `echoes check`: what a thing costs, and what traders pay for it."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from . import trade
from .draft import Draft, DraftEntry, values
from .model import Choice, Dialogue, Item, Npc, Placement
from .problem import Problem, Trail, quoted
from .talk_check import choices_of

Costs = dict[str, Fraction]
Place = tuple[DraftEntry[Dialogue], Trail, Choice]


def check_economy(draft: Draft) -> Iterator[Problem]:
    """Find every gift that can be had again and again, and every thing that traders buy for more than it costs."""
    items = {entry.id: item for entry, item in values(draft.items)}
    traders = [(entry, npc) for entry, npc in values(draft.npcs)]
    again = list(_repeatable(draft))
    for entry, trail, choice in again:
        if (choice.does.give or choice.does.earn) and not (choice.does.take or choice.does.pay):
            yield entry.problem(trail, "this gift can be had again and again: let it set a flag that its needs exclude (without)")
    gains = _gains(traders, items)
    costs = _costs(traders, items, again, gains)
    for trader, npc in traders:
        for id_ in trade.buys(npc):
            if id_ in costs and id_ in items and (paid := trade.worth(npc, items[id_])) > costs[id_]:
                said = f"endless scrap: {npc.name} pays {_number(paid)} for {quoted(id_)}, which can be had for {_number(costs[id_])}"
                yield trader.problem(("pays",) if isinstance(trader.data, dict) and "pays" in trader.data else (), said)
    for entry, trail, choice in again:
        spent = _sum(choice.does.take, costs)
        got = choice.does.earn + sum((one.quantity * gains.get(one.item, Fraction(0)) for one in choice.does.give), Fraction(0))
        if (choice.does.take or choice.does.pay) and spent is not None and got > spent + choice.does.pay:
            said = f"endless scrap: this choice gives {_number(got)} for {_number(spent + choice.does.pay)}, again and again"
            yield entry.problem(trail, said)


def _repeatable(draft: Draft) -> Iterator[Place]:
    """Every choice that a character can make more than once: it sets no flag that its own needs exclude, or that flag can be cleared."""
    dialogues = list(values(draft.dialogues))
    cleared = {flag for _, dialogue in dialogues for _, choice in choices_of(dialogue) for flag in choice.does.clears}
    for entry, dialogue in dialogues:
        for trail, choice in choices_of(dialogue):
            if not set(choice.does.sets) & set(choice.needs.without) - cleared:
                yield entry, trail, choice


def _gains(traders: list[tuple[DraftEntry[Npc], Npc]], items: Mapping[str, Item]) -> Costs:
    """The most that any trader pays for one, by item."""
    found: Costs = {}
    for _, npc in traders:
        for id_ in trade.buys(npc):
            if id_ in items:
                found[id_] = max(found.get(id_, Fraction(0)), trade.worth(npc, items[id_]))
    return found


def _costs(traders: list[tuple[DraftEntry[Npc], Npc]], items: Mapping[str, Item], again: list[Place], gains: Costs) -> Costs:
    """The least for which one can be had in any number, by item: from a trader, or by exchanges of exchanges."""
    costs: Costs = {}
    for _, npc in traders:
        for id_ in npc.trades:
            if id_ in items:
                costs[id_] = min(costs.get(id_, Fraction(10**9)), Fraction(trade.asks(npc, items[id_])))
    for _ in range(len(again) + 1):
        before = dict(costs)
        for _, _, choice in again:
            _exchange(choice, costs, gains)
        if costs == before:
            break
    return costs


def _exchange(choice: Choice, costs: Costs, gains: Costs) -> None:
    """Lower the costs of a choice's gifts: each one costs the things and scrap that the choice takes, less the value of its other gifts."""
    spent = _sum(choice.does.take, costs)
    if spent is None:
        return
    left = spent + choice.does.pay - choice.does.earn
    for one in choice.does.give:
        others = sum((other.quantity * gains.get(other.item, Fraction(0)) for other in choice.does.give if other is not one), Fraction(0))
        cost = max(Fraction(0), (left - others) / one.quantity)
        costs[one.item] = min(costs.get(one.item, cost), cost)


def _sum(things: tuple[Placement, ...], costs: Costs) -> Fraction | None:
    """Cost of these things together; None where one of them can only be found."""
    if any(one.item not in costs for one in things):
        return None
    return sum((one.quantity * costs[one.item] for one in things), Fraction(0))


def _number(amount: Fraction) -> str:
    return f"{float(amount):g}"
