"""A newcomer's first minutes with the page, on a phone."""

import re

import pytest
from pages import enter, log_of, sign_up, type_line, window
from playwright.async_api import expect
from proxy import Proxy

pytestmark = pytest.mark.browser

TOP = "() => document.getElementById('log').scrollTop"


async def test_the_first_screen_begins_at_its_top(browser, server, artifacts):
    """The arrival comes before the place, what is asked of a newcomer after it, and the story waits at its first line; what is typed and not sent survives a reload."""
    async with window(browser, server.url, 360, 640) as page:
        await enter(page)
        entries = page.locator(".entry")
        await expect(entries.nth(1)).to_contain_text("The Kiln Yard")
        await expect(entries.nth(0)).to_contain_text("You have walked all night")
        await expect(entries.nth(2)).to_contain_text("A name on the line")
        await page.screenshot(path=artifacts / "arrival-360.png")
        assert await page.evaluate(TOP) == 0
        await page.get_by_test_id("command-input").fill("say I am")
        await page.reload()
        await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")
        await expect(page.get_by_test_id("command-input")).to_have_value("say I am")
        assert (await log_of(page).inner_text()).count("You have walked all night") == 1


async def test_above_the_keyboard_there_is_room_for_the_story(browser, server, artifacts):
    """Ways and common commands are behind a button there; a long answer is shown from its line on."""
    async with window(browser, server.url, 360, 640) as page:
        await enter(page)
        await expect(page.get_by_test_id("exit-north")).to_be_visible()
        await expect(page.get_by_test_id("shortcuts")).to_be_hidden()
        await page.set_viewport_size({"width": 360, "height": 340})
        await expect(page.get_by_test_id("exit-north")).to_be_hidden()
        await expect(page.get_by_test_id("verb-look")).to_be_hidden()
        await page.screenshot(path=artifacts / "keyboard-360.png")
        await type_line(page, "look")
        await expect(log_of(page)).to_contain_text("On the ground:", timeout=5000)
        typed = page.locator(".typed", has_text="look")
        await expect(typed).to_be_in_viewport()
        await page.get_by_test_id("shortcuts").click()
        await expect(page.get_by_test_id("verb-look")).to_be_visible()
        await page.get_by_test_id("exit-north").click()
        await expect(page.get_by_test_id("location-name")).to_have_text("The Burnt Market")
        await expect(page.get_by_test_id("exit-north")).to_be_hidden()


async def test_a_cut_line_is_read_aloud_once_and_so_is_its_return(browser, server):
    """However often the page tries: a screen reader hears the story alone, and there each of the two once."""
    async with Proxy(server.port) as proxy, window(browser, proxy.url) as page:
        await enter(page)
        asides = page.locator(".entry-aside")
        await expect(asides).to_have_count(0)
        proxy.closed = True
        proxy.cut()
        await expect(page.get_by_test_id("overlay")).to_be_visible()
        for _ in range(3):
            await page.get_by_test_id("try-now").click()
        await expect(asides).to_have_count(1)
        proxy.closed = False
        await page.get_by_test_id("try-now").click()
        await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")
        await expect(asides).to_have_text([re.compile("is cut"), "The line to the city is back."])


async def test_a_far_place_is_walked_to_by_itself(browser, server):
    """One step a command, each in the story; the player may type on, and then it ends."""
    async with window(browser, server.url) as page:
        await sign_up(page)
        place = page.get_by_test_id("location-name")
        await expect(place).to_have_text("The Kiln Yard")
        await type_line(page, "n")
        await expect(place).to_have_text("The Burnt Market")
        way = page.locator("[data-testid^=exit-]:not([data-testid=exit-south])").first
        await way.click()
        await expect(place).not_to_have_text("The Burnt Market")
        await type_line(page, "go to kiln yard")
        await expect(place).to_have_text("The Kiln Yard")
        steps = page.locator(".typed", has_text="go to")
        assert [text.lower() for text in await steps.all_inner_texts()] == ["go to kiln yard", "go to the kiln yard"]
