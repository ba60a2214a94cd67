"""The story and the command line in a real browser: trimming, several lines at once, writing from right to left."""

import pytest
from pages import enter, log_of, type_line, window
from player import Player
from playwright.async_api import expect
from server import Server

pytestmark = pytest.mark.browser

STORY = """
const { Log } = await import("./log.js");
const element = document.createElement("div");
element.className = "log";
element.style.cssText = "display: block; height: 300px; width: 400px; overflow: auto; padding: 0";
const button = document.createElement("button");
document.body.replaceChildren(element, button);
window.story = new Log(element, button, { act() {}, onNews() {} });
window.tell = (from, to) => { for (let n = from; n < to; n += 1) story.add({ kind: n % 7 ? "event" : "place", title: `Place ${n}`,
  text: `Line ${n} ` + "and so on ".repeat(n % 11) }); };
window.at = () => { const top = element.getBoundingClientRect().top;
  const seen = [...element.children].find((one) => one.getBoundingClientRect().bottom > top + 1);
  return [seen.textContent, seen.getBoundingClientRect().top - top]; };
"""


@pytest.mark.parametrize("anchoring", [True, False], ids=["as Chromium and Firefox", "as Safari"])
async def test_the_reader_stays_where_the_story_is_trimmed(browser, server, anchoring):
    """With more than a thousand entries the oldest go; a reader that has scrolled up keeps the same line, to the pixel."""
    async with window(browser, server.url) as page:
        await page.evaluate(f"async () => {{ {STORY} }}")
        if not anchoring:
            await page.evaluate(
                "() => { const sheet = new CSSStyleSheet(); sheet.replaceSync('* { overflow-anchor: none !important }'); document.adoptedStyleSheets = [sheet]; }"
            )
        await page.evaluate("tell(0, 1000)")
        await page.evaluate(
            "new Promise((done) => { const log = document.querySelector('.log'); log.scrollTop = log.scrollHeight * 0.6; requestAnimationFrame(() => requestAnimationFrame(done)); })"
        )
        line, top = await page.evaluate("at()")
        for start in range(1000, 1300, 60):
            await page.evaluate(
                f"new Promise((done) => {{ tell({start}, {start + 60}); requestAnimationFrame(() => requestAnimationFrame(done)); }})"
            )
        assert await page.evaluate("[story.entries.length, document.querySelectorAll('.entry').length]") == [1000, 1000]
        now, there = await page.evaluate("at()")
        assert now == line
        assert abs(there - top) <= 2, (top, there)


@pytest.mark.parametrize("before", [0, 1, 3])
async def test_a_long_answer_begins_at_its_command_also_after_an_event(browser, server, before):
    """Others act between a command and its answer: the answer is shown from the command's line on; an event after it is counted below."""
    async with window(browser, server.url) as page:
        await page.evaluate(f"async () => {{ {STORY} }}")
        await page.evaluate("tell(1, 6)")
        await page.evaluate("story.add({ kind: 'command', text: 'look', command: 1, state: 'pending' })")
        for _ in range(before):
            await page.evaluate("story.add({ kind: 'event', text: 'Tomas comes from the north.' })")
        await page.evaluate("story.settle(1, { state: 'done', reply: 'A long answer. '.repeat(200) })")
        typed = page.locator(".typed", has_text="look")
        await expect(typed).to_be_in_viewport(ratio=1)
        await page.evaluate("story.add({ kind: 'event', text: 'Tomas leaves to the south.' })")
        await expect(page.get_by_text("1 new below")).to_be_visible()
        await expect(typed).to_be_in_viewport(ratio=1)


PASTE = """(text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    document.getElementById("command").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


async def test_several_lines_are_asked_about_and_sent_in_order(browser, server, artifacts):
    """Nothing is sent before Enter; Esc keeps the first; ten at most; for one line the page does not ask."""
    async with window(browser, server.url, 360, 740) as page:
        await enter(page)
        command, note, typed = page.get_by_test_id("command-input"), page.get_by_test_id("pasted"), page.locator(".entry-command .typed")
        await command.fill("say ")
        await page.evaluate(PASTE, "one\r\nsay two\n\n  say three \n")
        await expect(note).to_contain_text("Enter sends 3 lines")
        await expect(command).to_have_value("say one")
        assert await typed.count() == 0
        await page.screenshot(path=artifacts / "pasted-360.png")
        await command.press("Enter")
        await expect(log_of(page)).to_contain_text("You say: “three”")
        assert [text.split(" on its")[0] for text in await typed.all_inner_texts()] == ["say one", "say two", "say three"]
        await expect(note).to_be_hidden()

        await page.evaluate(PASTE, "look\nnorth")
        await command.press("Escape")
        await expect(note).to_be_hidden()
        await expect(command).to_have_value("look")
        await command.fill("")
        await page.evaluate(PASTE, "\n".join(f"say line {n}" for n in range(40)))
        await expect(note).to_contain_text("The other 30 are left out")
        await command.press("Enter")
        await expect(log_of(page)).to_contain_text("You say: “line 9”")
        assert await typed.count() == 13


async def test_each_line_has_its_own_direction(browser, server, artifacts):
    """Text from right to left is shown so, also after a name from left to right; the lines around it do not change."""
    async with window(browser, server.url) as one, window(browser, server.url) as other:
        await enter(one)
        await enter(other)
        await type_line(one, "say שלום לכולם, hello")
        await type_line(one, "say left to right")
        await expect(log_of(other)).to_contain_text("left to right")
        said = other.locator(".entry-say")
        directions = [await entry.evaluate("(one) => getComputedStyle(one).direction") for entry in await said.all()]
        assert directions[-2:] == ["rtl", "ltr"]
        assert await said.last.locator("bdi").count() == 1
        await one.get_by_test_id("command-input").fill("say שלום")
        await one.get_by_test_id("command-input").fill("שלום")
        assert await one.get_by_test_id("command-input").evaluate("(one) => getComputedStyle(one).direction") == "rtl"
        await other.screenshot(path=artifacts / "directions-1280.png")


async def test_a_personal_thing_is_offered_for_use_and_not_for_dropping_or_giving(browser, database_url):
    """Though another player is there to take it; found things are offered as before."""
    with Server({"ECHOES_DATABASE_URL": database_url, "ECHOES_PERSONAL_KIT": "true"}) as server:
        tomas = await Player.join(server)
        async with window(browser, server.url) as page:
            await enter(page)
            await expect(page.locator(f'[data-testid^="player-{tomas.id}"]').first).to_be_visible()
            await page.locator('[data-testid^="bag-item-"][data-template="ash_bread"]').click()
            await expect(page.locator('[data-testid^="use-"]')).to_be_visible()
            for chip in ("drop", "give"):
                await expect(page.locator(f'[data-testid^="{chip}-"]')).to_have_count(0)
            await type_line(page, "get lantern")
            await page.locator('[data-testid^="bag-item-"][data-template="storm_lantern"]').click()
            for chip in ("drop", "give"):
                await expect(page.locator(f'[data-testid^="{chip}-"]').first).to_be_visible()
