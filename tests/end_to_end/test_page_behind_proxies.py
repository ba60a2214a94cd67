"""The page behind nginx: below a path, and behind proxies that spoil the WebSocket, which the page then says."""

import pytest
from fronts import front, program_of
from pages import enter, log_of, sign_up, type_line, window
from playwright.async_api import expect
from postgres import a_database
from server import Server

pytestmark = pytest.mark.browser
HOST = ("proxy_set_header Host $http_host;", "proxy_set_header Host echoes.internal;")
UPGRADE = [("proxy_set_header Upgrade $http_upgrade;", ""), ("proxy_set_header Connection $echoes_connection;", "")]


@pytest.fixture(scope="module", params=["kept", "taken off"])
def below_a_path(request, postgres):
    """Nginx with the game below /game/, which it leaves in what it asks for, or takes off."""
    program_of("nginx")
    with (
        a_database(postgres) as url,
        Server({"ECHOES_DATABASE_URL": url, "ECHOES_BASE_PATH": "/game/"}) as server,
        front("nginx", [server.port] * 2, below="/game/", taken_off=request.param == "taken off") as found,
    ):
        yield found


async def test_people_play_below_a_path(browser, below_a_path, artifacts):
    """Nothing is asked of any address outside of the path: page, styles, modules, pictures, API and WebSocket; and a reload continues."""
    outside: list[str] = []
    async with window(browser, f"{below_a_path.url}/") as page:
        for kind in ("request", "websocket"):
            page.on(kind, lambda one: outside.append(one.url) if "/game/" not in one.url and not one.url.startswith("data:") else None)
        failed: list[str] = []
        page.on("response", lambda response: failed.append(f"{response.status} {response.url}") if response.status >= 400 else None)
        await page.reload()
        await enter(page)
        await type_line(page, "say below")
        await expect(log_of(page)).to_contain_text("You say: “below”")
        await expect(page.locator("#picture")).to_be_visible()
        await page.screenshot(path=artifacts / "below-a-path-1280.png")
        await page.reload()
        await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online")
        assert (outside, failed) == ([], [])


async def test_two_games_of_one_host_do_not_share_their_storage(browser, below_a_path, server):
    """The page's storage keys have its path: a game below another path of the same host is another game."""
    async with window(browser, f"{below_a_path.url}/") as page:
        await page.get_by_test_id("stay").check()
        await enter(page)
        keys = await page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        assert keys
        assert all(key.startswith("/game/:echoes.") for key in keys), keys


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [([HOST], "does not know its address"), (UPGRADE, "WebSocket does not get through"), ([HOST, *UPGRADE], "does not know its address")],
    ids=["another Host", "no WebSockets", "both"],
)
async def test_a_proxy_that_spoils_the_websocket_is_named(browser, server, artifacts, spoilt, said):
    """Not "Next try" for ever: the page names the obstacle and keeps trying, and plays by itself once an operator has corrected the proxy."""
    with front("nginx", [server.port] * 2, spoilt=spoilt) as found:
        async with window(browser, found.url, 360, 740, expected=("status of 403",)) as page:
            await sign_up(page)
            await expect(page.get_by_test_id("overlay")).to_contain_text(said, timeout=20_000)
            await expect(page.get_by_test_id("overlay").locator(".why")).not_to_be_empty()
            await expect(page.get_by_test_id("try-now")).to_be_visible()
            await page.screenshot(path=artifacts / f"spoilt-{len(spoilt)}-360.png")
            found.mend()
            await expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "online", timeout=60_000)
            await expect(page.get_by_test_id("overlay")).to_be_hidden()
            assert await page.evaluate("echoes.connection.trouble") is None
            await type_line(page, "say through at last")
            await expect(log_of(page)).to_contain_text("You say: “through at last”")
