"""Bots of `echoes bots`: what they hold for a fault, what they count, and how the summary is made."""

import json

import pytest
import rich_click as click
from echoes.cli.bots import percentile, socket_of, summary
from echoes.testing.bot import FAULTS, LESSON, Bot

EXITS = [{"direction": "north", "to": "market", "stamina": 2}]


def own(**changed):
    """The own character as the server shows it."""
    return {"id": 7, "name": "Bot", "location_id": "yard", "hp": 50, "max_hp": 50, "level": 1, "scrap": 0} | changed


def place(**changed):
    """A place as the server shows it."""
    return {"id": "yard", "exits": EXITS, "things": [], "npcs": [], "items": []} | changed


def fight(**changed):
    """A fight that the own character is in."""
    return {"id": 1, "round": 1, "until": 0, "fighters": [{"id": "character:7"}, {"id": "npc:1"}]} | changed


@pytest.fixture
def bot():
    """A bot in the refuge, without a connection."""
    found = Bot("ws://nowhere", "", "1:0", 0)
    found.receive(json.dumps({"type": "welcome", "positions": {}, "snapshot": {"you": own(), "location": place()}}))
    return found


def happened(bot, **data):
    """An event about the own character reaches the bot."""
    offset = bot.positions.get("player:7", {"offset": 0})["offset"] + 1
    bot.receive(json.dumps({"type": "state_update", "channel": "player:7", "epoch": "e", "offset": offset, "data": data}))


async def test_a_second_reply_and_an_unreadable_frame_are_faults_and_faults_are_bounded(bot):
    """The first reply to a command is none. A bot with too many faults stops."""
    number = await bot.send(type="line", text="look")
    reply = json.dumps({"type": "reply", "id": number, "ok": True, "data": {"message": ""}})
    bot.receive(reply)
    assert bot.faults == []
    bot.receive(reply)
    assert bot.faults == ["a second reply to command 1"]
    for _ in range(2 * FAULTS):
        bot.receive("{")
    assert len(bot.faults) == FAULTS
    assert not bot.wants_in


def test_a_death_is_a_fight_that_ends_in_the_refuge_and_a_flight_is_not(bot):
    """After either the bot no longer fights."""
    bot.receive(
        json.dumps({"type": "snapshot", "positions": {}, "snapshot": {"you": own(location_id="quay"), "location": place(fight=fight())}})
    )
    happened(bot, action="moved", location_id="market")
    happened(bot, action="hurt", you=own(location_id="market", hp=12))
    assert bot.deaths == 0
    assert bot.choose() not in {"attack", "defend", "flee"}
    bot.receive(
        json.dumps({"type": "snapshot", "positions": {}, "snapshot": {"you": own(location_id="quay"), "location": place(fight=fight())}})
    )
    assert bot.choose().split()[0] in {"attack", "defend", "flee"}
    happened(bot, action="moved", location_id="yard")
    happened(bot, action="hurt", you=own(hp=25))
    assert bot.deaths == 1
    assert bot.choose() not in {"attack", "defend", "flee"}


def test_every_second_bot_begins_with_the_first_quest_and_then_plays_as_it_likes():
    """The lesson is typed in order, once."""
    for seed in range(20):
        bot = Bot("ws://nowhere", "", f"{seed}:0", 0)
        lines = [bot.choose() for _ in range(2 * len(LESSON))]
        assert (lines[: len(LESSON)] == list(LESSON)) == (lines[0] == LESSON[0])
        assert "hang lantern" not in lines[len(LESSON) :]
    assert {Bot("", "", f"{seed}:0", 0).choose() == LESSON[0] for seed in range(20)} == {True, False}


def test_levels_and_quests_are_counted(bot):
    """A level that was there on arrival is none."""
    happened(bot, action="hurt", you=own(level=3))
    happened(bot, action="quest_done")
    assert (bot.levels, bot.quests_done) == (2, 1)


def test_the_summary_has_latencies_by_kind_refusals_and_faults(bot):
    """Percentiles are of the sorted values, and each fault has its line."""
    bot.latencies["look"] += [0.001 * number for number in range(1, 101)]
    bot.refusals["not_here"] += 2
    bot.receive("{")
    text = summary([bot], 10.0)
    (row,) = [line.split() for line in text.splitlines() if line.startswith("look")]
    assert row == ["look", "100", "10.0", "50.0", "95.0", "99.0", "100.0"]
    assert "not_here 2" in text
    assert "protocol errors: 1" in text
    assert percentile([], 0.5) == 0.0


def test_the_socket_is_found_from_the_address_and_another_address_is_refused():
    """A path before the server stays."""
    assert socket_of("https://play.example/city/") == "wss://play.example/city/ws/game"
    with pytest.raises(click.ClickException, match="no address of a server"):
        socket_of("play.example")
