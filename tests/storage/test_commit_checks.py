"""The checks of `echoes_commit` and `echoes_enter`, independent of a worker's belief: each is seen to refuse, and a commit is exact."""

import asyncio
import json

import asyncpg
import pytest
from echoes.settings import gamedata_of, read
from echoes.storage import accounts, commits, database
from echoes.storage.commits import NoCharacter, Placed, SearchedAlready, Stale, Superseded
from echoes.storage.functions import named
from echoes.world import content

BREAD, COAT, POKER, THEIRS, LYING, NEW = 1, 2, 3, 4, 5, 6
CLIENT = "0123456789abcdef"
SHIPPED = content.load(gamedata_of(read()))
HERE = SHIPPED.start.location
THERE, CLOSED = sorted(SHIPPED.locations.keys() - {HERE})[:2]
PEOPLE = {}


@pytest.fixture
async def context(made):
    """Mara with bread, a worn coat and a poker; Tom with a coat; a poker on the ground; all are in one place."""
    async with database.connect(made, pool=3, timeout=20) as opened:
        await opened.rows("test", "truncate accounts, characters, items, equipment, searches, commands, ledger, stocks cascade")
        await opened.rows("test", "insert into stocks (npc, item, quantity, at) values ('marta_kell', 'onion_pie', 1, 1)")
        await opened.rows("test", "update places set open = location_id <> $1, version = 1", CLOSED)
        account = await accounts.create_account(opened, "mara", "mara", "hash")
        kit = [Placed(BREAD, "ash_bread", 2, None), Placed(COAT, "patched_coat", 1, 40), Placed(POKER, "kiln_poker", 1, 30)]
        mara = await accounts.create_character(opened, account.id, "Mara", "mara", SHIPPED.start, kit)
        tom = await accounts.create_character(opened, account.id, "Tom", "tom", SHIPPED.start, [Placed(THEIRS, "patched_coat", 1, 40)])
        PEOPLE.update(mara=mara.id, tom=tom.id)
        await opened.rows("test", "insert into equipment (character_id, slot, item_id) values ($1, 'torso', $2)", mara.id, COAT)
        await opened.rows("test", "insert into items (id, template, quantity, owner) values ($1, 'kiln_poker', 1, $2)", LYING, ground(HERE))
        yield opened


def ground(location_id):
    return f"location:{location_id}"


def bag(name="mara"):
    return f"character:{PEOPLE[name]}"


def me(version=1, **fields):
    return {"op": "character", "id": PEOPLE["mara"], "version": version, "set": fields}


def update(thing, owner, version=1, **more):
    return {"op": "update", "id": thing, "version": version, "owner": owner, **more}


def insert(owner, template="ash_bread", quantity=1, thing=NEW):
    return {"op": "insert", "id": thing, "template": template, "quantity": quantity, "durability": None, "owner": owner}


def stock(version, item="onion_pie", quantity=3):
    return {"op": "stock", "npc": "marta_kell", "item": item, "version": version, "quantity": quantity, "at": 5.5}


def entry(template, quantity):
    return {"template": template, "quantity": quantity, "reason": "test"}


async def commit(context, changes, ledger=(), *, number=1, epoch=0, client=CLIENT, who="mara", events=b"[]", digest="", **more):
    return await commits.commit(
        context, character_id=PEOPLE.get(who, 0), epoch=epoch, client=client, number=number, reply=json.dumps([number]).encode(), events=events,
        changes=changes, ledger=ledger, digest=digest, **more,
    )  # fmt: skip


async def everything(context):
    """All that a commit may change."""
    found = {}
    for table in ("characters", "items", "equipment", "places", "searches", "commands", "ledger", "stocks"):
        rows = await context.rows("test", f"select to_jsonb(t) as row from {table} t order by 1")  # noqa: S608 - a constant
        found[table] = [row["row"] for row in rows]
    return found


async def one(context, sql, *arguments):
    """The only column of the only row."""
    row = await context.row("test", sql, *arguments)
    return None if row is None else row[0]


# ── a row that is not as it was read ─────────────────────────────────────────────────────────────────────────────────

