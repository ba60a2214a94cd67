"""The page in a real Firefox and in WebKit, the engine of Safari, as a person plays it."""

import contextlib

import pytest
from engines import PROGRAMS, engine, person
from player import Player, a_name
from proxy import Proxy

pytestmark = pytest.mark.browser


@contextlib.asynccontextmanager
async def newcomer(address, url):
    """A player who has signed up and is in the game."""
    async with person(address) as one:
        await one.driver.go(url)
        await one.driver.resize(1280, 860)
        await one.write("username", a_name())
        await one.write("password", "pass words")
        await one.click("enter")
        await one.online()
        await one.reads("location-name", "The Kiln Yard")
        yield one


@pytest.mark.parametrize("kind", list(PROGRAMS))
async def test_a_person_plays(kind, server, artifacts):
    """Sign up, look, speak and read others, reload, continue in a small window, walk; nothing is lost or doubled when the connection breaks."""
    with engine(kind) as address:
        async with Proxy(server.port) as proxy, newcomer(address, proxy.url) as one:
            await one.line("l")
            other = await Player.join(server)
            await one.reads("log", f"{other.name} wakes")
            await one.line("say hi")
            await other.until(lambda: other.heard("hi"))
            await other.type("say over here")
            await one.reads("log", f"{other.name} says: “over here”")
            (artifacts / f"{kind}-1280.png").write_bytes(await one.driver.picture())

            await one.driver.reload()
            await one.online()
            await one.driver.resize(360, 740)
            proxy.closed = True
            proxy.cut()
            await one.until("document.querySelector('[data-testid=overlay]').getClientRects().length")
            await one.line("say back")
            await other.type("say while you were gone")
            proxy.closed = False
            await one.online()
            await one.reads("log", f"{other.name} says: “while you were gone”")
            await one.reads("log", "You say: “back”")
            await other.until(lambda: other.heard("back"))
            story = await one.text("log")
            assert [story.count(f"“{text}”") for text in ("hi", "over here", "while you were gone", "back")] == [1] * 4, story

            await one.click("exit-north")
            await one.reads("location-name", "The Burnt Market")
            (artifacts / f"{kind}-360.png").write_bytes(await one.driver.picture())
            assert await one.driver.run("document.documentElement.scrollWidth <= window.innerWidth")
            assert await one.driver.run("document.querySelector('[data-testid=failed]').hidden")
            refused = ("WebSocket", "establish a connection", proxy.url.removeprefix("http://"))
            assert not [text for text in one.driver.complaints if not any(word in text for word in refused)], one.driver.complaints
