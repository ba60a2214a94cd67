"""`list`, `buy`, `sell`: trade with an NPC. Prices and stock are those of `echoes.world.trade`; scrap and things go through the ledger."""

import re
from typing import Any

from echoes.errors import Refused
from echoes.game import arguments, normalization, targets, views
from echoes.game.commands.carrying import MOST, Quantity, refuse_worn, to_part_with
from echoes.game.company import npc_meant
from echoes.game.deed import Deed
from echoes.game.facts import Bought, Sold, Took
from echoes.game.market import Market, as_prose, is_trader
from echoes.game.spec import CommandSpec
from echoes.storage.commits import Thing
from echoes.wire import Command, Outcome, Target
from echoes.world import trade

_FROM = re.compile(r"(.*\S)\s+from\s+(\S.*)", re.IGNORECASE)
_TO = re.compile(r"(.*\S)\s+to\s+(\S.*)", re.IGNORECASE)
_WITH = frozenset({"with", "from", "of", "to", "at"})
AT_ONCE = 20
"""Things without a stack that one command buys at most."""


class Goods(Command, frozen=True, tag="list"):
    """List the goods that an NPC here sells, and the character's things that it would buy."""

    trader: Target | None = None


class Buy(Command, frozen=True, tag="buy"):
    """Buy from an NPC in this location: one, or a quantity."""

    item: Target
    trader: Target | None = None
    quantity: Quantity | None = None


class Sell(Command, frozen=True, tag="sell"):
    """Sell to an NPC in this location: one, or a quantity of one stack; with `all` the whole stack."""

    item: Target
    trader: Target | None = None
    quantity: Quantity | None = None
    all: bool = False


async def goods(deed: Deed, command: Goods) -> Outcome:
    """List the goods that the trader sells and the things that it takes, with prices."""
    market = await _market(deed, command.trader, "list [trader]")
    view = market.view(await deed.scene.things())
    deed.message = as_prose(view, deed.me.scrap)
    return deed.outcome(trade=view)


async def buy(deed: Deed, command: Buy) -> Outcome:
    """Buy. Of those who reach for the last one, one gets it."""
    scene = deed.scene
    market = await _market(deed, command.trader, "buy [how many] <item> [from <name>]")
    item_id = targets.pick(
        command.item, market.goods, nothing=f"{market.npc.name} has no {targets.bare(command.item)} to sell.", otherwise=_goods_of(market),
        code="not_for_sale",
    )  # fmt: skip
    template, quantity = scene.world.items[item_id], command.quantity or 1
    left = market.stock(item_id).quantity
    if left < quantity:
        message = f"{market.npc.name} has only {_counted(template.name, left)}." if left else f"{template.name.capitalize()}: all sold."
        raise Refused("sold_out", message, f"Ask for {left}." if left else "More comes in with time; ask for something else.")
    price = market.asks(item_id) * quantity
    if price > deed.me.scrap:
        raise Refused(
            "too_poor", f"That is {price} scrap, and you have {deed.me.scrap}.", "sell <item> to somebody who trades brings scrap in."
        )
    parts = [quantity] if template.stackable else [1] * min(quantity, AT_ONCE + 1)
    if len(parts) > AT_ONCE:
        raise Refused("too_many", "That is more than two hands can carry away.", f"Buy {AT_ONCE} or fewer at once.")
    for part in parts:
        if not views.has_room(deed.mine if deed.mine is not None else await scene.things(), item_id, template, part, scene.world):
            raise Refused("too_heavy", f"You cannot carry {_counted(template.name, quantity)} as well.", "Drop something, or buy fewer.")
        await deed.create(item_id, part, "trade", carried=True)
    market.change_stock(deed, item_id, -quantity)
    deed.change_scrap(-price, "trade")
    deed.fact(Bought(item=item_id, quantity=quantity, npc=market.id, scrap=price))
    deed.fact(Took(item=item_id, quantity=quantity, source="trade"))
    counted = _counted(template.name, quantity)
    deed.message = f"You buy {counted} from {market.npc.name} for {price} scrap. You have {deed.me.scrap} left."
    deed.tell_room("bought", f"{deed.me.name} buys {counted} from {market.npc.name}.")
    return deed.outcome(trade=market.view(deed.mine or []))