STALE = {
    "one's own row is newer": lambda: [me(version=0)],
    "one's own row is older": lambda: [me(version=2)],
    "no such location": lambda: [me(location_id="nowhere")],
    "the location is closed": lambda: [me(location_id=CLOSED)],
    "a witness is elsewhere": lambda: [{"op": "witness", "id": PEOPLE["tom"], "location_id": THERE}],
    "a witness does not exist": lambda: [{"op": "witness", "id": 10**6, "location_id": HERE}],
    "a thing is newer": lambda: [update(POKER, bag(), version=0, new_owner=ground(HERE))],
    "a thing is older": lambda: [update(POKER, bag(), version=2, new_owner=ground(HERE))],
    "a stack is newer": lambda: [update(BREAD, bag(), version=0, quantity=2)],
    "a thing is another's": lambda: [update(THEIRS, bag(), new_owner=ground(HERE))],
    "a thing lies on the ground": lambda: [update(LYING, bag(), durability=1)],
    "a thing is in a bag": lambda: [update(POKER, ground(HERE), new_owner=bag("tom"))],
    "a thing does not exist": lambda: [update(NEW, bag(), new_owner=ground(HERE))],
    "a thing is worn": lambda: [update(COAT, bag(), new_owner=ground(HERE))],
    "what is to be destroyed is newer": lambda: [{"op": "delete", "id": POKER, "version": 0, "owner": bag()}],
    "what is to be destroyed is another's": lambda: [{"op": "delete", "id": THEIRS, "version": 1, "owner": bag()}],
    "what is to be destroyed does not exist": lambda: [{"op": "delete", "id": NEW, "version": 1, "owner": bag()}],
    "the id of a new thing is taken": lambda: [insert(bag(), thing=THEIRS)],
    "a new thing would lie in a closed location": lambda: [insert(ground(CLOSED))],
    "a thing would lie in a closed location": lambda: [update(POKER, bag(), new_owner=ground(CLOSED))],
    "a thing would lie nowhere": lambda: [update(POKER, bag(), new_owner=ground("nowhere"))],
    "what is put on is another's": lambda: [{"op": "wear", "slot": "head", "id": THEIRS}],
    "what is put on lies on the ground": lambda: [{"op": "wear", "slot": "hand", "id": LYING}],
    "what is put on does not exist": lambda: [{"op": "wear", "slot": "hand", "id": NEW}],
    "the slot is taken": lambda: [{"op": "wear", "slot": "torso", "id": POKER}],
    "what is put on is worn elsewhere": lambda: [{"op": "wear", "slot": "head", "id": COAT}],
    "a stock is newer": lambda: [stock(0)],
    "a stock is older": lambda: [stock(2)],
    "a stock does not exist": lambda: [stock(1, item="ash_bread")],
    "another slot is emptied": lambda: [{"op": "take_off", "slot": "head", "id": COAT}],
    "something else is taken off": lambda: [{"op": "take_off", "slot": "torso", "id": POKER}],
}


@pytest.mark.parametrize("changes", STALE.values(), ids=[name.replace(" ", "-") for name in STALE])
async def test_a_row_that_is_not_as_it_was_read(context, changes):
    """Nothing happens then, also nothing of what would have been right; and the number is free."""
    before = await everything(context)
    for attempt in (changes(), [me(hp=1), *changes()] if changes()[0]["op"] != "character" else changes()):
        with pytest.raises(Stale):
            await commit(context, attempt, [entry("ash_bread", 1)] if attempt[-1]["op"] == "insert" else [])
    assert await everything(context) == before
    assert (await commit(context, [me()])).status == "done"


async def test_a_player_cannot_take_off_another_players_clothes(context):
    with pytest.raises(Stale):
        await commit(context, [{"op": "take_off", "slot": "torso", "id": COAT}], who="tom")


