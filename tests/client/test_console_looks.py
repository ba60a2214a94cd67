"""The console at 1280 and at 360 pixels: axe finds no violation, and nothing is wider than the window."""

import json

import pytest
from console_pages import act, an_operator, find, sign_in
from operating import BECAUSE
from pages import AXE, window
from player import Player
from playwright.async_api import expect
from postgres import execute

pytestmark = pytest.mark.browser
WORDS = "insert into unknown_words select current_date - d, word, 12 + d, 3 from unnest(array['xyzzy', 'mesmerize']) word, generate_series(0, 2) d on conflict do nothing"
"""Words that the page shows."""
WIDER = "() => document.documentElement.scrollWidth - window.innerWidth"


@pytest.mark.parametrize("width", [1280, 360])
async def test_the_console_fits_its_window_and_axe_finds_no_violation(browser, server, tools, artifacts, width):
    """On every page, with forms open and parts loaded; a picture of each is kept."""
    axe = (tools.parent / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    mara, tomas = await Player.join(server), await Player.join(server)
    await tomas.type(f"report {mara.name} shouts at all who come near the kiln, and does not stop")
    operator = await an_operator(server, "admin")
    found, wider = {}, {}

    async def check(screen):
        await page.wait_for_load_state("load")  # with its styles
        found[screen] = await page.evaluate(AXE)
        wider[screen] = await page.evaluate(WIDER)
        await page.screenshot(path=artifacts / f"console-{screen}-{width}.png", full_page=True)

    await execute(server.database_url, WORDS)
    async with window(browser, f"{server.url}/ops", width, 860, before=axe, expected=["status of 4"]) as page:
        await check("front")
        await sign_in(page, *operator)
        await check("players")
        await find(page, mara.name)
        await expect(page.get_by_test_id("name")).to_have_text(mara.name)
        await check("player")
        await expect(await act(page, "mute", minutes="5", notice="A pause, please.")).to_contain_text("A pause")
        await expect(await act(page, "note", text="asked for help with the kiln")).to_contain_text("kept")
        await expect(await act(page, "give", item="no such thing")).to_contain_text("There is no item")
        await page.get_by_test_id("do-samples").click()
        await expect(page.get_by_test_id("samples")).to_contain_text("Nothing is sampled")
        await page.get_by_test_id("do-story").click()
        await expect(page.get_by_test_id("story")).to_contain_text("mute")
        await check("acted")
        await page.get_by_role("link", name=mara.name, exact=True).click()
        await expect(page.get_by_test_id("characters")).to_have_text(mara.name)
        await expect(await act(page, "note", text="the page of the account")).to_contain_text("kept")
        await check("account")
        await page.go_back()
        await page.go_back()
        await expect(page.get_by_test_id("found")).to_be_visible()
        await check("found")
        await page.goto(f"{server.url}/ops/players/{mara.id}")
        await check("reason")
        await page.goto(f"{server.url}/ops/reports")
        await check("reports")
        await page.get_by_test_id("reports").get_by_role("link").first.click()
        await page.get_by_test_id("reason").fill(BECAUSE)
        await page.get_by_test_id("look").click()
        await expect(page.get_by_test_id("text")).to_contain_text("shouts at all")
        await check("report")
        await for_all_players(page, server.url, check, width)
        await the_server(page, server.url, check)
        await page.goto(f"{server.url}/ops/players/999999?reason=none")
        await check("refused")
    assert {screen: one for screen, one in found.items() if one} == {}, json.dumps(found, indent=1)
    assert {screen: one for screen, one in wider.items() if one > 0} == {}


async def for_all_players(page, url, check, width):
    """Open the pages about announcements and address ranges, each with one in its list. The windows share the server."""
    await page.goto(f"{url}/ops/announcements")
    await page.get_by_test_id("text").fill("The server restarts for the new quarter; all goes on where it was.")
    await page.get_by_test_id("minutes").fill("45")
    await page.locator("form [name=reason]").first.fill(BECAUSE)
    await page.get_by_test_id("announce").click()
    await expect(page.get_by_test_id("ahead")).to_contain_text("the new quarter")
    await page.get_by_test_id("open-end").first.click()
    await check("announcements")
    await page.goto(f"{url}/ops/addresses")
    await page.get_by_test_id("network").fill(f"2001:db8:1234:{width}::/64")
    await page.locator("form [name=reason]").last.fill(BECAUSE)
    await page.get_by_test_id("ban-address").click()
    await expect(page.get_by_test_id("bans")).to_contain_text(f":{width}::/64")
    await page.get_by_test_id("open-end").first.click()
    await check("addresses")


async def the_server(page, url, check):
    """Open the pages about the server as a whole."""
    await page.goto(f"{url}/ops/nodes")
    await expect(page.get_by_test_id("nodes")).to_contain_text("Loop delay")
    await check("nodes")
    for action in ("replace", "roll"):
        await page.get_by_test_id(f"open-{action}").click()
    await check("orders")
    await page.goto(f"{url}/ops/content")
    await page.get_by_test_id("do-diff").click()
    await expect(page.get_by_test_id("differences")).to_be_visible()
    await check("content")
    await page.goto(f"{url}/ops/nowhere")
    await check("unknown")
    await page.goto(f"{url}/ops/world")
    await expect(page.get_by_test_id("words")).to_contain_text("mesmerize")
    await page.locator("[name=reason]").fill(BECAUSE)
    await page.get_by_test_id("do-economy").click()
    await expect(page.get_by_test_id("economy")).to_contain_text("Scrap by day")
    await check("world")
    await page.goto(f"{url}/ops/facts")
    await page.get_by_test_id("reason").fill(BECAUSE)
    await page.get_by_test_id("follow").click()
    await expect(page.get_by_test_id("facts").locator("li").first).to_be_visible()
    await check("facts")
    await page.goto(f"{url}/ops/audit")
    await page.locator("[name=reason]").fill(BECAUSE)
    await page.get_by_test_id("do-audit").click()
    await expect(page.get_by_test_id("entries")).to_contain_text("sign_in")
    await check("audit")
    await page.goto(f"{url}/ops/health")
    await expect(page.get_by_test_id("status")).to_be_visible()
    await check("health")
