"""The exact effects, refusals and events of each verb, over one worker and PostgreSQL, without a socket."""

import msgspec
import pytest
from cluster import SHIPPED, cluster, someone
from echoes.channels import decode_envelope, location_channel, player_channel
from echoes.facilities import Gap
from echoes.game import views
from echoes.game.commands.searching import choice
from echoes.game.kinds import CHARACTER, GROUND, INVENTORY
from echoes.storage.commits import Thing, new_item_id

HERE = SHIPPED.start.location
NORTH = SHIPPED.locations[HERE].exits["north"]
SHELF = SHIPPED.locations[HERE].interactables["seconds_shelf"]
AHEAD = 4e9
"""A moment far ahead: stamina that was settled then does not return yet."""


@pytest.fixture
async def context(database_url, tmp_path):
    async with cluster(database_url, tmp_path) as (context,):
        yield context


class Ears:
    """The events on some channels: channel, action or kind, the character that it leaves out, and the whole event."""

    def __init__(self) -> None:
        self.heard = []

    def __call__(self, item) -> None:
        assert not isinstance(item, Gap)
        envelope = decode_envelope(item.payload)
        data = msgspec.json.decode(envelope.payload)["data"]
        self.heard.append((item.channel, data.get("action") or data.get("kind"), envelope.exclude_player_id, data))

    def since(self):
        """Without the events themselves; they are forgotten."""
        heard, self.heard = [one[:3] for one in self.heard], []
        return sorted(heard)


@pytest.fixture
async def listen(context):
    """Listens to channels until the test is over."""
    subscriptions = []

    async def on(*channels):
        ears = Ears()
        subscriptions.extend([await context.facilities.broadcast.subscribe(channel, ears) for channel in channels])
        return ears

    yield on
    for one in subscriptions:
        await one.close()


async def put(context, owner, template, quantity=1):
    """A thing comes into the world without a command; returns its id."""
    id = new_item_id()  # noqa: A001
    durability = context.world.items[template].durability
    await context.database.rows(
        "test",
        "insert into items (id, template, quantity, durability, owner) values ($1, $2, $3, $4, $5)",
        id,
        template,
        quantity,
        durability,
        owner,
    )
    kind, _, of = owner.partition(":")
    await context.caching.drop(GROUND if kind == "location" else INVENTORY, of)
    return id


async def tire(one, stamina):
    """This much stamina is left, and none comes back."""
    await one.context.database.rows("test", "update characters set stamina = $2, stamina_at = $3 where id = $1", one.id, stamina, AHEAD)
    await one.context.caching.drop(CHARACTER, str(one.id))


async def stamina_of(one):
    return (await one.context.database.row("test", "select stamina from characters where id = $1", one.id))["stamina"]


async def bag_of(one):
    """By template: how many, and whether they are worn."""
    found = {}
    for item in (await one.type("i"))["data"]["inventory"]["items"]:
        quantity, _ = found.get(item["template"], (0, False))
        found[item["template"]] = quantity + item["quantity"], item.get("worn", False)
    return found


async def refused(one, line):
    """Refused with a code, and nothing has changed."""
    before = await one.context.database.rows("test", "select id, version, owner, quantity from items order by id")
    reply = await one.type(line)
    assert not reply["ok"], reply
    assert await one.context.database.rows("test", "select id, version, owner, quantity from items order by id") == before
    return reply["error"]["code"]


def most(context, template, *carried):
    """How many of a stackable kind fit beside other things."""
    things = [Thing(1, 1, one, quantity, slot=slot) for one, quantity, slot in carried]
    count = 0
    while views.load([*things, Thing(2, 1, template, count + 1)], context.world).bearable:
        count += 1
    return count


# ── walking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_walking(context, listen):
    """It takes exactly its stamina, ends resting, and has an event in the left location, in the entered one, and for the player."""
    mara = await someone(context)
    here, there, own = location_channel(HERE), location_channel(NORTH.to), player_channel(mara.id)
    await tire(mara, NORTH.stamina - 0.01)
    assert await refused(mara, "n") == "exhausted"
    await tire(mara, NORTH.stamina)
    await mara.type("rest")
    await tire(mara, NORTH.stamina)
    stood = await context.facilities.broadcast.position(there)
    ears = await listen(here, there, own)
    assert (await mara.type("n"))["ok"]
    moved = next(one[3] for one in ears.heard if one[1] == "moved")
    assert moved["position"] == {"epoch": stood.epoch, "offset": stood.offset}
    assert moved["location_id"] == NORTH.to
    assert ears.since() == sorted([(here, "player_left", mara.id), (there, "player_arrived", mara.id), (own, "moved", 0)])
    row = await context.database.row("test", "select stamina, resting, location_id from characters where id = $1", mara.id)
    assert tuple(row) == (0.0, False, NORTH.to)