# ── who may write ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("epoch", [1, 6, 8])
async def test_only_the_session_of_the_row_writes(context, epoch):
    """Neither an older one, nor one that PostgreSQL has not let in."""
    await commits.enter(context, PEOPLE["mara"], 7, CLIENT)
    before = await everything(context)
    with pytest.raises(Superseded):
        await commit(context, [me()], epoch=epoch)
    assert await everything(context) == before
    assert (await commit(context, [me()], epoch=7)).status == "done"


async def test_a_request_without_a_session_writes(context):
    await commits.enter(context, PEOPLE["mara"], 7, CLIENT)
    assert (await commit(context, [me()], epoch=0)).status == "done"


@pytest.mark.parametrize("epoch", [0, 1])
async def test_a_missing_character_changes_nothing(context, epoch):
    with pytest.raises(NoCharacter):
        await commit(context, [], epoch=epoch, who="nobody")


async def test_a_session_enters_unless_a_newer_one_has(context):
    """The same one may enter again; who was refused has changed nothing."""
    mara = PEOPLE["mara"]
    for epoch in (7, 7, 9):
        assert (await commits.enter(context, mara, epoch, CLIENT)).me.epoch == epoch
    with pytest.raises(Superseded):
        await commits.enter(context, mara, 8, CLIENT)
    with pytest.raises(Superseded):
        await commits.enter(context, 10**6, 10, CLIENT)
    assert await one(context, "select epoch from characters where id = $1", mara) == 9
    assert await one(context, "select epoch from characters where id = $1", PEOPLE["tom"]) == 0


async def test_a_session_learns_the_greatest_number_of_its_own_client(context):
    for client, number, who in ((CLIENT, 3, "mara"), (CLIENT, 2, "mara"), ("another", 8, "mara"), (CLIENT, 9, "tom")):
        await commit(context, [], number=number, client=client, who=who)
    assert (await commits.enter(context, PEOPLE["mara"], 1, CLIENT)).last_command == 3
    assert (await commits.enter(context, PEOPLE["mara"], 2, "new")).last_command == 0


# ── things and the ledger ────────────────────────────────────────────────────────────────────────────────────────────

UNBALANCED = {
    "something is made": lambda: ([insert(bag())], []),
    "more is made than is accounted for": lambda: ([insert(bag(), quantity=2)], [entry("ash_bread", 1)]),
    "less is made than is accounted for": lambda: ([insert(bag())], [entry("ash_bread", 2)]),
    "something else is made": lambda: ([insert(bag())], [entry("kiln_poker", 1)]),
    "something is destroyed": lambda: ([{"op": "delete", "id": BREAD, "version": 1, "owner": bag()}], []),
    "less is destroyed than is gone": lambda: ([{"op": "delete", "id": BREAD, "version": 1, "owner": bag()}], [entry("ash_bread", -1)]),
    "a stack grows": lambda: ([update(BREAD, bag(), quantity=3)], []),
    "a stack shrinks": lambda: ([update(BREAD, bag(), quantity=1)], []),
    "a stack grows on its way": lambda: ([update(BREAD, bag(), new_owner=ground(HERE), quantity=3)], []),
    "nothing is made": lambda: ([], [entry("ash_bread", 1)]),
    "scrap is made": lambda: ([me(scrap=1)], []),
    "more scrap is made than is accounted for": lambda: ([me(scrap=2)], [entry("scrap", 1)]),
    "scrap is lost": lambda: ([me(scrap=9), me(version=2, scrap=8)], [entry("scrap", 9)]),
    "no scrap is made": lambda: ([me(hp=1)], [entry("scrap", 1)]),
    "one player's scrap is another player's loss, and more": lambda: (
        [me(scrap=3), {"op": "character", "id": PEOPLE["tom"], "version": 1, "set": {"scrap": 4}}], [entry("scrap", 3)],
    ),
    "one kind for another": lambda: ([update(BREAD, bag(), quantity=1), insert(bag(), "kiln_poker")], []),
    "an unknown change": lambda: ([{"op": "conjure"}], []),
}  # fmt: skip


