"""Requests without a token: what they cost PostgreSQL, and whom a full queue costs a try. Over the application itself, without a socket."""

import asyncio
import contextlib

import httpx
import pytest
from argon2 import PasswordHasher
from cluster import app_of, cluster
from echoes.web.login_throttle import OFTEN
from echoes.web.passwords import AT_ONCE, QUEUE, Passwords
from postgres import execute

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
PASSWORD, WRONG = "a long password", "a wrong guess"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
async def context(database_url, tmp_path, monkeypatch):
    monkeypatch.setattr("echoes.app.Passwords", lambda: Passwords(CHEAP))
    limits = {"address_attempts": 6, "address_attempts_per_minute": 0.001, "accounts_per_address": 3, "characters_per_address": 2}
    async with cluster(database_url, tmp_path, **limits) as (context,):
        yield context


@pytest.fixture
async def ask(context):
    """POST something from an address; answers the response."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app_of(context)), base_url="http://here") as http:

        async def ask(path, address="192.0.2.1", token="", **body):
            headers = {"x-forwarded-for": address} | ({"authorization": f"Bearer {token}"} if token else {})
            return await http.post(f"/api/{path}", json=body, headers=headers)

        yield ask


def login(ask, username, address="192.0.2.1", password=WRONG):
    return ask("auth/login", address, username=username, password=password)


def code(answer):
    return answer.status_code, answer.json().get("code")


async def rows(url):
    (row,) = await execute(url, "select count(*), max(xmin::text::bigint) as newest from attempts")
    return tuple(row)


async def test_a_refused_address_writes_nothing(context, ask, database_url):
    """A thousand made-up names after the sixth: no row, none changed, and PostgreSQL is asked once for all of them."""
    for number in range(6):
        assert code(await login(ask, f"nobody{number}")) == (401, "wrong_password")
    assert code(await login(ask, "one-more")) == (429, "too_many_attempts")
    before, asked = await rows(database_url), context.database.queries.copy()
    for number in range(1000):
        answer = await login(ask, f"made-up-{number}")
        assert code(answer) == (429, "too_many_attempts")
    assert int(answer.headers["retry-after"]) > 1
    assert await rows(database_url) == before
    assert not (context.database.queries - asked).keys() & {"attempt.count", "account.find"}


async def test_another_worker_that_knows_nothing_writes_nothing_either(context, ask, database_url):
    """A refusal that one worker remembers, the next one learns from PostgreSQL, by a statement that changes no row."""
    for number in range(6):
        await login(ask, f"nobody{number}")
    before = await rows(database_url)
    for number in range(20):
        context.login_throttle._refused._until.clear()
        assert code(await login(ask, f"made-up-{number}")) == (429, "too_many_attempts")
    assert await rows(database_url) == before


async def test_a_client_that_must_wait_with_one_account_writes_nothing(context, ask, database_url):
    """Neither for the account nor for its address."""
    answers = [code(await login(ask, "mara"))[0] for _ in range(6)]
    assert answers == [401] * 5 + [429]
    before = await rows(database_url)
    for _ in range(20):
        context.login_throttle._refused._until.clear()
        assert code(await login(ask, "mara")) == (429, "too_many_attempts")
    assert await rows(database_url) == before
    assert code(await login(ask, "tomas")) == (401, "wrong_password")


async def test_a_full_queue_rejects_a_sign_in_without_counting_it(context, ask, database_url):
    """The answer is 503 with a time to retry; afterwards all tries are left."""
    assert code(await ask("auth/register", username="mara", password=PASSWORD))[0] == 201
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(AT_ONCE):
            await stack.enter_async_context(context.passwords.turn("busy"))
        crowd = [asyncio.create_task(login(ask, "somebody", f"198.51.100.{number}")) for number in range(QUEUE)]
        while context.passwords._queue.waiting < QUEUE:
            await asyncio.sleep(0)
        before, asked = await rows(database_url), context.database.queries.copy()
        for password in (PASSWORD, WRONG) * 6:
            answer = await login(ask, "mara", password=password)
            assert code(answer) == (503, "full")
            assert int(answer.headers["retry-after"]) >= 1
        assert await rows(database_url) == before
        assert not (context.database.queries - asked).keys() & {"attempt.count", "account.find"}, "strangers' queries wait for a turn, too"
    assert {code(await one) for one in crowd} == {(401, "wrong_password")}
    assert (await login(ask, "mara", password=PASSWORD)).status_code == 200


async def test_right_passwords_are_bounded_as_well(context, ask):
    """By account and address together, so that a stranger cannot keep the owner out of an account."""
    assert code(await ask("auth/register", username="mara", password=PASSWORD))[0] == 201
    answers = [(await login(ask, "mara", password=PASSWORD)).status_code for _ in range(OFTEN + 1)]
    assert answers == [200] * OFTEN + [429]
    assert (await login(ask, "mara", "192.0.2.2", PASSWORD)).status_code == 200


async def test_an_address_makes_so_many_accounts_a_day(ask, database_url):
    """A username that is taken is not one of them, and neither is what another address makes."""
    for number in range(3):
        assert (await ask("auth/register", username=f"mara{number}", password=PASSWORD)).status_code == 201
        if not number:
            assert code(await ask("auth/register", username="mara0", password=PASSWORD)) == (409, "username_taken")
    refused = await ask("auth/register", username="mara3", password=PASSWORD)
    assert code(refused) == (429, "too_many_made")
    assert 3600 < int(refused.headers["retry-after"]) <= 86_400 / 3
    assert "minutes" in refused.json()["hint"]
    assert (await ask("auth/register", "192.0.2.2", username="mara3", password=PASSWORD)).status_code == 201
    assert len(await execute(database_url, "select from accounts")) == 4


async def test_an_address_makes_so_many_characters_a_day(ask, database_url):
    """For all its accounts together; a name that is taken is not counted."""
    tokens = [
        (await ask("auth/register", username=name, password=PASSWORD)).json()["access_token"] for name in ("one", "two")
    ]  # fmt: skip
    assert (await ask("characters", token=tokens[0], name="Mara")).status_code == 201
    assert code(await ask("characters", token=tokens[1], name="Mara")) == (409, "name_taken")
    assert (await ask("characters", token=tokens[1], name="Tomas")).status_code == 201
    assert code(await ask("characters", token=tokens[0], name="Ilse")) == (429, "too_many_made")
    assert (await ask("characters", "192.0.2.2", token=tokens[0], name="Ilse")).status_code == 201
    assert len(await execute(database_url, "select from characters")) == 3
