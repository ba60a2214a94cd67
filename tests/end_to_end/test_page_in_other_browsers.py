"""The page in browsers that keep nothing, lack what newer ones have, or get only a part of it."""

import httpx
import pytest
from pages import enter, log_of, sign_up, type_line, window
from playwright.async_api import expect

pytestmark = pytest.mark.browser

BLOCKED = """
for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"])
  Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError"); } });
Object.defineProperty(Document.prototype, "cookie", {
  get() { throw new DOMException("blocked", "SecurityError"); }, set() { throw new DOMException("blocked", "SecurityError"); } });
"""
NULL = """for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { value: null });"""
FULL = """Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };"""
LOCKS_REFUSED = """navigator.locks.request = () => Promise.reject(new DOMException("blocked", "SecurityError"));"""
OLDER = """
for (const name of ["at", "findLast", "findLastIndex", "toSorted", "toReversed", "toSpliced", "with", "group"]) delete Array.prototype[name];
for (const name of ["at", "isWellFormed", "toWellFormed"]) delete String.prototype[name];
for (const name of ["groupBy", "hasOwn"]) delete Object[name];
for (const name of ["any", "withResolvers", "try"]) if (name !== "any") delete Promise[name];
for (const name of ["timeout", "any", "abort"]) delete AbortSignal[name];
for (const name of ["canParse", "parse"]) delete URL[name];
for (const name of ["structuredClone", "BroadcastChannel", "ResizeObserver", "requestIdleCallback", "scheduler", "navigation", "visualViewport", "reportError"])
  delete window[name];
delete Crypto.prototype.randomUUID;
delete Crypto.prototype.subtle;
for (const name of ["locks", "userActivation", "wakeLock", "clipboard"]) delete Navigator.prototype[name];
for (const name of ["checkVisibility", "setHTML", "togglePopover", "showPopover"]) { delete Element.prototype[name]; delete HTMLElement.prototype[name]; }
delete HTMLElement.prototype.inert;
for (const name of ["show", "showModal", "close", "open", "returnValue"]) delete HTMLDialogElement.prototype[name];
const matches = Element.prototype.matches;
for (const name of ["matches", "closest", "querySelector", "querySelectorAll"])
  for (const owner of [Element.prototype, Document.prototype]) {
    const known = owner[name];
    if (known) owner[name] = function (selector) {
      if (/:(has|focus-visible|modal|open|user-invalid)\\b/.test(selector)) throw new DOMException(`unknown: ${selector}`, "SyntaxError");
      return known.call(this, selector);
    };
  }
const into = Element.prototype.scrollIntoView;
Element.prototype.scrollIntoView = function (how) { if (typeof how === "object") throw new TypeError("no options"); into.call(this, how); };
"""


async def plays(page) -> None:
    """Everything that a visit needs: say, walk, complete, open and close the settings."""
    await enter(page)
    await type_line(page, "say hello from here")
    await expect(log_of(page)).to_contain_text("You say: “hello from here”")
    await page.get_by_test_id("command-input").press_sequentially("l")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("command-input").fill("")
    await page.get_by_test_id("settings").click()
    await expect(page.get_by_test_id("settings-close")).to_be_visible()
    await page.get_by_test_id("size-large").check()
    await page.get_by_test_id("settings-close").click()
    await expect(page.get_by_test_id("settings-close")).to_be_hidden()
    await page.get_by_test_id("exit-north").click()
    await expect(page.get_by_test_id("location-name")).to_have_text("The Burnt Market")