@pytest.mark.parametrize("plan", UNBALANCED.values(), ids=[name.replace(" ", "-") for name in UNBALANCED])
async def test_nothing_is_made_or_lost_without_a_ledger_entry(context, plan):
    before = await everything(context)
    with pytest.raises(asyncpg.PostgresError) as refused:
        await commit(context, *plan())
    assert refused.value.sqlstate == "EC003"
    assert await everything(context) == before


async def test_created_and_destroyed_things_are_in_the_ledger(context):
    """The ledger has the actor and the reason."""
    receipt = await commit(
        context, [insert(ground(HERE), quantity=3), update(BREAD, bag(), quantity=1), {"op": "delete", "id": POKER, "version": 1, "owner": bag()}],
        [entry("ash_bread", 3), entry("ash_bread", -1), entry("kiln_poker", -1)],
    )  # fmt: skip
    assert receipt.status == "done"
    rows = await context.rows("test", "select template, quantity, character_id from ledger where reason = 'test' order by id")
    assert [tuple(row) for row in rows] == [
        ("ash_bread", 3, PEOPLE["mara"]), ("ash_bread", -1, PEOPLE["mara"]), ("kiln_poker", -1, PEOPLE["mara"]),
    ]  # fmt: skip
    found = await context.rows("test", "select id, version, quantity from items where id = any($1) order by id", [BREAD, POKER, NEW])
    assert [tuple(row) for row in found] == [(BREAD, 2, 1), (NEW, 1, 3)]


async def test_scrap_is_in_the_ledger_unless_it_only_changes_hands(context):
    """Scrap that comes into the world has an entry; scrap that one character pays another has none."""
    await commit(context, [me(scrap=9)], [entry("scrap", 9)])
    await commit(context, [me(version=2, scrap=9)], number=2)
    tom = {"op": "character", "id": PEOPLE["tom"], "version": 1, "set": {"scrap": 4}}
    assert (await commit(context, [me(version=3, scrap=5), tom], number=3)).status == "done"
    held = await one(context, "select sum(scrap) from characters")
    assert held == await one(context, "select sum(quantity) from ledger where template = 'scrap'") == 9


async def test_a_stock_changes_under_its_version(context):
    """The first change makes the row; each of the next ones raises its version."""
    await context.rows("test", "delete from stocks")
    await commit(context, [stock(0, quantity=3)])
    await commit(context, [stock(1, quantity=0), stock(0, "ash_bread")], number=2)
    rows = await context.rows("test", "select item, version, quantity, at from stocks order by item")
    assert [tuple(row) for row in rows] == [("ash_bread", 1, 3, 5.5), ("onion_pie", 2, 0, 5.5)]


async def test_a_stack_is_divided_without_an_entry(context):
    """The quantity that one stack loses the other has."""
    assert (await commit(context, [update(BREAD, bag(), quantity=1), insert(bag("tom"))])).status == "done"


async def test_a_destroyed_thing_is_no_longer_worn(context):
    await commit(context, [{"op": "delete", "id": COAT, "version": 1, "owner": bag()}], [entry("patched_coat", -1)])
    assert await context.rows("test", "select from equipment") == []


async def test_a_change_of_a_thing_keeps_its_other_fields(context):
    """The thing's version rises."""
    await commit(context, [update(COAT, bag(), durability=7)])
    await commit(context, [update(COAT, bag(), version=2)], number=2)
    row = await context.row("test", "select version, owner, quantity, durability from items where id = $1", COAT)
    assert tuple(row) == (3, bag(), 1, 7)


async def test_the_actor_puts_on_its_own_thing_and_takes_it_off_again(context):
    await commit(context, [{"op": "wear", "slot": "hand", "id": POKER}])
    rows = await context.rows("test", "select character_id, slot, item_id from equipment order by slot")
    assert [tuple(row) for row in rows] == [(PEOPLE["mara"], "hand", POKER), (PEOPLE["mara"], "torso", COAT)]
    await commit(context, [{"op": "take_off", "slot": "hand", "id": POKER}], number=2)
    assert await one(context, "select count(*) from equipment") == 1


# ── rows and their versions ──────────────────────────────────────────────────────────────────────────────────────────