# ── picking up, dropping, giving ─────────────────────────────────────────────────────────────────────────────────────


async def test_picking_up_and_dropping(context, listen):
    """The given quantity, or all; as much as there is, and as the player can carry. Every other player here gets the event."""
    mara = await someone(context)
    ears = await listen(location_channel(HERE))
    assert await refused(mara, "drop 3 bread") == "too_few"
    assert (await mara.type("drop 2 bread"))["ok"]
    assert "ash_bread" not in await bag_of(mara)
    assert (await mara.type("get 1 bread"))["ok"]
    assert (await bag_of(mara))["ash_bread"] == (1, False)
    assert await refused(mara, "get 2 bread") == "too_few"
    assert ears.since() == [(location_channel(HERE), "item_dropped", mara.id), (location_channel(HERE), "item_picked_up", mara.id)]
    await mara.type("wear coat")
    assert await refused(mara, "drop coat") == "worn"
    carried = [(template, quantity, "body" if worn else "") for template, (quantity, worn) in (await bag_of(mara)).items()]
    room = most(context, "linen_bandage", *carried)
    await put(context, f"location:{HERE}", "linen_bandage", 1000)
    assert await refused(mara, f"get {room + 1} bandage") == "too_heavy"
    assert (await mara.type(f"get {room} bandage"))["ok"]


async def test_giving(context, listen):
    """The receiver's event names the thing, the others' does not; no worn thing is given, and no more than the receiver can carry."""
    mara, tom = await someone(context), await someone(context, "Tom")
    ears = await listen(location_channel(HERE), player_channel(tom.id), player_channel(mara.id))
    assert (await mara.type("give 1 bread to Tom"))["ok"]
    gift = next(one[3] for one in ears.heard if one[1] == "item_received")
    assert [(item["template"], item["quantity"]) for item in gift["items"]] == [("ash_bread", 1)]
    assert ears.since() == sorted([(location_channel(HERE), "item_given", mara.id), (player_channel(tom.id), "item_received", 0)])
    await mara.type("wear coat")
    assert await refused(mara, "give coat to Tom") == "worn"
    assert await refused(mara, "give 2 bread to Tom") == "too_few"
    carried = [(template, quantity, "") for template, (quantity, _) in (await bag_of(tom)).items()]
    room = most(context, "linen_bandage", *carried)
    await put(context, f"character:{mara.id}", "linen_bandage", 1000)
    stack = max((await mara.type("i"))["data"]["inventory"]["items"], key=lambda item: item["quantity"])["id"]
    assert await refused(mara, f"give {room + 1} {stack} to Tom") == "too_heavy_for_them"
    assert (await mara.type(f"give {room} {stack} to Tom"))["ok"]


# ── wearing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_wearing(context, listen):
    """The thing in its place is taken off; a thing that cannot be worn, or is worn, is refused; a stack joins nothing that is worn."""
    mara = await someone(context)
    await put(context, f"character:{mara.id}", "flour_sack")
    await put(context, f"character:{mara.id}", "eel_creel")
    ears = await listen(location_channel(HERE))
    assert await refused(mara, "wear bread") == "not_wearable"
    assert (await mara.type("wear sack"))["ok"]
    assert await refused(mara, "wear sack") == "worn"
    assert (await mara.type("wear creel"))["ok"]
    bag = await bag_of(mara)
    assert (bag["flour_sack"], bag["eel_creel"]) == ((1, False), (1, True))
    assert (await mara.type("unequip creel"))["ok"]
    assert await refused(mara, "unequip creel") == "not_worn"
    here = location_channel(HERE)
    assert ears.since() == [(here, "item_equipped", mara.id)] * 2 + [(here, "item_unequipped", mara.id)]


async def test_a_bag_is_not_taken_off_while_it_is_needed(context):
    """Nor changed for a smaller one."""
    mara = await someone(context)
    for template in ("flour_sack", "eel_creel"):
        await put(context, f"character:{mara.id}", template)
    await mara.type("wear creel")
    carried = [(template, quantity, "back" if worn else "") for template, (quantity, worn) in (await bag_of(mara)).items()]
    await put(context, f"location:{HERE}", "linen_bandage", 1000)
    assert (await mara.type(f"get {most(context, 'linen_bandage', *carried)} bandage"))["ok"]
    assert await refused(mara, "unequip creel") == "too_heavy"
    assert await refused(mara, "wear sack") == "too_heavy"


