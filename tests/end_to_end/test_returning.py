"""A returning visitor: the page comes from the browser while it is the server's, and from the server as soon as it is not."""

import http.server
import shutil
import threading

import pytest
from echoes.app import CLIENT
from echoes.web.release import release_of
from pages import window
from playwright.async_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture
def place(tmp_path):
    """A copy of the page behind a plain web server: its folder, its address and the paths that were asked for."""
    folder = tmp_path / "page"
    shutil.copytree(CLIENT, folder)
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=folder)

        def do_GET(self):
            asked.append(self.path)
            if self.path != "/release.json":
                super().do_GET()
                return
            body = release_of(folder)
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()


KEPT = """async (release) => {
    await navigator.serviceWorker.ready;
    for (const end = Date.now() + 20000; ;) {
        const names = await caches.keys(), name = names.find((one) => one.endsWith(release));
        const complete = name && await (await caches.open(name)).match(new URL("complete", location.href).href);
        if (complete && names.length === 1 || Date.now() > end) return complete ? names.length : 0;
        await new Promise((done) => setTimeout(done, 50));
    }
}"""
"""Answers how many releases are kept, once the given one is kept alone and whole. The former one goes after the new one is whole."""


async def test_a_page_is_kept_until_the_server_has_another(browser, place):
    """A return costs a few requests; a new release is shown at its first visit, whole; the former one is not kept beside it."""
    folder, url, asked = place
    names = {path.name for path in folder.glob("*.js")} - {"worker.js"}

    def release():
        return release_of(folder).decode().split('"release":"')[1][:16]

    async with window(browser, url) as page:
        tagline = page.locator(".tagline")
        await expect(page.get_by_test_id("enter")).to_be_visible()
        assert await page.evaluate(KEPT, release()) == 1
        asked.clear()
        await page.reload()
        await expect(page.get_by_test_id("enter")).to_be_visible()
        assert not names & {path[1:] for path in asked}
        assert "/release.json" in asked
        assert len(asked) < 6, asked

        start = folder / "index.html"
        start.write_text(start.read_text(encoding="utf-8").replace("The fire has gone out.", "The fire is back."), encoding="utf-8")
        await page.reload()
        await expect(tagline).to_contain_text("The fire is back.")
        assert await page.evaluate(KEPT, release()) == 1
        asked.clear()
        await page.reload()
        await expect(tagline).to_contain_text("The fire is back.")
        assert not names & {path[1:] for path in asked}
