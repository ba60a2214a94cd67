"""A client's word for where it left off counts no further back than its character has been there."""

import pytest
from player import Player


async def newcomer(server):
    """A character that has never been in the world."""
    player = Player(server)
    await player.register()
    return player


async def hello(player, resume):
    """Come back with these positions; answers whether that was honoured."""
    await player.disconnect()
    player.positions, player.events = resume, []
    return (await player.connect(resume=True)).get("recovered", player.closed)


def from_the_beginning(positions):
    return {channel: {**at, "offset": 0} for channel, at in positions.items()}


async def test_a_newcomer_hears_nothing_of_before(server):
    """With another client's positions neither; its own are honoured, also a second time."""
    mara = await Player.join(server)
    await mara.type("say before anybody came")
    tomas = await newcomer(server)
    for forged in (from_the_beginning(mara.positions), dict(mara.positions)):
        forged[f"player:{tomas.id}"] = {**forged[f"player:{mara.id}"], "offset": 0}
        assert await hello(tomas, forged) is False
    own = dict(tomas.positions)
    assert await hello(tomas, from_the_beginning(own)) is False
    await mara.type("say while nobody else listens")
    await tomas.until(lambda: tomas.heard("while nobody else listens"))
    assert tomas.heard("before anybody came") == 0
    assert await hello(tomas, own) is True
    await tomas.until(lambda: tomas.heard("while nobody else listens"))


async def test_a_player_gets_no_chat_of_a_location_from_before_the_arrival(server):
    """Nor chat of a location that the player has left."""
    mara, tomas = await Player.join(server), await Player.join(server)
    await mara.type("n")
    await mara.sees("moved")
    await mara.type("say before you came")
    await tomas.type("n")
    await tomas.sees("moved")
    arrived = dict(tomas.positions)
    assert await hello(tomas, {**arrived, **from_the_beginning({"location:market_square": arrived["location:market_square"]})}) is False
    assert await hello(tomas, arrived) is True
    await mara.type("say after you came")
    await tomas.until(lambda: tomas.heard("after you came"))
    assert tomas.heard("before you came") == 0


async def test_other_channels_are_ignored(server):
    """A client that sends positions of channels that are not its own receives nothing of them."""
    mara, tomas = await Player.join(server), await Player.join(server)
    await mara.type("n")
    await mara.sees("moved")
    own = dict(tomas.positions)
    others = {
        f"player:{mara.id}": {"epoch": own[f"player:{tomas.id}"]["epoch"], "offset": 0},
        "location:market_square": own["game:broadcast"],
    }
    assert await hello(tomas, {**own, **others}) is True
    await mara.type("say not for you")
    assert (await tomas.type("look"))["ok"]
    assert tomas.heard("not for you") == 0


@pytest.mark.parametrize("kind", ["location:", "game:broadcast", "player:"])
async def test_odd_positions_are_ignored(server, kind):
    """A number that no channel has reached, and an epoch that never was, are worth a snapshot; what is no position ends the hello."""
    tomas = await Player.join(server)  # one for each kind of channel: hellos have an allowance
    own = dict(tomas.positions)
    (channel,) = [name for name in own if name.startswith(kind)]
    for odd in (
        {"offset": 2**53},
        {"offset": 10**30},
        {"epoch": ""},
        {"epoch": "x" * 5000},
        {"epoch": "\ud800"},
        {"epoch": "1 2\n"},
        {"epoch": "~0"},
    ):
        assert await hello(tomas, {**own, channel: {**own[channel], **odd}}) in {False, 4500}, odd
    assert await hello(tomas, {**own, channel: {**own[channel], "offset": -1}}) == 4500
    assert await hello(tomas, own) is True


@pytest.mark.parametrize("gone", ["game:broadcast", "player:", "location:"])
async def test_a_position_that_is_missing_is_not_made_up(server, gone):
    """A client that sends no position gets a snapshot, and no more."""
    mara = await Player.join(server)
    assert await hello(mara, {channel: at for channel, at in mara.positions.items() if not channel.startswith(gone)}) is False
