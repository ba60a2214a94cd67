"""A newcomer's first hour with the page alone: what is asked stands on the screen, and doing it leads to a won fight and the second level.

Then a fight is lost, and what was carried is taken back out of the remains.
"""

import pytest
from pages import dies_and_takes_everything_back, enter, log_of, times, type_line, window
from playwright.async_api import expect

pytestmark = pytest.mark.browser

STEPS = [
    ("type talk Marta", ["talk Marta"]),
    ("type in", ["in"]),
    ("get lantern", ["get lantern"]),
    ("scratch name on lantern", ["scratch name on lantern"]),
    ("type out, then hang lantern", ["out", "hang lantern"]),
    ("type north, then search sack", ["north", "search sack"]),
]
"""The instruction on the screen, and the lines that a player types: its own words."""


async def test_the_first_hour_can_be_played_with_the_screen_alone(browser, deadly, artifacts):
    """Each step is on the screen before it is done, and once in the story; the panel shows it; the journal opens by a click."""
    async with window(browser, deadly.url) as page:
        await enter(page)
        asked, place = page.get_by_test_id("quest-lantern"), page.get_by_test_id("location-name")
        await expect(log_of(page)).to_contain_text("A name on the line: There is room on the line")
        for number, (said, lines) in enumerate(STEPS, 1):
            await expect(asked).to_contain_text(f"step {number} of 8")
            await expect(asked).to_contain_text(said)
            await expect(log_of(page)).to_contain_text(said)
            for line in lines:
                await type_line(page, line)
        await expect(asked).to_contain_text("Type wield poker, then down, then attack rat")
        await page.screenshot(path=artifacts / "quest-1280.png")
        await page.set_viewport_size({"width": 360, "height": 640})
        await page.screenshot(path=artifacts / "quest-story-360.png")
        await page.get_by_test_id("view-map").click()
        await expect(asked).to_be_in_viewport()
        await page.screenshot(path=artifacts / "quest-map-360.png")
        await page.get_by_test_id("view-story").click()
        await page.set_viewport_size({"width": 1280, "height": 860})
        await type_line(page, "wield poker")
        await type_line(page, "down")
        await expect(place).to_have_text("Lasko's Cellar")
        for _ in range(60):
            if "step 8 of 8" in await asked.inner_text():
                break
            await type_line(page, "attack rat")
            await page.wait_for_timeout(500)
        await expect(asked).to_contain_text("type up, south, and talk Marta")
        for _ in range(60):  # the other rat may have begun a fight of its own
            if await place.inner_text() == "The Burnt Market":
                break
            await type_line(page, "attack rat" if await page.get_by_test_id("fight").is_visible() else "up")
            await page.wait_for_timeout(500)
        await type_line(page, "south")
        await expect(place).to_have_text("The Kiln Yard")
        await type_line(page, "talk Marta")
        await expect(log_of(page)).to_contain_text("You are level 2 now.")
        await expect(page.get_by_test_id("quests")).to_contain_text("Nothing, for now.")
        assert await times(page, "You are level 2 now.") == 1
        assert await times(page, "Forty-two. Somebody has moved a shirt along") == 1
        await expect(page.get_by_test_id("bag")).to_contain_text("long scarf")
        await page.screenshot(path=artifacts / "quest-done-1280.png")
        await page.get_by_test_id("journal").click()
        await expect(log_of(page)).to_contain_text("Your journal is empty.")
        await dies_and_takes_everything_back(page, lambda name: artifacts / f"{name}-1280.png")
