"""The console in a real browser, over two machines with one Redis: an operator's action at one of them holds at the other."""

import asyncio
import zipfile
from io import BytesIO

import pytest
from console_pages import act, an_operator, find, sign_in, tab_to
from echoes.settings import Settings, gamedata_of
from machines import a_server
from operating import BECAUSE, PASSWORD, code_of
from pages import enter, log_of, times, type_line, window
from player import Player
from playwright.async_api import expect
from postgres import a_database
from redis_server import RedisServer

pytestmark = pytest.mark.browser
TWO_TURNS = """() => new Promise((done) => {
  let turns = 0;
  document.body.addEventListener("htmx:beforeRequest", () => { turns += 1; if (turns === 2) done(); });
})"""
"""Waits until the page of facts was about to ask twice."""


@pytest.fixture(scope="module")
def machines(postgres):
    """Two servers with a worker each, as one game."""
    with (
        RedisServer() as redis,
        a_database(postgres) as url,
        a_server(url, redis.url, 1) as here,
        a_server(url, redis.url, 1) as there,
    ):
        yield here, there


async def test_an_operator_mutes_and_kicks_a_player_of_another_machine(browser, machines, artifacts):
    """The page shows where the player is; both actions hold there at once, and another player plays on."""
    here, there = machines
    mara, tomas = await Player.join(there), await Player.join(here)
    assert mara.welcome["worker_id"] != tomas.welcome["worker_id"]
    operator = await an_operator(here, "moderator")
    async with window(browser, f"{here.url}/ops") as page:
        await sign_in(page, *operator)
        await find(page, mara.name)
        await expect(page.get_by_test_id("name")).to_have_text(mara.name)
        await expect(page.get_by_test_id("worker")).to_have_text(mara.welcome["worker_id"])
        await expect(page.get_by_test_id("where")).to_have_text("The Kiln Yard")

        outcome = await act(page, "mute", minutes="5", notice="A pause, please.")
        await expect(outcome).to_contain_text("A pause, please.")
        await expect(page.locator(".badges").first).to_contain_text("muted until")
        await mara.sees("notified")
        assert (await mara.type("say hello"))["error"]["code"] == "muted"
        assert (await tomas.type("say hello"))["ok"]

        outcome = await act(page, "kick", notice="Come back in a minute.")
        await expect(outcome).to_contain_text("connections end on every worker")
        await mara.until(lambda: mara.closed, within=5)
        assert (mara.closed, mara._socket.close_reason) == (4506, "Come back in a minute.")
        assert not tomas.closed
        await page.screenshot(path=artifacts / "console-muted.png", full_page=True)

        await page.get_by_test_id("sign-out").click()
        await expect(page.get_by_test_id("enter")).to_be_visible()
        await page.go_back()
        await expect(page.get_by_test_id("enter")).to_be_visible()


async def test_a_moderator_mutes_moves_bans_and_restores_players_who_notice_at_once(browser, machines, artifacts):
    """Two pages of players at two machines; the console is open at one of them."""
    here, there = machines
    operator = await an_operator(here, "moderator")
    async with (
        window(browser, here.url) as near,
        window(browser, there.url, expected=["status of 403"]) as far,
        window(browser, f"{here.url}/ops") as console,
    ):
        near_name, far_name = await enter(near), await enter(far)
        await sign_in(console, *operator)

        await find(console, far_name)
        await act(console, "mute", minutes="5", notice="A pause, please.")
        await expect(log_of(far)).to_contain_text("A pause, please.")
        await type_line(far, "say can you hear me")
        await expect(log_of(far)).to_contain_text("You may not speak")
        await act(console, "unmute")
        await expect(console.get_by_test_id("outcome-unmute")).not_to_be_empty()
        await type_line(far, "say I may speak again")
        await expect(log_of(near)).to_contain_text("I may speak again")
        assert await times(near, "can you hear me") == 0

        await act(console, "ban", minutes="5", notice="Five minutes outside.")
        await expect(far.get_by_test_id("overlay")).to_contain_text("Five minutes outside.")
        await far.screenshot(path=artifacts / "banned-1280.png")
        await act(console, "unban")
        await expect(console.get_by_test_id("outcome-unban")).not_to_be_empty()
        await far.get_by_test_id("overlay-action").click()
        await sign_in_again(far, far_name)
        await type_line(near, "say welcome back")
        await expect(log_of(far)).to_contain_text("welcome back")

        await console.goto(f"{here.url}/ops")
        await find(console, near_name)
        await console.get_by_test_id("open-move").click()
        form = console.locator("details", has=console.get_by_test_id("open-move"))
        await form.locator("[name=location_id]").select_option(label="The Burnt Market")
        await console.get_by_test_id("do-move").click()
        await expect(near.get_by_test_id("location-name")).to_have_text("The Burnt Market")
        await expect(far.locator("#people-list")).not_to_contain_text(near_name)


