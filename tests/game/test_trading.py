"""Trade with NPCs: lists, buying, selling, stock, and what is refused; over one worker or two, and PostgreSQL."""

import asyncio

import msgspec
import pytest
from cluster import SHIPPED, cluster, someone
from echoes.game.catalogue import Catalogue
from echoes.game.commands.trading import Buy, Goods, Sell
from echoes.game.kinds import CHARACTER
from echoes.storage.commits import new_item_id
from echoes.world import trade
from prometheus_client import REGISTRY

UNDERSTOOD = Catalogue().understand
MARTA = SHIPPED.npcs["marta_kell"]
BREAD = trade.asks(MARTA, SHIPPED.items["ash_bread"])
SUMS = (
    "select template, sum(n)::int from (select template, quantity as n from items union all select 'scrap', scrap from characters"
    " union all select template, -quantity from ledger) t group by template having sum(n) <> 0"
)


@pytest.fixture
async def contexts(database_url, tmp_path):
    async with cluster(database_url, tmp_path, workers=2) as found:
        yield found


@pytest.fixture
def context(contexts):
    return contexts[0]


async def rich(one, scrap=100):
    """Scrap comes into the world for a character."""
    await one.context.database.rows("test", "update characters set scrap = scrap + $2, version = version + 1 where id = $1", one.id, scrap)
    await one.context.database.rows("test", "insert into ledger (template, quantity, reason) values ('scrap', $1, 'test')", scrap)
    await one.context.caching.drop(CHARACTER, str(one.id))
    await one.enter()
    return one


async def own(one):
    """Make the things of the kit personal, and enter again."""
    await one.context.database.rows("test", "update items set personal = true where owner = $1", f"character:{one.id}")
    await one.enter()
    return one


async def put(one, template, quantity=1, durability=None):
    """A loose thing comes into the bag."""
    await one.context.database.rows(
        "test", "insert into items (id, template, quantity, durability, owner) values ($1, $2, $3, $4, $5)",
        new_item_id(), template, quantity, durability, f"character:{one.id}",
    )  # fmt: skip
    await one.context.database.rows("test", "insert into ledger (template, quantity, reason) values ($1, $2, 'test')", template, quantity)
    await one.enter()


async def stock(context, item, npc="marta_kell"):
    row = await context.database.row("test", "select quantity from stocks where npc = $1 and item = $2", npc, item)
    return None if row is None else row["quantity"]


async def everything(context):
    return [
        await context.database.rows("test", f"select * from {table} order by 1, 2")  # noqa: S608 - constants
        for table in ("characters", "items", "stocks", "ledger")
    ]


async def refused(one, line):
    """Refused with a code and a hint, and nothing has changed."""
    before = await everything(one.context)
    reply = await one.type(line)
    assert not reply["ok"], reply
    assert reply["error"]["hint"]
    assert await everything(one.context) == before
    return reply["error"]["code"]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("list", Goods()),
        ("list marta", Goods(trader="marta")),
        ("trade with marta", Goods(trader="marta")),
        ("buy onion pie from marta", Buy(item="onion pie", trader="marta")),
        ("buy 2 bread", Buy(item="bread", quantity=2)),
        ("sell tile", Sell(item="tile")),
        ("sell 3 eels to Old Tam", Sell(item="eels", trader="Old Tam", quantity=3)),
        ("sell all wire", Sell(item="wire", all=True)),
    ],
)
def test_a_typed_line_becomes_the_command(line, command):
    assert UNDERSTOOD(line, 1) == command


async def test_a_list_has_prices_and_stock(context):
    """As data and as prose, and what the trader would buy of the character; personal things are not in it."""
    mara = await own(await someone(context))
    await put(mara, "kiln_poker", durability=20)
    reply = await mara.type("list")
    view = reply["data"]["trade"]
    assert [good["item"] for good in view["goods"]] == list(MARTA.trades)
    (bread,) = (good for good in view["goods"] if good["item"] == "ash_bread")
    assert (bread["price"], bread["stock"], bread["name"]) == (BREAD, MARTA.stock, "ash bread")
    poker = SHIPPED.items["kiln_poker"]
    assert [(offer["name"], offer["price"]) for offer in view["buys"]] == [(poker.name, trade.pays(MARTA, poker, 1, 20))]
    assert reply["data"]["message"].startswith("Marta Kell sells: ash bread, ")
    assert reply["data"]["message"].endswith("You have 0 scrap.")
    before = await everything(context)
    assert (await mara.type("list"))["ok"]
    assert await everything(context) == before


