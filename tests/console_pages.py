"""The console in a browser, as an operator uses it."""

import asyncio

import httpx
from click.testing import CliRunner
from echoes.cli import main
from operating import BECAUSE, PASSWORD, code_of
from player import a_name
from playwright.async_api import expect


async def an_operator(server, role):
    """A new operator: username and secret of the second factor."""
    name = a_name()
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.post("/api/auth/register", json={"username": name, "password": PASSWORD})
    words = ["ops", "grant", name, role, "--reason", BECAUSE]
    done = await asyncio.to_thread(CliRunner().invoke, main, words, env={"ECHOES_DATABASE_URL": server.database_url})
    return name, done.output.partition("secret=")[2].partition("&")[0]


async def sign_in(page, name, secret):
    """Fill in the front page."""
    await page.get_by_test_id("username").fill(name)
    await page.get_by_test_id("password").fill(PASSWORD)
    await page.get_by_test_id("code").fill(code_of(secret))
    await page.get_by_test_id("enter").click()
    await expect(page.get_by_test_id("me")).to_contain_text(name)


async def find(page, word):
    """Look for a player, and open the page of the first one."""
    await page.get_by_test_id("word").fill(word)
    await page.get_by_test_id("reason").fill(BECAUSE)
    await page.get_by_test_id("find").click()
    await page.get_by_test_id("found").get_by_role("link").first.click()


async def act(page, action, **fields):
    """Open the form of an action, fill it in and send it; returns its outcome."""
    await page.get_by_test_id(f"open-{action}").click()
    form = page.locator("details", has=page.get_by_test_id(f"open-{action}"))
    for field, value in fields.items():
        await form.locator(f"[name={field}]").fill(value)
    await page.get_by_test_id(f"do-{action}").click()
    return page.get_by_test_id(f"outcome-{action}")


async def tab_to(page, target, most=60):
    """Press Tab until a part has the focus."""
    target = page.get_by_test_id(target) if isinstance(target, str) else target
    await expect(target).to_be_visible()
    for _ in range(most):
        if await target.evaluate("(one) => one === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {target}")
