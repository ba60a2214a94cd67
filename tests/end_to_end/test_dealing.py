"""Talk and trade in a real browser: with the mouse, with keys, and by typing."""

import pytest
from pages import enter, log_of, type_line, window
from playwright.async_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "height"), [(1280, 860), (360, 740)])
async def test_a_conversation_is_held_with_buttons_keys_and_typing(browser, server, artifacts, width, height):
    """A reload keeps it; walking away ends it."""
    async with window(browser, server.url, width, height) as page:
        await enter(page)
        talk, choices = page.get_by_test_id("talk"), page.locator("#choices button")
        await expect(talk).to_be_hidden()
        if width < 500:
            await page.get_by_test_id("view-place").click()
        await page.get_by_test_id("talk-marta_kell").click()
        if width < 500:
            await page.get_by_test_id("view-story").click()
        await expect(choices).to_have_count(4)
        await expect(log_of(page)).to_contain_text("You've walked all night")
        await page.screenshot(path=artifacts / f"talk-{width}.png")
        await page.get_by_test_id("choice-where").click()
        await expect(log_of(page)).to_contain_text("Kiln behind you")
        await page.reload()
        await expect(choices).to_have_count(3)
        await page.get_by_test_id("command-input").focus()
        await page.keyboard.press("2")
        await expect(log_of(page)).to_contain_text("Orsola. An hour before")
        await expect(page.get_by_test_id("command-input")).to_have_value("")
        await type_line(page, "2")
        await expect(log_of(page)).to_contain_text("I'll look at hands")
        await expect(talk).to_be_hidden()
        await type_line(page, "talk marta")
        await expect(talk).to_be_visible()
        await type_line(page, "n")
        await expect(talk).to_be_hidden()


async def test_a_trader_is_dealt_with_by_clicks(browser, server, artifacts):
    """Found things are sold, and the proceeds are spent; the list has the new stock at once."""
    async with window(browser, server.url) as page:
        await enter(page)
        trade = page.get_by_test_id("trade")
        await page.get_by_test_id("trade-marta_kell").click()
        await expect(trade).to_be_visible()
        await expect(page.get_by_test_id("good-ash_bread")).to_contain_text("3 scrap · 6")
        await page.screenshot(path=artifacts / "trade-1280.png")
        await page.get_by_test_id("good-ash_bread").get_by_role("button").click()
        await expect(log_of(page)).to_contain_text("That is 3 scrap, and you have 0.")
        await page.get_by_test_id("trade-close").click()
        await expect(trade).to_be_hidden()


READABLE = """([log, words]) => {
    const entry = [...log.querySelectorAll("p, span, div")].findLast((one) => one.textContent.includes(words) && !one.querySelector("p"));
    const { left, top, right, bottom } = entry.getBoundingClientRect(), [x, low] = [(left + right) / 2, Math.min(top + 40, bottom - 4)];
    return [top + 4, low].every((y) => log.parentElement.contains(document.elementFromPoint(x, y)));
}"""
"""Whether the first lines of a text in the story are seen, and lie under nothing."""


@pytest.mark.parametrize("height", [640, 500])
async def test_a_phone_shows_the_answer_above_the_panel(browser, server, artifacts, height):
    """While one talks, trades or fights, ways and commands are behind a button, and one panel is open at a time."""
    async with window(browser, server.url, 360, height) as page:
        await enter(page)
        log, ways = log_of(page), page.get_by_test_id("shortcuts")
        await expect(ways).to_be_hidden()
        for line, words in (("talk marta", "You've walked all night"), ("list", "Marta Kell sells"), ("score", "level 1, 0 of 100")):
            await type_line(page, line)
            await expect(log).to_contain_text(words)
            await expect(ways).to_be_visible()
            await page.wait_for_function(READABLE, arg=[await log.element_handle(), words], timeout=5000)
            await page.screenshot(path=artifacts / f"answer-{line.split()[0]}-360x{height}.png")
        await expect(page.get_by_test_id("talk")).to_be_hidden()
        await page.get_by_test_id("trade-close").click()
        await expect(page.get_by_test_id("talk")).to_be_visible()
        await ways.click()
        await page.get_by_test_id("exit-north").click()
        await expect(page.get_by_test_id("location-name")).to_have_text("The Burnt Market")
        await expect(ways).to_be_hidden()


async def test_of_talk_and_trade_the_newer_panel_is_open(browser, server):
    """A number that is typed alone means a choice only while the choices are seen."""
    async with window(browser, server.url) as page:
        await enter(page)
        talk, trade = page.get_by_test_id("talk"), page.get_by_test_id("trade")
        await type_line(page, "talk marta")
        await expect(talk).to_be_visible()
        await type_line(page, "list")
        await expect(trade).to_be_visible()
        await expect(talk).to_be_hidden()
        await page.keyboard.press("1")
        await expect(page.get_by_test_id("command-input")).to_have_value("1")
        await page.get_by_test_id("command-input").fill("")
        await type_line(page, "talk marta")
        await expect(talk).to_be_visible()
        await expect(trade).to_be_hidden()
