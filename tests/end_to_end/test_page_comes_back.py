"""A page, a device or a network that was away: the page notices what a browser's WebSocket does not say, and nothing is lost or shown twice."""

import pages
import pytest
from pages import enter, log_of, times, type_line, window
from playwright.async_api import async_playwright, expect
from proxy import Proxy

pytestmark = pytest.mark.browser
BACK = "persisted => { dispatchEvent(new PageTransitionEvent('pageshow', { persisted })); return echoes.connection.state; }"
NEVER_BY_ITSELF = "const fair = Math.random; Math.random = () => 1000 + fair();"
"""The next try is due in minutes: only what the page notices brings it back sooner."""


@pytest.fixture
async def line(server):
    """A proxy between the page and the server."""
    async with Proxy(server.port) as proxy:
        yield proxy


async def online(page) -> None:
    await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")


async def test_a_page_that_comes_back_as_it_was_left_opens_a_new_line(browser, line):
    """From the browser's back-forward cache: its socket says that it is open, and leads nowhere. A reloaded page keeps its own."""
    async with window(browser, line.url) as page:
        await enter(page)
        assert await page.evaluate(BACK, False) == "online"
        gone = line.ports
        line.stall(lambda port: port in gone)
        assert await page.evaluate(BACK, True) == "connecting"
        await online(page)
        await type_line(page, "say back again")
        await expect(log_of(page)).to_contain_text("You say: “back again”")
        await line.flow()


async def test_the_back_button_plays_on(chromium, server):
    """With the cache that Playwright switches off: the very page, not a reloaded one."""
    async with async_playwright() as playwright:
        flag = ["--disable-back-forward-cache"]
        browser = await playwright.chromium.launch(executable_path=chromium, args=pages.FLAGS, ignore_default_args=flag)
        async with window(browser, server.url) as page:
            await enter(page)
            await page.evaluate("window.here = 'as it was'")
            await page.goto("data:text/html,elsewhere")
            await page.go_back(wait_until="commit")
            await online(page)
            await type_line(page, "say back again")
            await expect(log_of(page)).to_contain_text("You say: “back again”")
            assert await page.evaluate("window.here") == "as it was"
        await browser.close()


async def test_a_network_that_is_back_is_used_at_once(browser, line):
    """Without a network the banner says so; what was typed meanwhile is sent once."""
    async with window(browser, line.url, before=NEVER_BY_ITSELF) as page:
        await enter(page)
        await page.context.set_offline(True)
        line.closed = True
        line.cut()
        await expect(page.get_by_test_id("overlay")).to_contain_text("This device is offline.")
        await type_line(page, "say from the tunnel")
        line.closed = False
        await page.context.set_offline(False)
        await online(page)
        await expect(log_of(page)).to_contain_text("You say: “from the tunnel”")
        assert await times(page, "You say: “from the tunnel”") == 1


SLEEP = """hidden => { Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
  document.dispatchEvent(new Event("visibilitychange")); }"""


@pytest.mark.parametrize("notices", ["command", "network", "sleep"])
async def test_a_line_that_has_gone_silent_is_replaced(browser, line, notices):
    """Nothing says that it is cut. What is typed, a network that has changed and a page that has slept find out: ten seconds without an answer."""
    async with window(browser, "about:blank") as page:
        await page.clock.install()
        await page.goto(line.url)
        await enter(page)
        gone = line.ports
        line.stall(lambda port: port in gone)
        if notices == "command":
            await type_line(page, "say into the void")
        elif notices == "network":
            await page.evaluate("dispatchEvent(new Event('online'))")
        else:
            await page.evaluate(SLEEP, True)
            await page.clock.fast_forward(31_000)
            await page.evaluate(SLEEP, False)
        async with page.expect_websocket():
            await page.clock.fast_forward(13_000)
        await online(page)
        if notices == "command":
            await expect(log_of(page)).to_contain_text("You say: “into the void”")
            assert await times(page, "You say: “into the void”") == 1
        await line.flow()