async def sign_in_again(page, name):
    """Sign in with the name and the password of `sign_up`, and play the character."""
    await page.get_by_test_id("tab-back").click()
    await page.get_by_test_id("username").fill(name)
    await page.get_by_test_id("password").fill("a long password")
    await page.get_by_test_id("enter").click()
    await page.locator('[data-testid^="character-"]', has_text=name).click()
    await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")


async def test_the_workers_of_both_machines_are_shown(browser, machines, artifacts):
    """With the number of their players, which the page brings up to date by itself."""
    here, there = machines
    mara, tomas = await Player.join(there), await Player.join(here)
    async with window(browser, f"{here.url}/ops") as page:
        await sign_in(page, *await an_operator(here, "viewer"))
        await page.get_by_role("link", name="Nodes").click()
        nodes = page.get_by_test_id("nodes")
        for player in (mara, tomas):
            await expect(nodes).to_contain_text(player.welcome["worker_id"])
        before = await players_of(page, mara)
        again = await Player.join(there)
        await expect(tile_of(page, again).locator("dd").first).to_have_text(str(before + 1))
        rates = page.get_by_test_id("rates")
        await expect(rates.locator("canvas")).to_be_visible()
        drawn = int(await rates.get_attribute("data-points"))
        async with asyncio.timeout(30):
            while int(await rates.get_attribute("data-points")) < drawn + 4:
                await mara.type("say hello")
                await asyncio.sleep(0.2)
        await page.screenshot(path=artifacts / "console-machines.png", full_page=True)


def tile_of(page, player):
    """The part of the page about the worker of a player."""
    return page.get_by_test_id("nodes").locator("li", has_text=player.welcome["worker_id"])


async def players_of(page, player):
    """The number of players that the page shows at the worker of a player, once its heartbeat has counted the player."""
    number = tile_of(page, player).locator("dd").first
    await expect(number).not_to_have_text("0")
    return int(await number.inner_text())


async def test_refusals_are_read_in_the_page(browser, machines):
    """A wrong code, a name that another character has, and an erasure that is not confirmed."""
    here, _ = machines
    mara, tomas = await Player.join(here), await Player.join(here)
    name, secret = await an_operator(here, "admin")
    async with window(browser, f"{here.url}/ops", expected=["status of 4"]) as page:
        await page.get_by_test_id("username").fill(name)
        await page.get_by_test_id("password").fill(PASSWORD)
        await page.get_by_test_id("code").fill(code_of(secret, 9))
        await page.get_by_test_id("enter").click()
        await expect(page.get_by_test_id("refusal")).to_contain_text("do not belong together")
        await sign_in(page, name, secret)
        await find(page, mara.name)
        await expect(await act(page, "rename", name=tomas.name)).to_contain_text("looks just like it")
        page.once("dialog", lambda dialog: asyncio.ensure_future(dialog.dismiss()))
        await expect(await act(page, "erase")).to_be_empty()
        page.once("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
        await page.get_by_test_id("do-erase").click()
        await expect(page.get_by_test_id("outcome-erase")).to_contain_text("is erased")
        await mara.until(lambda: mara.closed, within=5)


async def test_an_admin_replaces_a_worker_and_pushes_game_data(browser, machines, artifacts):
    """By forms: the list of orders shows the outcome; a checked archive shows its differences, and comes into force for a player."""
    here, there = machines
    mara = await Player.join(there)
    former = mara.welcome["worker_id"]
    async with window(browser, f"{here.url}/ops", width=360, expected=["status of 4"]) as page:
        await sign_in(page, *await an_operator(here, "admin"))
        await page.get_by_role("link", name="Nodes").click()
        page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
        for action in ("drain", "replace"):
            form = page.locator("details", has=page.get_by_test_id(f"open-{action}"))
            await page.get_by_test_id(f"open-{action}").click()
            await form.locator("select").select_option(former)
            await form.locator("[name=reason]").fill(BECAUSE)
            await page.get_by_test_id(f"do-{action}").click()
        await expect(page.get_by_test_id("outcome-drain")).to_contain_text("is the last worker of its server")
        await expect(page.get_by_test_id("outcome-replace")).to_contain_text("Ordered, number")
        await expect(page.get_by_test_id("orders")).to_contain_text(f"replace {former}")
        await expect(page.get_by_test_id("orders")).to_contain_text("done", timeout=90_000)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        await page.screenshot(path=artifacts / "console-orders.png", full_page=True)
        await mara.until(lambda: mara.closed, within=30)
        await mara.connect(resume=True)
        assert mara.welcome["worker_id"] != former

        await page.get_by_role("link", name="Content", exact=True).click()
        archive = {"name": "city.zip", "mimeType": "application/zip", "buffer": a_city("The Cold Yard")}
        form = page.locator("form", has=page.get_by_test_id("do-push"))
        await page.get_by_test_id("archive").set_input_files(archive)
        await form.locator("[name=reason]").fill(BECAUSE)
        await page.get_by_test_id("check-push").click()
        await expect(page.get_by_test_id("outcome-push")).to_contain_text("It may be pushed")
        await expect(page.get_by_test_id("outcome-push")).to_contain_text("1 changed")
        await page.get_by_test_id("do-push").click()
        await expect(page.get_by_test_id("outcome-push")).to_contain_text("In force:")
        await mara.sees("snapshot")
        await page.get_by_test_id("outcome-push").get_by_role("link").click()
        await expect(page.get_by_test_id("history")).to_contain_text("pushed by")
        await page.get_by_test_id("do-diff").click()
        await expect(page.get_by_test_id("differences")).to_contain_text("location kiln_yard")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        await page.screenshot(path=artifacts / "console-content.png", full_page=True)
        await page.locator("form", has=page.get_by_test_id("do-back")).locator("[name=reason]").fill(BECAUSE)
        await page.get_by_test_id("do-back").click()
        await expect(page.get_by_test_id("outcome-back")).to_contain_text("In force:")


def a_city(name):
    """An archive of the shipped game data, with this name for the first location."""
    folder, archive = gamedata_of(Settings()), BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for path in folder.rglob("*.yaml"):
            opened.writestr(
                path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8").replace("name: The Kiln Yard", f"name: {name}")
            )
    return archive.getvalue()


async def test_the_console_is_used_with_the_keyboard_alone(browser, machines):
    """From the front page to an action, with Tab, Enter and the arrows."""
    here, _ = machines
    mara = await Player.join(here)
    name, secret = await an_operator(here, "moderator")
    async with window(browser, f"{here.url}/ops") as page:
        for text in (name, PASSWORD, code_of(secret)):
            await page.keyboard.type(text)
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("me")).to_be_visible()
        await tab_to(page, "word")
        await page.keyboard.type(mara.name)
        await page.keyboard.press("Tab")
        await page.keyboard.type(BECAUSE)
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("found")).to_be_visible()
        link = page.get_by_test_id("found").get_by_role("link").first
        await tab_to(page, link)
        await page.keyboard.press("Enter")
        await tab_to(page, "open-note")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.type("reached by Tab")
        await tab_to(page, "do-note")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("notes")).to_contain_text("reached by Tab")


