"""The page in a real browser, as a person uses it."""

import contextlib

from player import a_name
from playwright.async_api import Page, expect

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
expect.set_options(timeout=20_000)  # a machine may be busy
AXE = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
    .map(({ id, nodes }) => [id, ...nodes.slice(0, 5).map((node) => `${node.html.slice(0, 160)} ${node.any.map((one) => one.message).join(" ")}`)])"""
"""Run axe, which `window` has put into the page, and answer its violations."""


@contextlib.asynccontextmanager
async def window(browser, url, width=1280, height=860, before="", expected=()):
    """A person's browser window; every complaint in its console fails the test. `before` is a script that runs before the page's own; complaints with words that are `expected` are none.

    The page may ask why it cannot connect in the very moment in which it can again: 426 says nothing of a fault.
    """
    context = await browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    if before:
        await context.add_init_script(before)
    page = await context.new_page()
    complaints: list[str] = []

    def complain(text: str) -> None:
        if not any(word in text for word in ("WebSocket", "ERR_", "status of 401", "status of 426", *expected)):
            complaints.append(text)

    page.on("pageerror", lambda error: complain(str(error)))
    page.on("console", lambda message: complain(message.text) if message.type == "error" else None)
    await page.goto(url)
    yield page
    await context.close()
    assert not complaints, complaints


async def sign_up(page: Page) -> str:
    """A name, a password, a click."""
    name = a_name()
    await page.get_by_test_id("username").fill(name)
    await page.get_by_test_id("password").fill("a long password")
    await page.get_by_test_id("enter").click()
    return name


async def enter(page: Page) -> str:
    """A newcomer signs up and is in the game."""
    name = await sign_up(page)
    await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")
    await expect(page.get_by_test_id("location-name")).to_have_text("The Kiln Yard")
    return name


async def type_line(page: Page, text: str) -> None:
    await page.get_by_test_id("command-input").fill(text)
    await page.get_by_test_id("command-input").press("Enter")


def log_of(page: Page):
    return page.get_by_test_id("log")


async def times(page: Page, text: str) -> int:
    """How often a text stands in the story."""
    return (await log_of(page).inner_text()).count(text)


STAIR, ROUNDS = "Fishwives' Stair", 60


async def dies_and_takes_everything_back(page, picture):
    """South of the yard, where the fixture `deadly` has put a sleeper that no newcomer defeats. `picture`: name to the path of a screenshot."""
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
    await page.screenshot(path=picture("death"))
    await type_line(page, "go to fishwives stair")
    await expect(place).to_have_text(STAIR)
    await expect(log_of(page)).to_contain_text("remains of")
    await page.screenshot(path=picture("death-back"))
    await type_line(page, "loot remains")
    await expect(bag).to_contain_text("ash bread")
    await page.screenshot(path=picture("death-over"))
