"""axe finds no violation on the page's screens, at 1280 and at 360 pixels."""

import json
import re

import pytest
from pages import AXE, enter, log_of, type_line, window
from playwright.async_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 360])
async def test_axe_finds_no_violation(browser, server, tools, width):
    """On the title, in the game, in a conversation, in trade, in the settings and in a phone's other views."""
    axe = (tools.parent / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    found = {}

    async def check(screen):
        found[screen] = await page.evaluate(AXE)

    async with window(browser, server.url, width, 860, before=axe) as page:
        await check("title")
        await enter(page)
        await expect(page.get_by_test_id("verb-look")).to_be_visible()
        await check("game")
        if width == 360:
            for view in ("place", "map", "bag", "story"):
                await page.get_by_test_id(f"view-{view}").click()
                await check(view)
        await page.locator('[data-testid^="bag-item-"]').first.evaluate("(one) => one.click()")
        await type_line(page, "talk marta")
        await expect(page.get_by_test_id("talk")).to_be_visible()
        await check("talk")
        await type_line(page, "list")
        await expect(page.get_by_test_id("trade")).to_be_visible()
        await check("trade")
        await type_line(page, "help")
        await expect(log_of(page)).to_contain_text(re.compile("help", re.IGNORECASE))
        await check("help")
        await page.evaluate(FIGHT)
        await expect(page.get_by_test_id("fight")).to_be_visible()
        await check("fight")
        await page.get_by_test_id("settings").click()
        await check("settings")
    assert {screen: one for screen, one in found.items() if one} == {}, json.dumps(found, indent=1)


FIGHT = """() => {
    const { state } = window.echoes;
    const me = { id: `character:${state.you.id}`, name: state.you.name, side: 0, hp: 40, max_hp: 50 };
    const dog = { id: "npc:1", name: "kiln dog", side: 1, hp: 9, max_hp: 12, intent: "heavy", target: me.id };
    window.echoes.store.fight({ id: 1, round: 2, until: Date.now() / 1000 + 12, fighters: [me, dog] });
}"""
"""A fight as the server shows it, without the walk to an enemy; `tests/end_to_end/test_fights.py` fights a real one."""