async def test_an_announcement_for_a_time_and_a_ban_of_addresses_are_made_and_ended(browser, machines):
    """With the keyboard, at 360 pixels: the player of the other machine reads both announcements, and the lists follow by themselves."""
    here, there = machines
    mara = await Player.join(there)
    async with window(browser, f"{here.url}/ops", width=360) as page:
        await sign_in(page, *await an_operator(here, "moderator"))
        await page.goto(f"{here.url}/ops/announcements")
        for field, text in (("text", "The river rises."), ("minutes", "45")):
            await tab_to(page, field)
            await page.keyboard.type(text)
        await tab_to(page, page.locator("form [name=reason]").first)
        await page.keyboard.type(BECAUSE)
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("ahead")).to_contain_text("The river rises.")
        await mara.until(lambda: any("in 45 minutes: The river rises." in one["data"].get("message", "") for one in mara.events))
        await _end(page)
        await expect(page.get_by_test_id("outcome-end")).to_contain_text("is cancelled")
        await expect(page.get_by_test_id("ahead")).to_have_text("none")
        await mara.until(lambda: any("cancelled: The river rises." in one["data"].get("message", "") for one in mara.events))

        await page.goto(f"{here.url}/ops/addresses")
        await tab_to(page, "network")
        await page.keyboard.type("203.0.113.0/24")
        await tab_to(page, page.locator("form [name=reason]").last)
        await page.keyboard.type(BECAUSE)
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("bans")).to_contain_text("203.0.113.0/24")
        await _end(page)
        await expect(page.get_by_test_id("outcome-end")).to_contain_text("is not banned any more")
        await expect(page.get_by_test_id("bans")).to_have_text("none")


async def _end(page):
    """End the one thing of the list, with the keyboard."""
    await tab_to(page, "open-end")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.type(BECAUSE)
    await page.keyboard.press("Enter")


async def test_facts_are_followed_and_paused(browser, machines, artifacts):
    """An action of a player of the other machine appears by itself; while paused the page asks nothing, and then shows the missed facts."""
    here, there = machines
    mara = await Player.join(there)
    async with window(browser, f"{here.url}/ops") as page:
        await sign_in(page, *await an_operator(here, "viewer"))
        await page.get_by_role("link", name="Facts").click()
        await page.get_by_test_id("name").fill(mara.name)
        await page.get_by_test_id("reason").fill(BECAUSE)
        await page.get_by_test_id("follow").click()
        lines = page.get_by_test_id("facts").locator("li")
        await mara.type("drop 1 bread")
        await expect(lines.first).to_contain_text("dropped item")
        await expect(lines.first).to_contain_text(mara.name)
        await tab_to(page, "pause")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("state")).to_have_text("Paused")
        await mara.type("get bread")
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        await page.evaluate(TWO_TURNS)
        assert asked == []
        await expect(lines.first).to_contain_text("dropped item")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("state")).to_have_text("Following")
        await expect(lines.first).to_contain_text("took item")
        await page.screenshot(path=artifacts / "console-facts.png", full_page=True)
