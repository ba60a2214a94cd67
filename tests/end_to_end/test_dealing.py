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
