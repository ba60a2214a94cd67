"""The example for plugin authors on real workers: what an extension brings reaches players, and the server starts without it afterwards."""

import asyncio
import signal
import subprocess
import sys

import httpx
import pytest
from distributions import install_example
from machines import a_server
from pages import enter, log_of, type_line, window
from player import Player
from playwright.async_api import expect
from postgres import execute
from redis_server import RedisServer, needs_redis


@pytest.fixture(scope="module")
def redis():
    needs_redis()
    with RedisServer() as server:
        yield server


@pytest.fixture
def server(database_url, redis, tmp_path):
    """Two workers with the example installed."""
    install_example(tmp_path)
    tmp_path.chmod(0o755)
    with a_server(database_url, redis.url, 2, ECHOES_REDIS_PREFIX=f"{tmp_path.name}:", PYTHONPATH=str(tmp_path)) as running:
        yield running


def echoes(server, *arguments, installed=True):
    """Run the command line with the server's settings, with the example or without it; answers the exit code and the output."""
    environ = {key: value for key, value in server.environ.items() if installed or key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-m", "echoes", *arguments], env=environ | {"COLUMNS": "300"}, cwd=server.folder, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def version(server):
    """The content that a worker plays by."""
    return httpx.get(f"{server.url}/health/ready").json()["content"]


async def test_routes_of_an_extension_are_served(server):
    """By every worker, with the server's headers, and in the schema."""
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.get("/x/deaths/of/7")
        assert answer.json() == {"character_id": 7, "deaths": 0}
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert (await http.get("/x/deaths/of/0")).json()["code"] == "no_character"
        assert "/x/deaths/of/{character_id}" in (await http.get("/schema/openapi.json")).json()["paths"]


async def test_tables_of_an_extension_count_each_death_once(server, database_url):
    """Two observers read the facts, one on each worker; the count is the same everywhere, and outlives the extension."""
    async with asyncio.timeout(30):  # an observer sees what happens after it first looked
        while not await execute(database_url, "select from observers where name = 'example.deaths'"):
            await asyncio.sleep(0.05)
    died = "insert into facts (type, character_id) select 'died', 7 from generate_series(1, 3)"
    await execute(database_url, died)
    async with httpx.AsyncClient(base_url=server.url) as http, asyncio.timeout(30):
        while (await http.get("/x/deaths/of/7")).json()["deaths"] < 3:
            await asyncio.sleep(0.05)
    await execute(database_url, died)
    async with httpx.AsyncClient(base_url=server.url) as http, asyncio.timeout(30):
        while (found := (await http.get("/x/deaths/of/7")).json()["deaths"]) < 6:
            await asyncio.sleep(0.05)
    assert found == 6
    assert "x:deaths:number:{id}" in echoes(server, "cache", "kinds")[1]
    code, said = echoes(server, "cache", "invalidate", "deaths.number", "7")
    assert (code, "x:deaths:number:7" in said) == (0, True)
    assert "nothing to apply" in echoes(server, "migrate", "up")[1]
    server.stop()
    del server.environ["PYTHONPATH"]
    server.start()
    assert [tuple(row) for row in await execute(database_url, "select character_id, number from x_deaths.deaths")] == [(7, 6)]
    async with httpx.AsyncClient(base_url=server.url) as http:
        assert (await http.get("/x/deaths/of/7")).status_code == 404


@pytest.mark.browser
async def test_a_panel_of_an_extension_is_part_of_the_page(server, browser, database_url):
    """With its style, within the content policy, and with what it asks the server for; a panel that fails is left out, and the page plays on."""

    async def with_a_broken_one(route):
        answer = await route.fetch()
        broken = [{"extension": name, "title": "Broken", "script": f"x/{name}/page/a.js", "style": ""} for name in ("throws", "missing")]
        await route.fulfill(response=answer, json=[*broken, *await answer.json()])

    async with window(browser, server.url, expected=("404",)) as page:
        await page.route("**/x/panels.json", with_a_broken_one)
        await page.route(
            "**/x/throws/page/a.js", lambda route: route.fulfill(body="throw new Error('by the panel')", content_type="text/javascript")
        )
        name = await enter(page)
        panel = page.get_by_test_id("x-deaths")
        await expect(panel).to_contain_text("0 times.")
        await expect(page.locator(".deaths-number")).to_have_css("font-style", "italic")
        await expect(page.locator(".extension")).to_have_count(1)
        await execute(database_url, f"insert into facts (type, character_id) select 'died', id from characters where name = '{name}'")  # noqa: S608 - a test's name
        async with asyncio.timeout(30):
            while not await execute(database_url, "select from x_deaths.deaths"):
                await asyncio.sleep(0.05)
        await panel.get_by_role("button").click()
        await expect(panel).to_contain_text("Once.")
        await type_line(page, "look")
        await expect(log_of(page)).to_contain_text("look")


async def test_content_of_an_extension_is_part_of_the_city(server):
    """Players walk there and take what lies there; the check, a push and the workers of a roll see it; removing it is refused while it is used."""
    mara = await Player.join(server)
    assert (await mara.type("up"))["ok"]
    assert (await mara.type("look"))["data"]["location"]["id"] == "ash_loft"
    assert (await mara.type("get jar"))["ok"]
    async with httpx.AsyncClient(base_url=server.url) as http:
        assert (await http.get("/images/locations/ash_loft.svg")).headers["content-type"] == "image/svg+xml"

    before = version(server)
    assert before in echoes(server, "check")[1]
    assert "in force already" in echoes(server, "gamedata", "push", "--yes")[1]
    code, said = echoes(server, "gamedata", "push", "--yes", installed=False)
    assert code == 1
    assert "location ash_loft: characters that are there: 1" in said
    assert "item jar_of_ash: things of this kind: 1" in said

    former = server.workers()
    server.signal(signal.SIGHUP)
    async with asyncio.timeout(60):
        while len(workers := server.workers()) != 2 or set(workers) & set(former):
            await asyncio.sleep(0.05)
    await mara.connect(resume=True)
    assert version(server) == before
    assert mara.welcome["snapshot"]["location"]["id"] == "ash_loft"

    await mara.disconnect()
    server.stop()
    del server.environ["PYTHONPATH"]
    server.start()
    await mara.connect()
    assert mara.welcome["snapshot"]["location"]["id"] == "kiln_yard"
    assert (await mara.type("inventory"))["ok"]
