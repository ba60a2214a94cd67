"""The players who are here, awake or meant: bounded answers, and private words for one player alone."""

import msgspec
import pytest
from cluster import cluster, someone
from echoes.channels import decode_envelope, location_channel
from echoes.game import targets
from echoes.game import who_pages as awake_module
from echoes.game.commands.talking import EARSHOT, Whisper
from echoes.game.views import LISTED


@pytest.fixture
async def context(database_url, tmp_path):
    async with cluster(database_url, tmp_path, worker_ttl=300) as (context,):  # no character has a seat: a heartbeat would see to that
        yield context


async def crowd(context, number, location="kiln_yard"):
    """Bodies in a location, called Aaaa, Aaab and so on."""
    for at in range(number):
        name = "A" + "".join(chr(97 + at // 26**power % 26) for power in (2, 1, 0))
        await context.facilities.registry.place(1_000_000 + at, location, version=1, epoch=1, name=name)


async def test_a_whisper_needs_a_whole_name(context):
    """Mara may have left a moment ago: the words are not for Marabel."""
    mara, _, _ = await someone(context), await someone(context, "Old Tom"), await someone(context, "Marabel")
    for to in ("OLD TOM", "ｏｌｄ　ｔｏｍ"):
        assert (await whisper(context, mara, to))["ok"], to
    await someone(context, "Rua O’Neil")
    for to in ("rua o'neil", "Rua O’Neil", "rúa O'Neil"):
        assert (await whisper(context, mara, to))["ok"], to
    refused = await whisper(context, mara, "marab")
    assert refused["error"] == {
        "code": "not_here", "message": "Nobody called marab is awake.", "hint": "Did you mean Marabel? Give the whole name.",
    }  # fmt: skip
    assert (await whisper(context, mara, "Marabell"))["error"]["hint"] == "Did you mean Marabel?"
    for to in ("tom", "old", "o'neil"):
        assert (await whisper(context, mara, to))["error"]["hint"].endswith("Give the whole name."), to


async def whisper(context, mara, to):
    mara.number += 1
    return msgspec.json.decode(await context.service.run(mara.actor, Whisper(id=mara.number, to=to, text="hi")))


async def test_the_list_of_players_has_pages(context):
    """A hundred by name; a name asks for those behind it; the last page says no more."""
    mara = await someone(context)
    await crowd(context, 150)
    first = (await mara.type("who"))["data"]
    assert len(first["players"]) == 100
    assert first["message"].startswith("151 awake in the city: Aaaa, Aaab, ")
    last = first["players"][-1]["name"]
    assert first["message"].endswith(f"; who {last} tells more.")
    second = (await mara.type(f"who {last}"))["data"]
    assert [one["name"] for one in second["players"]][-1] == "Mara"
    assert len(second["players"]) == 51
    assert "no name comes after mara" in (await mara.type("who mara"))["data"]["message"]


async def test_the_list_of_players_is_read_once_a_second(context, monkeypatch):
    """For any number of requests."""
    mara = await someone(context)
    reads, awake = [], context.service.around.who_pages
    crowd_of = awake._registry.crowd

    async def counted(*arguments, **named):
        reads.append(arguments)
        return await crowd_of(*arguments, **named)

    monkeypatch.setattr(awake._registry, "crowd", counted)
    monkeypatch.setattr(awake_module, "KEPT_SECONDS", 1000.0)
    for _ in range(20):
        assert (await mara.type("who"))["ok"]
    assert len(reads) == 1
    monkeypatch.setattr(awake_module, "KEPT_SECONDS", 0.0)
    await mara.type("who")
    assert len(reads) == 2
    for number in range(200):
        await awake.after(str(number))
    assert len(awake._pages) == awake_module.PAGES


async def test_a_crowd_is_shown_in_part_and_counted(context):
    """In the answer to look, in the snapshot, and on arriving; every player is found by name."""
    mara = await someone(context)
    await crowd(context, 300)
    for view in (
        (await mara.type("look"))["data"]["location"],
        (await context.snapshots.of(mara.id)).location,
        (await context.snapshots.arrival(mara.id, "kiln_yard"))[0],
    ):
        players, more = (view["players"], view["more_players"]) if isinstance(view, dict) else (view.players, view.more_players)
        assert (len(players), more) == (LISTED, 300 - LISTED)
    assert (await mara.type("look Aaln"))["data"]["message"].startswith("Aaln ")
    assert (await mara.type("look a"))["error"]["code"] == "ambiguous"


async def test_names_in_a_refusal_are_bounded(context):
    """Of a word that fits many, some are named; of one that fits none, at most three near ones."""
    mara = await someone(context)
    await crowd(context, 300)
    ambiguous = (await mara.type("look aa"))["error"]
    assert ambiguous["code"] == "ambiguous"
    assert ambiguous["message"].count(",") <= targets.SUGGESTED
    assert ambiguous["message"].endswith(" or another.")
    assert (await mara.type("give bread to Aaxxx"))["error"]["hint"].count("Aa") <= 3


async def test_a_shout_reaches_its_district_and_no_other_location(context):
    """In each of its locations once, from where it came; it leaves no row, and every room counts it."""
    mara = await someone(context)
    world = context.world
    district = world.locations["kiln_yard"].district
    near = [id_ for id_, one in world.locations.items() if one.district == district]
    heard = []
    for id_ in world.locations:
        await context.facilities.broadcast.subscribe(location_channel(id_), heard.append)
    reply = await mara.type("shout is there anybody?")
    assert reply["data"]["message"] == f"You shout, and {district} hears you: “is there anybody?”"
    told = {one.channel: msgspec.json.decode(decode_envelope(one.payload).payload)["data"] for one in heard}
    assert len(heard) == len(told)
    assert set(told) == {location_channel(id_) for id_ in near}
    assert 1 < len(near) <= EARSHOT
    assert {chat["kind"] for chat in told.values()} == {"shout"}
    assert told["location:kiln_yard"]["message"] == "Mara shouts: “is there anybody?”"
    assert told["location:market_square"]["message"] == "From The Kiln Yard, Mara shouts: “is there anybody?”"
    for _ in range(100):
        if not (reply := await mara.type("shout " + "a" * 900))["ok"]:
            break
    assert reply["error"]["code"] in {"flood", "too_loud"}