async def test_each_field_of_the_actors_row(context):
    """A field that is set is stored; the rest stays; the version rises by one."""
    mara = PEOPLE["mara"]
    fields = {
        "location_id": THERE, "arrival": "a", "hp": 3, "stamina": 1.5, "stamina_at": 9.5, "resting": True, "scrap": 4, "xp": 5, "level": 2,
        "hp_at": 8.5,
    }  # fmt: skip
    before = await context.row("test", "select * from characters where id = $1", mara)
    for number, (name, value) in enumerate(fields.items(), 1):
        made = [entry("scrap", value)] if name == "scrap" else []
        receipt = await commit(context, [me(version=number, **{name: value})], made, number=number)
        assert receipt.characters == {mara: number + 1}
        after = await context.row("test", "select * from characters where id = $1", mara)
        changed = {key: after[key] for key in dict(after) if after[key] != before[key]}
        if name == "hp":  # written without its moment: that is now
            assert changed.pop("hp_at") > 1_700_000_000
        assert changed == {name: value, "version": number + 1}
        before = after


async def test_an_explored_location_is_recorded_once(context):
    for number in (1, 2):
        await commit(context, [{**me(version=number), "explored": THERE}], number=number)
    await commit(context, [me(version=3)], number=3)
    assert await one(context, "select explored from characters where id = $1", PEOPLE["mara"]) == [HERE, THERE]


async def test_a_witness_has_changed(context):
    """The receipt has its row's version, so that the worker that plays it gets the invalidation."""
    tom = PEOPLE["tom"]
    receipt = await commit(context, [me(), {"op": "witness", "id": tom, "location_id": HERE}])
    assert receipt.characters == {PEOPLE["mara"]: 2, tom: 2}
    assert await one(context, "select version from characters where id = $1", tom) == 2


async def test_a_commit_reports_the_locations_whose_ground_changed(context):
    """A ground changes when a thing comes to it or leaves it, not when a thing passes from bag to bag."""

    async def version(where=HERE):
        return await one(context, "select version from places where location_id = $1", where)

    here, there = await version(), await version(THERE)
    plans = [
        ([insert(ground(HERE))], [entry("ash_bread", 1)], {HERE: here + 1}),
        ([update(LYING, ground(HERE), durability=1)], [], {HERE: here + 2}),
        ([update(LYING, ground(HERE), version=2, new_owner=ground(THERE))], [], {HERE: here + 3, THERE: there + 1}),
        ([update(LYING, ground(THERE), version=3, new_owner=bag())], [], {THERE: there + 2}),
        ([{"op": "delete", "id": NEW, "version": 1, "owner": ground(HERE)}], [entry("ash_bread", -1)], {HERE: here + 4}),
        ([update(LYING, bag(), version=4, new_owner=bag("tom"))], [], {}),
    ]  # fmt: skip
    for number, (changes, ledger, places) in enumerate(plans, 1):
        assert (await commit(context, changes, ledger, number=number)).places == places
    assert (await version(), await version(THERE)) == (here + 4, there + 2)


# ── what is locked ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("giver", "receiver"), [("mara", "tom"), ("tom", "mara")])
async def test_characters_are_locked_in_one_order(context, giver, receiver):
    """For either giver: while another transaction holds the first of the two, the second is not locked yet."""
    first, second = sorted((PEOPLE["mara"], PEOPLE["tom"]))
    waiting = (
        "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%echoes_commit%' and datname = current_database()"
    )
    async with context.transaction("test") as holder:
        await holder.execute("select from characters where id = $1 for update", first)
        giving = asyncio.create_task(commit(context, [{"op": "witness", "id": PEOPLE[receiver], "location_id": HERE}], who=giver))
        while not await context.rows("test", waiting):  # over another connection: within a transaction the view never changes
            assert not giving.done()
        assert len(await holder.fetch("select from characters where id = $1 for update skip locked", second)) == 1
    assert (await giving).status == "done"