async def sell(deed: Deed, command: Sell) -> Outcome:
    """Sell. What is worn or personal stays; the trader takes so many that it has twice its usual stock at most."""
    market = await _market(deed, command.trader, "sell [how many] <item> [to <name>]")
    thing = to_part_with(deed, command.item, await deed.scene.things())
    refuse_worn(deed, thing)
    name = deed.scene.template(thing).name
    quantity = _how_many(command, thing, name)
    if thing.template not in trade.buys(market.npc):
        raise Refused("not_wanted", f"{market.npc.name} has no use for the {name}.", f"list {market.npc.name} shows what sells.")
    if (room := market.room(thing.template)) < quantity:
        hint = f"Sell {room} or fewer." if room else "Come back later, or find somebody else."
        raise Refused("stock_full", f"{market.npc.name} has {name} enough for now.", hint)
    price = market.pays(thing, quantity)
    if price == 0:
        raise Refused("not_wanted", f"{market.npc.name} would give nothing for that.", "Several together may be worth a scrap.")
    await deed.use_up(thing, quantity, "trade")
    market.change_stock(deed, thing.template, quantity)
    deed.change_scrap(price, "trade")
    deed.fact(Sold(item=thing.template, quantity=quantity, npc=market.id, scrap=price))
    counted = _counted(name, quantity)
    deed.message = f"You sell {counted} to {market.npc.name} for {price} scrap. You have {deed.me.scrap} now."
    deed.tell_room("sold", f"{deed.me.name} sells {counted} to {market.npc.name}.")
    return deed.outcome(trade=market.view(deed.mine or []))


async def _market(deed: Deed, word: str | None, usage: str) -> Market:
    person = await npc_meant(deed.scene, word, is_trader, missing="There is nobody here to trade with.", usage=usage)
    if not is_trader(person):
        raise Refused("no_trader", f"{person[1].name} does not trade.", "look shows who else is here.")
    return await Market.of(deed.scene, person)


def _how_many(command: Sell, thing: Thing, name: str) -> int:
    wanted = thing.quantity if command.all else command.quantity or 1
    if wanted > thing.quantity:
        raise Refused("too_few", f"There is only {_counted(name, thing.quantity)}.", f"Ask for {thing.quantity} or fewer.")
    return wanted


def _goods_of(market: Market) -> str:
    names = [name.name for name, _ in market.goods]
    return f"For sale: {targets.either(names, 'and')}." if names else f"{market.npc.name} only buys."


def _counted(name: str, quantity: int) -> str:
    return name if quantity == 1 else f"{name} ×{quantity}"


def _bargain(rest: str, pattern: re.Pattern[str], usage: str) -> dict[str, Any]:
    line = normalization.plain(rest)
    found = pattern.fullmatch(line)
    thing, trader = found.groups() if found else (line, None)
    count, name = arguments.how_many(thing)
    given: dict[str, Any] = arguments.one("item", usage)(name)
    if count is not None:
        given["quantity"] = min(count, MOST)
    return given if trader is None or trader.casefold() in arguments.PRONOUNS else {**given, "trader": trader}


def buy_arguments(rest: str) -> dict[str, Any]:
    """`[how many] <item> [from <name>]`."""
    return _bargain(rest, _FROM, "buy [how many] <item> [from <name>]")


def sell_arguments(rest: str) -> dict[str, Any]:
    """`[how many | all] <item> [to <name>]`."""
    given = _bargain(rest, _TO, "sell [how many] <item> [to <name>]")
    first, name = normalization.parted(given["item"])
    if first.casefold() == "all" and name:
        return {**given, "item": name, "all": True}
    return given


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "list",
        Goods,
        goods,
        usage="list [trader]",
        summary="What somebody here sells, and would buy of you.",
        aliases=("wares", "shop", "goods", "trade", "barter", "price", "prices"),
        arguments=arguments.one("trader", "list [trader]", optional=True, skip=_WITH, whole={"goods", "items", "prices", "wares"}),
        topic="Prices are in scrap. A thing that is worn out brings less. Who has much of a thing takes no more of it for now.",
    ),
    CommandSpec(
        "buy",
        Buy,
        buy,
        usage="buy [how many] <item> [from <name>]",
        summary="Buy something from somebody here.",
        aliases=("purchase",),
        arguments=buy_arguments,
        topic="buy bread, buy 2 bread from Marta. When several reach for the last one, one of them gets it.",
        cost=2,
    ),
    CommandSpec(
        "sell",
        Sell,
        sell,
        usage="sell [how many] <item> [to <name>]",
        summary="Sell something to somebody here.",
        arguments=sell_arguments,
        topic="sell tile, sell 3 eels to Pim, sell all wire. What you wear must be taken off first; what you woke with is not sold.",
        cost=2,
    ),
)
