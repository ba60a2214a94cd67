"""Two people in two browsers: they register, meet, talk, reach for the same thing, lose the connection and go on."""

import asyncio

import pytest
from fronts import Front, front
from machines import a_server
from pages import enter, log_of, times, type_line, window
from playwright.async_api import Page, expect
from postgres import a_database
from proxy import Proxy
from redis_server import RedisServer

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def two_machines(postgres):
    """Two servers with two workers each over one Redis, behind haproxy; to a browser, one server."""
    with (
        a_database(postgres) as url,
        RedisServer("--appendonly", "yes") as redis,
        a_server(url, redis.url, 2) as one,
        a_server(url, redis.url, 2) as other,
        front("haproxy", [one.port, other.port]) as public,
    ):
        yield public


@pytest.fixture(params=["server", "two_machines"])
def place(request):
    """Where they play: one process on the memory backend, or four workers on two machines behind a load balancer."""
    return request.getfixturevalue(request.param)


async def apart(one: Page, other: Page) -> None:
    """Have the second window reload until a worker other than the first window's serves it."""
    for _ in range(30):
        workers = [await page.get_by_test_id("connection-state").get_attribute("data-worker") for page in (one, other)]
        if workers[0] != workers[1]:
            return
        await other.reload()
        await expect(other.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")
    pytest.fail("thirty connections came to one worker")


async def test_two_people_play_together(browser, place, artifacts):
    """They see each other come, speak, take and go; every message once and in order, through a broken connection and a reload."""
    async with Proxy(place.port) as proxy, window(browser, place.url) as one, window(browser, proxy.url) as other:
        first, second = await enter(one), await enter(other)
        await expect(log_of(one)).to_contain_text(f"{second} wakes")
        if isinstance(place, Front):
            await apart(one, other)

        await type_line(one, "say is anybody there")
        await expect(log_of(other)).to_contain_text(f"{first} says: “is anybody there”")
        await type_line(other, "say over here")
        await expect(log_of(one)).to_contain_text(f"{second} says: “over here”")

        lantern = '[data-testid^="ground-item-"][data-template="storm_lantern"]'
        await one.locator(lantern).wait_for()
        await other.locator(lantern).wait_for()
        reach = (
            "selector => { const thing = document.querySelector(selector); setTimeout(() => thing.click(), 1000 - (Date.now() % 1000)); }"
        )
        await asyncio.gather(one.evaluate(reach, lantern), other.evaluate(reach, lantern))
        await expect(one.locator(lantern)).to_have_count(0)
        await expect(other.locator(lantern)).to_have_count(0)
        have = [await page.locator('[data-testid^="bag-item-"][data-template="storm_lantern"]').count() for page in (one, other)]
        assert sorted(have) == [0, 1]
        await one.screenshot(path=artifacts / "two-players-1280.png")

        proxy.closed = True
        proxy.cut()
        await expect(other.get_by_test_id("overlay")).to_be_visible(timeout=15_000)
        await type_line(one, "say while you were gone 1")
        await type_line(one, "say while you were gone 2")
        await expect(log_of(one)).to_contain_text("You say: “while you were gone 2”")
        await other.screenshot(path=artifacts / "reconnecting-1280.png")
        proxy.closed = False
        await expect(other.get_by_test_id("connection-state")).to_have_attribute("data-state", "online", timeout=25_000)
        await expect(log_of(other)).to_contain_text("while you were gone 2")
        story = await log_of(other).inner_text()
        assert story.index("while you were gone 1") < story.index("while you were gone 2")

        await other.reload()
        await expect(other.get_by_test_id("connection-state")).to_have_attribute("data-state", "online", timeout=25_000)
        await type_line(one, "say after the reload")
        await expect(log_of(other)).to_contain_text("after the reload")
        for text in ("is anybody there", "while you were gone 1", "while you were gone 2", "after the reload"):
            assert await times(other, text) == 1, text

        if isinstance(place, Front):
            await apart(one, other)
        await one.get_by_test_id("exit-north").click()
        await expect(one.get_by_test_id("location-name")).to_have_text("The Burnt Market")
        await expect(log_of(other)).to_contain_text(f"{first} leaves north")


async def test_a_small_screen_and_a_keyboard_are_enough(browser, server, artifacts):
    """At 360 pixels nothing overflows, and typing alone plays."""
    async with window(browser, server.url, 360, 740) as page:
        await page.screenshot(path=artifacts / "title-360.png")
        await enter(page)
        await page.screenshot(path=artifacts / "game-360.png")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        await page.keyboard.press("Escape")
        await expect(page.get_by_test_id("command-input")).to_be_focused()
        await page.keyboard.type("nor")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(log_of(page)).to_contain_text("You go north.")
        await page.keyboard.type("hlep")
        await page.keyboard.press("Enter")
        await expect(log_of(page)).to_contain_text("Did you mean help?")


async def test_a_displaced_window_shows_a_clear_message(browser, server):
    """The older window shows that the character is played elsewhere, and does not reconnect."""
    async with window(browser, server.url) as old:
        name = await enter(old)
        async with window(browser, server.url) as new:
            await new.get_by_test_id("tab-back").click()
            await new.get_by_test_id("username").fill(name)
            await new.get_by_test_id("password").fill("a long password")
            await new.get_by_test_id("enter").click()
            await new.locator('[data-testid^="character-"]', has_text=name).click()
            await expect(new.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")
            await expect(old.get_by_test_id("connection-state")).to_have_attribute("data-state", "ended")
            await expect(old.get_by_test_id("overlay")).to_contain_text("elsewhere")


async def test_server_text_is_only_text(browser, server):
    """Markup in a player's words is shown, not run."""
    async with window(browser, server.url) as one, window(browser, server.url) as other:
        await enter(one)
        await enter(other)
        await type_line(one, "say <img src=x onerror=document.title='hacked'>")
        await expect(log_of(other)).to_contain_text("<img src=x")
        assert await other.title() != "hacked"
        assert await other.locator("[data-testid=log] img").count() == 0


async def test_a_snapshot_of_another_place_leaves_the_position_of_the_former_one(browser, server):
    """The page's positions for a resume name the last locations, too; the positions of channels that the snapshot does not name are kept."""
    async with window(browser, server.url) as page:
        known = await page.evaluate(
            """async () => {
                const { Positions } = await import("/positions.js");
                const at = (offset) => ({ epoch: "7", offset });
                const positions = new Positions({ "game:broadcast": at(1), "player:1": at(2), "location:yard": at(3) });
                positions.replace({ "player:1": at(5) }, {});
                const stayed = Object.keys(positions.known).sort();
                positions.replace({ "location:road": at(9) }, {});
                return [stayed, positions.known];
            }"""
        )
    here = ["game:broadcast", "location:yard", "player:1"]
    there = {"game:broadcast": 1, "player:1": 5, "location:yard": 3, "location:road": 9}
    assert known == [here, {channel: {"epoch": "7", "offset": offset} for channel, offset in there.items()}]


async def come_back(page: Page, name: str, password: str) -> None:
    """Log in, and play the character of that name."""
    await page.get_by_test_id("tab-back").click()
    await page.get_by_test_id("username").fill(name)
    await page.get_by_test_id("password").fill(password)
    await page.get_by_test_id("enter").click()
    await page.locator('[data-testid^="character-"]', has_text=name).first.click()
    await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")


async def test_a_new_password_and_logging_out_everywhere(browser, server, artifacts):
    """The client that changes the password plays on, other sign-ins end; logging out everywhere ends all."""
    async with window(browser, server.url) as one, window(browser, server.url) as other:
        name = await enter(one)
        await come_back(other, name, "a long password")
        await other.get_by_test_id("settings").click()
        await other.get_by_test_id("account").click()
        await other.get_by_test_id("password-now").fill("a wrong password")
        await other.get_by_test_id("password-next").fill("a better password")
        await other.get_by_test_id("change-password").click()
        await expect(other.get_by_test_id("account-said")).to_contain_text("not your password")
        await other.get_by_test_id("password-now").fill("a long password")
        await other.get_by_test_id("password-next").press("Enter")
        await expect(other.get_by_test_id("account-said")).to_contain_text("your password now")
        await other.screenshot(path=artifacts / "account-1280.png")
        await other.get_by_test_id("settings-close").click()
        await expect(other.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")
        await type_line(other, "say still here")
        await expect(log_of(other)).to_contain_text("still here")
        await one.get_by_test_id("overlay-action").click()  # the older window had shown that it is played elsewhere
        await expect(one.get_by_test_id("overlay")).to_contain_text("Your pass has expired")

        await other.get_by_test_id("settings").click()
        await other.get_by_test_id("account").click()
        await other.get_by_test_id("logout-everywhere").click()
        await expect(other.get_by_test_id("auth-error")).to_contain_text("signed out everywhere")
        await come_back(other, name, "a better password")
