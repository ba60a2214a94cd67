"""A newcomer dies, wakes in the refuge, walks back and takes what was carried out of the remains: with the page alone."""

import shutil

import pytest
from echoes.settings import Settings, gamedata_of
from pages import enter, log_of, times, type_line, window
from playwright.async_api import expect
from postgres import empty_database
from server import Server

pytestmark = pytest.mark.browser
ROUNDS, STAIR = 60, "Fishwives' Stair"


@pytest.fixture
def deadly(postgres, tmp_path):
    """A server whose Fishwives' Stair has a sleeper that no newcomer defeats. It attacks only whom attacks it."""
    content = tmp_path / "gamedata"
    shutil.copytree(gamedata_of(Settings()), content)
    hostile = (content / "npcs" / "hostile.yaml").read_text(encoding="utf-8")
    (content / "npcs" / "hostile.yaml").write_text(hostile.replace("  hp: 28\n", "  hp: 400\n"), encoding="utf-8")
    spawns = content / "spawns" / "city.yaml"
    sleeper = "steps_sleeper: {npc: ash_sleeper, most: 1, minutes: 1, locations: [fish_steps]}\n"
    spawns.write_text(spawns.read_text(encoding="utf-8") + sleeper, encoding="utf-8")
    with empty_database(postgres) as url, Server({"ECHOES_DATABASE_URL": url, "ECHOES_GAMEDATA": str(content)}) as running:
        yield running


@pytest.mark.parametrize(("width", "height"), [(1280, 860), (360, 740)])
async def test_a_newcomer_dies_and_takes_everything_back(browser, deadly, artifacts, width, height):
    """The story says where it lies; the way back is a walk; the remains are empty afterwards."""
    async with window(browser, deadly.url, width, height) as page:
        await enter(page)
        place, bag = page.get_by_test_id("location-name"), page.get_by_test_id("bag")
        await type_line(page, "south")
        await expect(place).to_have_text(STAIR)
        await expect(log_of(page)).to_contain_text("sleeper")
        for _ in range(ROUNDS):
            if await times(page, "You fall."):
                break
            await type_line(page, "attack sleeper")
            await page.wait_for_timeout(250)
        await expect(log_of(page)).to_contain_text("You wake in the warm, and what you carried lies in Fishwives' Stair.")
        await expect(place).to_have_text("The Kiln Yard")
        await expect(bag).not_to_contain_text("ash bread")
        await page.screenshot(path=artifacts / f"death-{width}.png")
        await type_line(page, "go to fishwives stair")
        await expect(place).to_have_text(STAIR)
        await expect(log_of(page)).to_contain_text("remains of")
        await page.screenshot(path=artifacts / f"death-back-{width}.png")
        await type_line(page, "loot remains")
        await expect(bag).to_contain_text("ash bread")
        assert await times(page, "You fall.") == 1
        await page.screenshot(path=artifacts / f"death-over-{width}.png")