async def test_nothing_is_locked_that_is_not_changed(context):
    """Another transaction may hold other characters, their things and other grounds meanwhile."""
    async with context.transaction("test") as holder:
        await holder.execute("select from characters where id = $1 for update", PEOPLE["tom"])
        await holder.execute("select from items where id = any($1) for update", [THEIRS, COAT])
        await holder.execute("select from places where location_id = $1 for update", THERE)
        async with asyncio.timeout(4):
            assert (await commit(context, [me(), update(POKER, bag(), new_owner=ground(HERE))])).status == "done"


# ── searching ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_searched_feature_is_empty_until_it_refills(context):
    """The feature of that location is empty until its refill time, which starts again with the next search."""

    def search(thing="shelf", where=HERE):
        return [{"op": "search", "location_id": where, "thing": thing, "refill": 60}]

    assert (await commit(context, search())).status == "done"
    ready = await one(context, "select ready_at - extract(epoch from clock_timestamp()) from searches")
    assert 50 < ready <= 60
    with pytest.raises(SearchedAlready):
        await commit(context, search(), number=2)
    for number, other in enumerate((search("desk"), search(where=THERE)), 3):
        assert (await commit(context, other, number=number)).status == "done"
    await context.rows("test", "update searches set ready_at = 1")
    assert (await commit(context, search(), number=5)).status == "done"
    with pytest.raises(SearchedAlready):
        await commit(context, search(), number=6)


# ── the record ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_command_is_done_once(context):
    """Under its number, client and character; its answer is kept as it was given."""
    first = await commit(context, [me(hp=5)])
    assert (first.status, json.loads(first.reply)) == ("done", [1])
    again = await commit(context, [me(version=2, hp=6)])
    assert (again.status, again.reply, again.places, again.characters) == ("repeated", first.reply, {}, {})
    assert await one(context, "select hp from characters where id = $1", PEOPLE["mara"]) == 5
    others = ({"number": 2}, {"client": "another"}, {"who": "tom"})
    assert [(await commit(context, [], **other)).status for other in others] == ["done"] * 3


@pytest.mark.parametrize(
    ("kept", "asked", "status"), [("a", "a", "repeated"), ("a", "b", "reused"), ("", "b", "repeated"), ("a", "", "repeated")]
)
async def test_the_digest_of_a_repeated_command_number_is_compared(context, kept, asked, status):
    await commit(context, [], digest=kept)
    assert (await commit(context, [me(hp=1)], digest=asked)).status == status
    found, _ = await commits.find_command(context, PEOPLE["mara"], CLIENT, 1, asked)
    assert found == status


async def test_the_last_sixteen_are_kept(context):
    """Older numbers are done or given up; a number among them that was never used may be."""
    for number in (2, *range(4, 19)):
        await commit(context, [], number=number, events=b"[1]" if number == 4 else b"[]")
    assert (await commit(context, [me(hp=1)], number=1)).status == "already_done"
    assert await commits.find_command(context, PEOPLE["mara"], CLIENT, 1) == ("already_done", b"")
    assert await commits.find_command(context, PEOPLE["mara"], CLIENT, 3) == ("new", b"")
    assert (await commit(context, [me()], number=3)).status == "done"
    assert await kept(context) == list(range(3, 19))
    await commit(context, [], number=19)
    assert await kept(context) == list(range(4, 20))
    await commit(context, [], number=20)
    assert await kept(context) == [4, *range(5, 21)], "what has yet to be published stays"


async def kept(context):
    return [row["number"] for row in await context.rows("test", "select number from commands where client = $1 order by number", CLIENT)]


async def test_fifteen_are_no_full_window(context):
    for number in range(2, 17):
        await commit(context, [], number=number)
    assert await commits.find_command(context, PEOPLE["mara"], CLIENT, 1) == ("new", b"")
    assert (await commit(context, [me()], number=1)).status == "done"


async def test_another_clients_records_fill_no_window(context):
    """Nor do they leave it."""
    for number in range(2, 18):
        await commit(context, [], number=number, client="another")
        await commit(context, [], number=number, who="tom")
    assert (await commit(context, [me()], number=1)).status == "done"
    for number in range(18, 34):
        await commit(context, [], number=number)
    assert await one(context, "select count(*) from commands where client = 'another'") == 16
    assert await one(context, "select count(*) from commands where character_id = $1", PEOPLE["tom"]) == 16


