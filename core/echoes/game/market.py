"""A trader's stock, prices and purchases for one character, and their view. The stock is read when a command needs it, and never cached."""

from collections.abc import Mapping, Sequence

from echoes.game import views
from echoes.game.company import Person
from echoes.game.conversations import is_loose
from echoes.game.deed import Deed
from echoes.game.scene import Scene
from echoes.game.targets import Named
from echoes.storage import stocks
from echoes.storage.commits import Thing
from echoes.storage.stocks import StockRow
from echoes.wire import GoodView, OfferView, TradeView
from echoes.world import trade
from echoes.world.trade import Stock


def is_trader(person: Person) -> bool:
    """Whether an NPC buys or sells anything."""
    return bool(trade.buys(person[1]))


class Market:
    """One trader's goods at one moment."""

    def __init__(self, scene: Scene, person: Person, rows: Mapping[str, StockRow]) -> None:
        self.scene = scene
        self.id, self.npc = person
        self._rows = rows

    @classmethod
    async def of(cls, scene: Scene, person: Person) -> "Market":
        """With the stock as it is in PostgreSQL now."""
        return cls(scene, person, await stocks.load(scene.around.database, person[0]))

    @property
    def goods(self) -> Sequence[tuple[Named, str]]:
        """The items that the trader sells, with their ids. An item that the content no longer has is left out."""
        return [(self.named(id_), id_) for id_ in self.npc.trades if id_ in self.scene.world.items]

    def named(self, item_id: str) -> Named:
        """Name and aliases of an item."""
        item = self.scene.world.items[item_id]
        return Named(item_id, item.name, item.aliases)

    def stock(self, item_id: str) -> Stock:
        """How many the trader has now, and since when that counts."""
        row = self._rows.get(item_id)
        return trade.stock_at(self.scene.now, None if row is None else Stock(row.quantity, row.at), self.npc)

    def asks(self, item_id: str) -> int:
        """The price of one."""
        return trade.asks(self.npc, self.scene.world.items[item_id])

    def pays(self, thing: Thing, quantity: int) -> int:
        """Scrap that the trader pays for a number of pieces of a thing; 0 where it takes none."""
        if thing.template not in trade.buys(self.npc) or thing.template not in self.scene.world.items:
            return 0
        return trade.pays(self.npc, self.scene.world.items[thing.template], quantity, thing.durability)

    def room(self, item_id: str) -> int:
        """How many more of it the trader takes now."""
        return trade.room(self.npc, self.stock(item_id).quantity)

    def change_stock(self, deed: Deed, item_id: str, by: int) -> None:
        """The trader has more or fewer of it from now on. The commit fails when the stock is not as it was read."""
        now, row = self.stock(item_id), self._rows.get(item_id)
        after = StockRow(item_id, 1 + (0 if row is None else row.version), now.quantity + by, now.at)
        deed.changes.append({
            "op": "stock", "npc": self.id, "item": item_id, "version": 0 if row is None else row.version,
            "quantity": after.quantity, "at": after.at,
        })  # fmt: skip
        self._rows = {**self._rows, item_id: after}

    def view(self, things: Sequence[Thing]) -> TradeView:
        """As clients show it."""
        items = self.scene.world.items
        return TradeView(
            self.id,
            self.npc.name,
            [
                GoodView(id_, items[id_].name, self.asks(id_), self.stock(id_).quantity, items[id_].type, items[id_].description)
                for _, id_ in self.goods
            ],
            [
                OfferView(thing.id, views.template_of(thing, self.scene.world).name, thing.quantity, price)
                for thing in things
                if is_loose(thing) and (price := self.pays(thing, 1) or self.pays(thing, thing.quantity))
            ],
        )


def as_prose(view: TradeView, scrap: int) -> str:
    """The list as one line of the story."""
    goods = [f"{good.name}, {good.price} scrap" + ("" if good.stock else " (sold out)") for good in view.goods]
    wanted = [f"{offer.name}, {offer.price} scrap" for offer in view.buys]
    lines = [f"{view.name} sells: {'; '.join(goods)}." if goods else f"{view.name} sells nothing."]
    lines += [f"{view.name} would buy of you: {'; '.join(wanted)}."] if wanted else []
    return " ".join([*lines, f"You have {scrap} scrap."])