# ── searching, using ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_searching(context, listen):
    """It takes exactly its stamina, also where nothing is found; what does not fit falls to the ground; then it is empty until it fills again."""
    mara = await someone(context)
    await tire(mara, SHELF.stamina - 0.01)
    assert await refused(mara, "search shelf") == "exhausted"
    await tire(mara, SHELF.stamina)
    ears = await listen(location_channel(HERE))
    assert (await mara.type("search shelf"))["ok"]
    assert await stamina_of(mara) == 0
    assert ears.since() == [(location_channel(HERE), "searched", mara.id)]
    assert await refused(mara, "search pump") == "nothing_to_search"
    await tire(mara, 100)
    assert await refused(mara, "search shelf") == "picked_clean"


async def test_a_search_without_a_target_lists_the_targets(context):
    """Of one thing it is that one; of several each is named with its cost; nothing is searched, and nothing is spent."""
    mara = await someone(context)
    assert (await mara.type("search"))["data"]["message"].startswith(f"You search the {SHELF.name}")
    many = next(id_ for id_, one in SHIPPED.locations.items() if sum(thing.loot is not None for thing in one.interactables.values()) > 1)
    await context.database.rows("test", "update characters set location_id = $2, version = version + 1 where id = $1", mara.id, many)
    await context.caching.drop(CHARACTER, str(mara.id))
    before = await stamina_of(mara)
    reply = await mara.type("search")
    assert reply["ok"]
    for thing in SHIPPED.locations[many].interactables.values():
        named = f"{thing.name.lower()} ({thing.stamina} stamina)"
        assert (named in reply["data"]["message"].lower()) == (thing.loot is not None)
    assert await stamina_of(mara) >= before
    assert "Nothing here" in choice([])


async def test_found_things_that_do_not_fit_lie_on_the_ground(context):
    """Nothing is lost, and the ledger has their origin."""
    mara = await someone(context)
    carried = [(template, quantity, "") for template, (quantity, _) in (await bag_of(mara)).items()]
    heavy = max(context.world.items, key=lambda one: context.world.items[one].weight)
    while views.load([Thing(1, 1, template, quantity) for template, quantity, _ in carried], context.world).bearable:
        carried.append((heavy, 1, ""))
        await put(context, f"character:{mara.id}", heavy)
    before = {row["id"] for row in await context.database.rows("test", "select id from items where owner = $1", f"character:{mara.id}")}
    for _ in range(20):  # until something is found
        await context.database.rows("test", "update searches set ready_at = 0")
        await tire(mara, 100)
        assert (await mara.type("search shelf"))["ok"]
        if found := await context.database.rows("test", "select template, quantity from ledger where reason = 'search'"):
            break
    assert found
    after = await context.database.rows("test", "select id from items where owner = $1", f"character:{mara.id}")
    assert {row["id"] for row in after} == before
    lies = (await mara.type("look"))["data"]["location"]["items"]
    assert {row["template"] for row in found} <= {item["template"] for item in lies}


async def test_using(context, listen):
    """One of a stack is used up where it helps, up to what one can have; else nothing is."""
    mara = await someone(context)
    assert await refused(mara, "use bread") == "no_need"
    assert await refused(mara, "use poker") == "not_usable"
    restores = context.world.items["ash_bread"].restores
    start = context.world.start.body
    await context.database.rows("test", "update characters set hp = $2 where id = $1", mara.id, start.hp - 1)
    await tire(mara, start.stamina - restores.stamina - 1)
    ears = await listen(location_channel(HERE))
    assert (await mara.type("use bread"))["ok"]
    row = await context.database.row("test", "select hp, stamina from characters where id = $1", mara.id)
    assert tuple(row) == (min(start.hp, start.hp - 1 + restores.hp), start.stamina - 1)
    assert (await bag_of(mara))["ash_bread"] == (1, False)
    assert ears.since() == [(location_channel(HERE), "item_used", mara.id)]


# ── speaking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_speaking(context, listen):
    """The room hears it, but not the one who speaks; a whisper reaches one alone, wherever."""
    mara, tom = await someone(context), await someone(context, "Tom")
    await tom.type("n")
    here, there = location_channel(HERE), location_channel(NORTH.to)
    ears = await listen(here, there, player_channel(tom.id), player_channel(mara.id))
    await mara.type("say hello")
    await mara.type("emote waves")
    assert ears.since() == [(here, "emote", mara.id), (here, "say", mara.id)]
    assert (await mara.type("whisper Tom hello"))["ok"]
    assert ears.since() == [(player_channel(tom.id), "whisper", 0)]