async def busy(context, prefix, clients):
    """As many clients of Mara come, each with a command."""
    await context.rows(
        "test",
        named("select e.status from generate_series(1, $3::int) n, echoes_commit($1, 0, $2 || n, 1, '{}', '[]', '[]', '[]', true) e"),
        PEOPLE["mara"], prefix, clients,
    )  # fmt: skip


async def on_record(context, prefix):
    return await one(context, "select count(*) from commands where starts_with(client, $1)", prefix)


async def test_the_newest_keys_of_a_character_are_on_record(context):
    """Each answers its first reply; with the next one the oldest is forgotten, and is a new key. It costs no query."""
    await busy(context, "http:", commits.CLIENTS)
    assert (await commit(context, [me()], client="http:1")).status == "repeated"
    context.queries.clear()
    assert (await commit(context, [], client="http:new")).status == "done"
    assert context.queries.total() == 1
    assert await on_record(context, "http:") == commits.CLIENTS
    assert (await commit(context, [me()], client="http:2")).status == "repeated"
    assert await commits.find_command(context, PEOPLE["mara"], "http:1", 1) == ("new", b"")
    assert (await commit(context, [me()], client="http:1")).status == "done"
    await busy(context, "http:again", 2 * commits.CLIENTS)
    assert await on_record(context, "http:") == commits.CLIENTS


async def test_the_newest_clients_of_a_character_are_on_record_with_all_their_commands(context):
    """A client is as new as its first command; keys and other characters push none out."""
    for number in range(1, 19):
        await commit(context, [], number=number)
    await commit(context, [], who="tom", client="other")
    await busy(context, "http:", commits.CLIENTS + 5)
    await busy(context, "socket", commits.CLIENTS - 1)
    assert await kept(context) == list(range(3, 19))
    assert (await commit(context, [me()], number=18)).status == "repeated"
    await commit(context, [], client="one more")
    assert await kept(context) == []
    assert await one(context, "select count(*) from commands where character_id = $1", PEOPLE["tom"]) == 1
    await busy(context, "socket again", commits.CLIENTS)
    assert await one(context, "select count(*) from commands where character_id = $1", PEOPLE["mara"]) == 2 * commits.CLIENTS


async def test_keys_that_have_yet_to_be_published_stay(context):
    await commit(context, [], client="http:owed", events=b'["something"]')
    await busy(context, "http:", commits.CLIENTS + 3)
    assert await on_record(context, "http:") == commits.CLIENTS + 1
    await commits.mark_published(context, [(PEOPLE["mara"], "http:owed", 1)])
    await commit(context, [], client="http:new")
    assert await on_record(context, "http:") == commits.CLIENTS


async def test_a_row_of_an_older_release_is_read_and_counts_from_its_next_command(context):
    await commit(context, [], number=1)
    await context.rows("test", "update commands set client_ordinal = null")
    assert (await commit(context, [me()], number=1)).status == "repeated"
    assert (await commit(context, [], number=2)).status == "done"
    assert [row["client_ordinal"] for row in await context.rows("test", "select client_ordinal from commands order by number")] == [None, 1]


@pytest.mark.parametrize(("events", "waits"), [(b"[]", False), (b'["something"]', True)])
async def test_a_deed_with_events_waits_to_be_published(context, events, waits):
    await commit(context, [], events=events)
    assert [one.events for one in await commits.unpublished(context, -1)] == ([events] if waits else [])


@pytest.mark.parametrize("durable", [True, False])
async def test_whether_the_answer_waits_for_the_disk(context, durable):
    """Only in the commit itself."""
    async with context.transaction("test") as connection:
        await connection.fetch(
            named("select * from echoes_commit($1, 0, $2, 1, '{}', '[]', '[]', '[]', $3)"), PEOPLE["mara"], CLIENT, durable
        )
        assert await connection.fetchval("show synchronous_commit") == ("on" if durable else "off")
    assert await one(context, "show synchronous_commit") == "on"
