"""Rows that a request depends on and that are gone: removed by an operator's SQL, or since they were never played. A refusal, never a 500."""

import httpx
import pytest
from argon2 import PasswordHasher
from cluster import app_of, cluster, someone
from echoes.web.passwords import Passwords
from postgres import execute

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
PASSWORD = "a long password"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
WITHOUT_ACCOUNT = [
    ("GET", "characters", None), ("POST", "characters", {"name": "Ilse"}), ("POST", "characters/1/token", None), ("POST", "auth/refresh", None),
    ("POST", "auth/logout_everywhere", None), ("POST", "auth/password", {"password": PASSWORD, "new_password": PASSWORD}),
]  # fmt: skip
WITHOUT_CHARACTER = [
    ("GET", "game/state", None), ("GET", "game/profile", None), ("GET", "game/inventory", None), ("POST", "game/move", {"direction": "north"}),
    *(("POST", "game/command", {"type": "line", "text": line}) for line in ("look", "say hello", "rest", "drop bread", "i", "who")),
]  # fmt: skip


@pytest.fixture
async def context(database_url, tmp_path, monkeypatch):
    monkeypatch.setattr("echoes.app.Passwords", lambda: Passwords(CHEAP))
    async with cluster(database_url, tmp_path) as (context,):
        yield context


@pytest.fixture
async def ask(context):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app_of(context)), base_url="http://here") as http:

        async def ask(method, path, body, token=""):
            return await http.request(method, f"/api/{path}", json=body, headers={"authorization": f"Bearer {token}"})

        yield ask


async def remove_character(url, character_id):
    for table, column, value in (
        ("equipment", "character_id", character_id), ("items", "owner", f"'character:{character_id}'"),
        ("commands", "character_id", character_id), ("characters", "id", character_id),
    ):  # fmt: skip
        await execute(url, f"delete from {table} where {column} = {value}")  # noqa: S608 - the test's own


async def test_an_account_that_is_gone_is_signed_in_no_longer(ask, database_url):
    """Every request with its token is refused; signing in fails as with any wrong password."""
    token = (await ask("POST", "auth/register", {"username": "mara", "password": PASSWORD})).json()["access_token"]
    assert (await ask("GET", "characters", None, token)).json() == []
    await execute(database_url, "delete from accounts")
    for request in WITHOUT_ACCOUNT:
        answer = await ask(*request, token)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authorized"), request
    answer = await ask("POST", "auth/login", {"username": "mara", "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_password")


async def test_a_character_that_is_gone_is_not_found(context, ask, database_url):
    """With a token that is still good."""
    mara = await someone(context)
    token = context.tokens.sign("play", mara.id, account=1)
    session = await context.facilities.sessions.read(mara.id)
    await context.facilities.sessions.close(mara.id, session.epoch)
    await remove_character(database_url, mara.id)
    for request in WITHOUT_CHARACTER:
        answer = await ask(*request, token)
        assert answer.status_code != 500, request
        if request[0] == "POST":
            assert (answer.status_code, answer.json()["code"]) == (404, "no_character"), request


@pytest.mark.parametrize("line", ["rest", "drop bread", "north", "unequip coat"])
async def test_a_command_finds_that_its_character_is_gone(context, database_url, line):
    """The worker's copy of the row says otherwise; PostgreSQL has the last word, and the session is over."""
    mara = await someone(context)
    await mara.type("i")
    await remove_character(database_url, mara.id)
    reply = await mara.type(line)
    assert reply["error"]["code"] in {"no_character", "not_worn"}
    assert mara.actor.gone == (reply["error"]["code"] == "no_character")


async def test_things_that_are_gone_are_not_there(context, database_url):
    """An item, a worn thing, a record of a search, a recorded command: each is decided on the current rows."""
    mara = await someone(context)
    await mara.type("i")
    await mara.type("rest")
    for table in ("equipment", "items", "searches", "commands"):
        await execute(database_url, f"delete from {table}")  # noqa: S608 - the test's own
    codes = {
        (await mara.type(line)).get("error", {}).get("code") for line in ("drop bread", "eat bread", "wear bread", "give bread to Mara")
    }
    assert codes <= {"not_carried", "not_here"}
    assert (await mara.type("north"))["ok"]
