"""The page in browsers that keep nothing, lack what newer ones have, get only a part of it, zoom, translate, or have a wrong clock."""

import re

import httpx
import pytest
from pages import enter, log_of, sign_up, type_line, window
from player import Player
from playwright.async_api import expect
from proxy import Proxy

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

TRANSLATOR = """
const turn = (text) => {
  const parent = text.parentElement;
  if (!text.data.trim() || !parent || parent.closest("script, style, svg, font")) return;
  if (parent.closest("[translate]")?.getAttribute("translate") === "no") return;
  const [outer, inner] = [document.createElement("font"), document.createElement("font")];
  inner.textContent = `«${text.data.trim().toUpperCase()}»`;
  outer.append(inner);
  text.replaceWith(outer);
};
const all = (root) => {
  const texts = [], walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) texts.push(walker.currentNode);
  texts.forEach(turn);
};
addEventListener("DOMContentLoaded", () => {
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) node.nodeType === Node.TEXT_NODE ? turn(node) : all(node);
  }).observe(document.body, { childList: true, subtree: true });
  all(document.body);
});
"""
"""A script that acts as the translators of browsers do: it replaces each text by elements with another text, as soon as it appears."""
CLOCK = """{ const Known = Date; window.ahead = %d;
Date = class extends Known {
  constructor(...given) { given.length ? super(...given) : super(Known.now() + window.ahead); }
  static now() { return Known.now() + window.ahead; }
}; }"""
YEARS_MS = 3 * 365 * 86_400_000


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
    async with window(browser, server.url, before=refuses) as page:
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


async def test_a_translated_page_plays(browser, server):
    """The page works with texts that a translator has replaced. Names, commands and what was typed stay as they are."""
    async with window(browser, server.url, before=TRANSLATOR) as page:
        name = await sign_up(page)
        place = page.get_by_test_id("location-name")
        await expect(place).to_have_text("«THE KILN YARD»")
        other = await Player.join(server)
        await expect(page.get_by_test_id(f"player-{other.id}").locator(".name")).to_have_text(other.name)
        await expect(page.locator("#you-name")).to_have_text(name)
        await type_line(page, "say hello")
        await expect(page.locator(".typed").last).to_have_text("say hello")
        await other.type("say good morning")
        await expect(page.locator(".entry-say").last).to_contain_text(other.name)
        await expect(page.locator(".entry-say").last).to_contain_text("«“GOOD MORNING”»")
        assert (await log_of(page).inner_text()).count("«“GOOD MORNING”»") == 1
        await expect(page.get_by_test_id("verb-look")).to_have_text("look")
        await page.get_by_test_id("verb-look").click()
        await expect(page.get_by_test_id("exit-north").locator(".way")).to_have_text("north")
        await page.get_by_test_id("exit-north").click()
        await expect(place).to_have_text("«THE BURNT MARKET»")
        await page.get_by_test_id("command-input").press_sequentially("sou")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(place).to_have_text("«THE KILN YARD»")
        await page.reload()
        await expect(place).to_have_text("«THE KILN YARD»")
        await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")


async def test_a_page_at_400_percent_shows_everything(browser, server, artifacts):
    """A window of 1280 by 1024 pixels has 320 by 256 at 400 %. The story and the command line are in sight together, and the rest is reached by scrolling."""
    async with Proxy(server.port) as proxy, window(browser, proxy.url, 320, 256) as page:
        await enter(page)
        await type_line(page, "say hello")
        await expect(log_of(page)).to_contain_text("You say: “hello”")
        seen = """test => { const at = document.querySelector(test).getBoundingClientRect();
            return Math.min(at.bottom, innerHeight) - Math.max(at.top, 0); }"""
        assert await page.evaluate(seen, ".prompt") >= 40
        assert await page.evaluate(seen, "#log > :last-child") >= 20
        await page.screenshot(path=artifacts / "zoomed-320.png")
        for view in ("place", "map", "bag", "story"):
            await page.get_by_test_id(f"view-{view}").click()
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
        await page.get_by_test_id("settings").click()
        await page.get_by_test_id("settings-close").click()
        await expect(page.get_by_test_id("exit-southeast")).to_be_hidden()
        await page.get_by_test_id("shortcuts").click()
        await page.get_by_test_id("exit-southeast").click()
        await expect(page.get_by_test_id("exit-southeast")).to_be_hidden()
        await expect(page.get_by_test_id("location-name")).not_to_have_text("The Kiln Yard")
        await page.get_by_test_id("command-input").focus()
        proxy.closed = True
        proxy.cut()
        await expect(page.get_by_test_id("overlay")).to_be_visible()
        assert await page.evaluate(seen, "#overlay") >= 40


@pytest.mark.parametrize("ahead", [-YEARS_MS, YEARS_MS], ids=["behind", "ahead"])
async def test_a_browser_whose_clock_is_wrong_plays(browser, server, ahead):
    """Years behind or ahead, and set while one plays: stamina and sign-in do not follow it."""
    async with window(browser, server.url, before=CLOCK % ahead) as page:
        await page.get_by_test_id("stay").check()
        await enter(page)
        place, stamina = page.get_by_test_id("location-name"), page.get_by_test_id("vitals-stamina").get_by_role("meter")
        for way, name in [("north", "The Burnt Market"), ("south", "The Kiln Yard")] * 3:
            await page.get_by_test_id(f"exit-{way}").click()
            await expect(place).to_have_text(name)
        spent = re.compile(r"^(8\d|9[0-7])$")
        await expect(stamina).to_have_attribute("aria-valuenow", spent)
        await page.evaluate("window.ahead += 3_600_000")
        await page.get_by_test_id("exit-north").click()
        await expect(place).to_have_text("The Burnt Market")
        await expect(stamina).to_have_attribute("aria-valuenow", spent)
        await page.reload()
        await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")
        await expect(stamina).to_have_attribute("aria-valuenow", spent)