@pytest.mark.parametrize(
    "kept", [BLOCKED, BLOCKED + LOCKS_REFUSED, NULL, FULL], ids=["site data blocked", "locks refused as well", "no stores", "stores full"]
)
async def test_a_browser_that_keeps_nothing_plays(browser, server, artifacts, kept):
    """The page says what that costs: the sign-in ends with the page. To another character and back goes without signing in again."""
    async with window(browser, server.url, before=kept) as page:
        await expect(page.get_by_test_id("forgetful")).to_be_visible()
        await page.screenshot(path=artifacts / "keeps-nothing-1280.png")
        await plays(page)
        await page.get_by_test_id("settings").click()
        await page.get_by_test_id("change-character").click()
        await page.locator("#characters button").first.click()
        await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")
        await page.reload()
        await expect(page.get_by_test_id("enter")).to_be_visible()


async def test_a_browser_with_storage_shows_no_note(browser, server):
    """The note appears only in a browser without storage."""
    async with window(browser, server.url) as page:
        await expect(page.get_by_test_id("enter")).to_be_visible()
        await expect(page.get_by_test_id("forgetful")).to_be_hidden()


async def test_a_browser_of_five_years_ago_plays(browser, server, artifacts):
    """Without what Safari, Firefox and Chromium have got since; the lint (tests/client/test_lint.py) reads the sources for the rest."""
    async with window(browser, server.url, 360, 740, before=OLDER) as page:
        await plays_small(page)
        await page.screenshot(path=artifacts / "older-browser-360.png")
    async with window(browser, server.url, before=OLDER) as page:
        await plays(page)
        await page.reload()
        await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")


async def test_a_browser_whose_content_policy_self_covers_no_websocket_plays(browser, server):
    """As in Safari before 16: `'self'` in the content policy stands for http only."""
    async with httpx.AsyncClient() as http:
        policy = (await http.get(server.url)).headers["content-security-policy"]
    [connect] = [part.strip() for part in policy.split(";") if "connect-src" in part]
    async with window(browser, server.url) as page:
        await page.evaluate(
            """policy => document.head.append(Object.assign(document.createElement("meta"), { httpEquiv: "Content-Security-Policy", content: policy }))""",
            connect.replace("'self'", server.url),
        )
        await enter(page)


async def test_the_page_reports_a_browser_that_refuses_to_connect(browser, server):
    """Safari before 16 throws where the policy names another host (a proxy changed it); the page keeps retrying."""
    refuses = """{ const known = WebSocket; window.WebSocket = class extends known {
      constructor(url) { if (!window.allowed) throw new DOMException("The operation is insecure.", "SecurityError"); super(url); } }; }"""
    async with window(browser, server.url, before=refuses, expected=("status of 426",)) as page:
        await sign_up(page)
        await expect(page.get_by_test_id("overlay")).to_contain_text("WebSocket does not get through")
        await page.evaluate("window.allowed = true")
        await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online", timeout=60_000)


async def plays_small(page) -> None:
    """On a phone."""
    await enter(page)
    await page.get_by_test_id("view-map").click()
    await expect(page.get_by_test_id("map")).to_be_visible()
    await page.get_by_test_id("view-story").click()
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("part", ["map.js", "app.js", "words.js"])
async def test_the_page_reports_a_module_that_does_not_load(browser, server, part):
    """The page shows the problem instead of staying empty, and loads again."""
    async with window(browser, "about:blank") as page:
        missing = True
        await page.route(f"**/{part}", lambda route: route.abort() if missing else route.continue_())
        await page.goto(server.url)
        await expect(page.get_by_test_id("failed")).to_contain_text("did not arrive")
        missing = False
        await page.get_by_role("button", name="Load again").click()
        await expect(page.get_by_test_id("enter")).to_be_visible()
        await expect(page.get_by_test_id("failed")).to_be_hidden()


async def test_the_page_reports_a_module_that_does_not_run(browser, server):
    """The browser does not know its syntax, or the module is of another release."""
    async with window(browser, "about:blank", expected=("Unexpected token",)) as page:
        await page.route("**/words.js", lambda route: route.fulfill(content_type="text/javascript", body="export const half = ;"))
        await page.goto(server.url)
        await expect(page.get_by_test_id("failed")).to_contain_text("newer browser")