async def test_buying_and_selling(context):
    """Things, scrap and stock change in one commit, at the prices of the list; facts and ledger have it."""
    mara = await rich(await someone(context), 20)
    reply = await mara.type("buy 2 onion pie from marta")
    price = 2 * trade.asks(MARTA, SHIPPED.items["onion_pie"])
    assert reply["data"]["you"]["scrap"] == 20 - price
    assert reply["data"]["message"] == f"You buy onion pie ×2 from Marta Kell for {price} scrap. You have {20 - price} left."
    assert await stock(context, "onion_pie") == MARTA.stock - 2
    assert (await mara.type("buy onion pie"))["ok"] == (20 - price >= price / 2)
    await put(mara, "wool_scarf")
    paid = trade.pays(MARTA, SHIPPED.items["wool_scarf"])
    before, income = (await context.service.row(mara.id)).scrap, REGISTRY.get_sample_value("echoes_scrap_total", {"direction": "in"}) or 0
    reply = await mara.type("sell scarf")
    assert reply["data"]["you"]["scrap"] == before + paid
    assert REGISTRY.get_sample_value("echoes_scrap_total", {"direction": "in"}) == income + paid
    assert await stock(context, "wool_scarf") == MARTA.stock + 1
    assert not await context.database.rows("test", SUMS)
    rows = await context.database.rows("test", "select type, body from facts where character_id = $1 order by id", mara.id)
    facts = [(row["type"], msgspec.json.decode(row["body"])) for row in rows]
    assert ("bought", {"item": "onion_pie", "quantity": 2, "npc": "marta_kell", "scrap": price}) in facts
    assert ("took", {"item": "onion_pie", "quantity": 2, "source": "trade"}) in facts
    assert ("sold", {"item": "wool_scarf", "quantity": 1, "npc": "marta_kell", "scrap": paid}) in facts


async def test_buying_is_refused_and_changes_nothing(context):
    mara = await someone(context)
    assert await refused(mara, "buy bread") == "too_poor"
    await rich(mara, 5000)
    assert await refused(mara, "buy unicorn") == "not_for_sale"
    assert await refused(mara, f"buy {MARTA.stock + 1} bread") == "sold_out"
    assert (await mara.type(f"buy {MARTA.stock} wheat"))["ok"]
    assert await refused(mara, "buy wheat") == "sold_out"
    assert await refused(mara, "buy bread from old tam") == "not_here"
    await put(mara, "scrap_iron", 900)
    assert await refused(mara, "buy pie") == "too_heavy"
    await context.database.rows("test", "update characters set location_id = 'bell_close', version = version + 1 where id = $1", mara.id)
    await mara.enter()
    assert await refused(mara, "list") == "not_here"
    assert await refused(mara, "buy bread") == "not_here"


async def test_selling_is_refused_and_changes_nothing(context):
    """A thing that is worn, personal, wanted by no trader, worth nothing, too many, or more than the trader takes."""
    mara = await own(await someone(context))
    assert await refused(mara, "sell poker") == "personal"
    await put(mara, "wool_scarf")
    await mara.type("wear scarf")
    assert await refused(mara, "sell scarf") == "worn"
    await put(mara, "painted_tile")
    assert await refused(mara, "sell tile") == "not_wanted"
    assert await refused(mara, "sell unicorn") == "not_carried"
    await put(mara, "fired_clay", 50)
    assert trade.pays(MARTA, SHIPPED.items["fired_clay"]) == 0
    assert await refused(mara, "sell potsherd") == "not_wanted"
    assert await refused(mara, "sell 51 potsherd") == "too_few"
    assert await refused(mara, "sell all potsherd") == "stock_full"
    assert (await mara.type(f"sell {MARTA.stock} potsherd"))["ok"]
    assert await refused(mara, "sell 2 potsherd") == "stock_full"


async def test_a_stock_comes_back_with_time(context):
    """Computed from a number and a moment: no timer, and no row before the first purchase."""
    mara = await rich(await someone(context), 5000)
    assert await stock(context, "ash_bread") is None
    assert (await mara.type(f"buy {MARTA.stock} bread"))["ok"]
    assert await stock(context, "ash_bread") == 0
    seconds = MARTA.restock_minutes * 60
    await context.database.rows("test", "update stocks set at = at - $1", 2.5 * seconds)
    view = (await mara.type("list"))["data"]["trade"]
    assert {good["item"]: good["stock"] for good in view["goods"]}["ash_bread"] == 2
    assert (await mara.type("buy 2 bread"))["ok"]
    assert await refused(mara, "buy bread") == "sold_out"
    assert await stock(context, "ash_bread") == 0


async def test_of_two_buyers_of_the_last_one_one_gets_it(contexts):
    """On two workers at once: the other is refused, and pays nothing."""
    here, there = contexts
    mara, tomas = await rich(await someone(here)), await rich(await someone(there, "Tomas"))
    for _ in range(4):
        assert (await mara.type(f"buy {MARTA.stock - 1} bread"))["ok"]
        before = [(await here.service.row(one.id)).scrap for one in (mara, tomas)]
        replies = await asyncio.gather(mara.type("buy bread"), tomas.type("buy bread"))
        assert sorted(reply["ok"] for reply in replies) == [False, True], replies
        assert next(reply for reply in replies if not reply["ok"])["error"]["code"] == "sold_out"
        after = [(await here.service.row(one.id)).scrap for one in (mara, tomas)]
        assert sum(before) - sum(after) == BREAD
        await here.database.rows("test", "update stocks set quantity = $1", MARTA.stock)
        await rich(mara)
    assert not await here.database.rows("test", SUMS)


async def test_prices_make_no_scrap(context):
    """Buying and selling each of Marta's goods, back and forth, only ever costs."""
    mara = await rich(await someone(context), 200)
    held = 200
    for item in MARTA.trades:
        for line in (f"buy 3 {SHIPPED.items[item].name}", f"sell all {SHIPPED.items[item].name}", f"sell {SHIPPED.items[item].name}"):
            await mara.type(line)
        now = (await context.service.row(mara.id)).scrap
        assert now <= held, item
        held = now
    assert not await context.database.rows("test", SUMS)
