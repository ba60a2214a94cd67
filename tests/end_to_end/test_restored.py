"""A database that is restored from a backup, under the Redis that was there before: nothing of the lost past is good any more."""

import asyncio
import subprocess
import sys

import httpx
from echoes.storage import embedded
from machines import a_server
from player import Player
from postgres import execute
from redis_server import RedisServer

PASSWORD = "a long password"


def tool(name, *arguments):
    """Run one of PostgreSQL's programs."""
    subprocess.run([embedded.binaries() / name, *arguments], check=True, timeout=60, capture_output=True)


async def ask(server, method, path, headers=None, **body):
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        return await http.request(method, path, headers=headers, json=body or None)


async def sign_in(player):
    """The password again: new tokens for the account and its character."""
    made = await ask(player.server, "POST", "/api/auth/login", username=player.name, password=PASSWORD)
    player.account = {"authorization": f"Bearer {made.json()['access_token']}"}
    made = await ask(player.server, "POST", f"/api/characters/{player.id}/token", player.account)
    player.token = made.json()["access_token"]


async def test_after_a_restore_nothing_of_the_lost_past_is_good(database_url, tmp_path):
    """The tokens of accounts that are gone, sign-ins that were ended, cached grounds, positions in channels."""
    backup = str(tmp_path / "city.dump")
    with RedisServer() as redis, a_server(database_url, redis.url, 1) as server:
        early, out = await Player.join(server), Player(server)
        await out.register()
        tool("pg_dump", "-Fc", "-f", backup, "-d", database_url)

        late = await Player.join(server)
        before = dict(early.positions)
        await late.type(f"whisper {early.name} this will not have been")
        await early.until(lambda: early.heard("this will not have been"))
        (thing,) = await execute(database_url, f"select id, template from items where owner = 'character:{late.id}' order by id limit 1")  # noqa: S608 - a number
        await late.do(type="drop", item_id=thing["id"])
        await early.until(lambda: early.events)
        assert (await ask(server, "POST", "/api/auth/logout_everywhere", out.account)).status_code == 204
        server.stop()
        tool("pg_restore", "--clean", "--if-exists", "-d", database_url, backup)
        server.start()

        other = Player(server)
        await other.register()
        assert other.id == late.id, "ids are used again: else this test shows nothing"
        for gone in (late, out, early):
            answer = await ask(server, "GET", "/api/characters", gone.account)
            assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
            answer = await ask(server, "GET", "/api/game/state", {"authorization": f"Bearer {gone.token}"})
            assert answer.status_code == 401
            await gone.connect()
            assert gone.closed == 4504
        await other.connect()
        assert thing["id"] not in {one["id"] for one in other.welcome["snapshot"]["location"]["items"]}
        await sign_in(early)
        early.positions = before
        await early.connect(resume=True)
        assert early.welcome["recovered"] is False
        await other.type(f"whisper {early.name} this has been")
        await early.until(lambda: early.heard("this has been"))
        assert early.heard("this will not have been") == 1, "nothing of the lost past is sent again"
        await early.disconnect()
        await early.connect(resume=True)
        assert early.welcome["recovered"]


async def test_echoes_restored_ends_every_sign_in_of_a_running_server(database_url):
    """An operator who knows better than the server: a volume that was set back looks like the one before."""
    with RedisServer() as redis, a_server(database_url, redis.url, 2) as server:
        player = await Player.join(server)
        before = await execute(database_url, "select identity, cache_generation from world")
        await asyncio.to_thread(subprocess.run, [sys.executable, "-m", "echoes", "restored"], env=server.environ, check=True, timeout=60)
        await player.until(lambda: player.closed)
        assert player.closed == 4504
        after = await execute(database_url, "select identity, cache_generation from world")
        assert after[0]["identity"] == before[0]["identity"], "the Redis of this database goes on serving it"
        assert after[0]["cache_generation"] > before[0]["cache_generation"]
        await sign_in(player)
        assert await player.connect()
        assert [row["action"] for row in await execute(database_url, "select action from audit")] == ["restored"]


async def test_a_token_fits_one_account_even_where_a_restore_goes_unnoticed(database_url):
    """The account's random part: also of an account that was removed by hand."""
    with RedisServer() as redis, a_server(database_url, redis.url, 1) as server:
        late = Player(server)
        await late.register()
        await execute(database_url, "update accounts set mark = 'another'")  # as another account under this id has it
        for method, path in (("GET", "/api/characters"), ("POST", "/api/auth/refresh"), ("POST", f"/api/characters/{late.id}/token")):
            answer = await ask(server, method, path, late.account)
            assert (answer.status_code, answer.json()["code"]) == (401, "not_authorized")
        assert (await ask(server, "GET", "/api/game/state", {"authorization": f"Bearer {late.token}"})).status_code == 401
        await late.connect()
        assert late.closed == 4503
