"""Passwords, tokens, and the end of them: on one worker, and on two that share nothing but PostgreSQL and Redis."""

import asyncio
import signal
import time

import httpx
import jwt
import pytest
from echoes.storage import database, login_attempts
from echoes.storage.retention import Retention, rules
from machines import a_server
from player import Player, a_name
from postgres import a_database, execute
from redis_server import RedisServer
from server import Server, tracebacks

PASSWORD = "a long password"
HASTE = {
    "ECHOES_LOGIN_TRIES": "3",
    "ECHOES_LOGIN_LONGEST_WAIT": "2",
    "ECHOES_ADDRESS_ATTEMPTS": "6",
    "ECHOES_ADDRESS_ATTEMPTS_PER_MINUTE": "1",
}


@pytest.fixture(scope="module")
def hasty(postgres):
    """A server whose waits are short."""
    with a_database(postgres) as url, Server({"ECHOES_DATABASE_URL": url, **HASTE}) as running:
        yield running


@pytest.fixture(scope="module")
def two_workers(postgres):
    """Two workers over Redis."""
    with (
        a_database(postgres) as url,
        RedisServer() as redis,
        a_server(url, redis.url, 2, ECHOES_LOGIN_TRIES="3", ECHOES_LOGIN_LONGEST_WAIT="60") as running,
    ):
        yield running


def browser(server, token="", address=""):
    """A client with an account's token, behind a proxy that says where it is."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(base_url=server.url, headers=headers | ({"x-forwarded-for": address} if address else {}), timeout=30)


async def asked(server, path, token="", address="", **body):
    """One request, on a connection of its own: any worker may answer."""
    async with browser(server, token, address) as http:
        return await http.post(f"/api/auth/{path}", json=body or None)


async def login(server, player, password=PASSWORD, address=""):
    return await asked(server, "login", address=address, username=player.name, password=password)


def token_of(player):
    return player.account["authorization"].removeprefix("Bearer ")


async def listed(server, token):
    async with browser(server, token) as http:
        return await http.get("/api/characters")


# ── ending sign-ins ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_logging_out_everywhere_ends_every_sign_in(server):
    """Tokens of both kinds and connections; those of other accounts stay, and the password still signs in."""
    mara, tomas = await Player.join(server), await Player.join(server)
    elsewhere = (await login(server, mara)).json()["access_token"]
    assert (await asked(server, "logout_everywhere", elsewhere)).status_code == 204
    await mara.until(lambda: mara.closed, within=5)
    assert mara.closed == 4504
    for token in (elsewhere, token_of(mara)):
        refused = await listed(server, token)
        assert (refused.status_code, refused.json()["code"]) == (401, "token_expired")
    assert (await asked(server, "refresh", elsewhere)).status_code == 401
    async with browser(server, mara.token) as http:
        assert (await http.get("/api/game/state")).status_code == 401
    await mara.connect()
    assert mara.closed == 4504
    assert (await tomas.type("look"))["ok"]
    assert (await listed(server, (await login(server, mara)).json()["access_token"])).status_code == 200


async def test_a_new_password_ends_every_other_sign_in(server):
    """The session that changed it stays, with the token that it got; the old password is wrong from now on."""
    mara = await Player.join(server)
    wrong = await asked(server, "password", token_of(mara), password="not my password", new_password="another password")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_password")
    assert mara.closed is None
    changed = await asked(server, "password", token_of(mara), password=PASSWORD, new_password="another password")
    assert changed.status_code == 200
    await mara.until(lambda: mara.closed, within=5)
    assert mara.closed == 4504
    assert (await listed(server, token_of(mara))).status_code == 401
    assert (await listed(server, changed.json()["access_token"])).status_code == 200
    assert (await login(server, mara)).status_code == 401
    assert (await login(server, mara, "another password")).status_code == 200


async def test_a_sign_in_can_be_refreshed_without_the_password(server):
    """The fresh token is as good as the old one, and ends with it."""
    mara = await Player.join(server)
    fresh = (await asked(server, "refresh", token_of(mara))).json()["access_token"]
    assert fresh != token_of(mara)
    assert (await listed(server, fresh)).status_code == 200
    assert (await asked(server, "refresh", mara.token)).status_code == 401, "a token for playing is no account's"
    assert (await asked(server, "logout_everywhere", token_of(mara))).status_code == 204
    assert (await listed(server, fresh)).status_code == 401


async def test_weeks_after_the_password_was_given_it_is_asked_for_again(database_url):
    """A stolen token cannot be refreshed for ever."""
    with Server({"ECHOES_DATABASE_URL": database_url, "ECHOES_SIGN_IN_DAYS": "0.00002"}) as server:
        mara = await Player.join(server)
        since = jwt.decode(token_of(mara), options={"verify_signature": False})["auth_time"]
        await asyncio.sleep(max(0.0, since + 2 - time.time()))
        refused = await asked(server, "refresh", token_of(mara))
        assert (refused.status_code, refused.json()["code"]) == (401, "token_expired")


async def test_an_ended_session_stays_ended_over_a_restart(database_url):
    """It is in PostgreSQL, and a worker loads it before it checks its first token."""
    with Server({"ECHOES_DATABASE_URL": database_url}) as server:
        mara = await Player.join(server)
        assert (await asked(server, "logout_everywhere", token_of(mara))).status_code == 204
        server.kill()
        server.start()
        assert (await listed(server, token_of(mara))).status_code == 401


async def test_every_worker_ends_them(two_workers):
    """After a request to any worker: connections of all workers close within seconds, and every worker refuses the tokens."""
    mara = await Player.join(two_workers)
    players = [Player(two_workers) for _ in range(4)]
    for one in players:  # four more characters of the same account, each on some worker
        async with browser(two_workers, token_of(mara)) as http:
            one.id = (await http.post("/api/characters", json={"name": one.name})).json()["id"]
            one.token = (await http.post(f"/api/characters/{one.id}/token")).json()["access_token"]
    workers: set[str] = set()
    async with asyncio.timeout(20):
        while len(workers) < 2:  # the kernel spreads them
            for one in players:
                await one.disconnect()
            workers = {(await one.connect())["worker_id"] for one in players}
    assert (await asked(two_workers, "logout_everywhere", token_of(mara))).status_code == 204
    for one in (mara, *players):
        await one.until(lambda one=one: one.closed, within=5)
        assert one.closed == 4504
    await asyncio.sleep(1.5)  # nothing says that the other worker has polled, had no connection ended there
    assert {(await listed(two_workers, token_of(mara))).status_code for _ in range(12)} == {401}


async def test_a_character_that_is_gone_is_played_no_longer(server):
    """Removed by an operator while it is played: the command is refused, the connection ends (4503), and so does every later one."""
    mara = await Player.join(server)
    for table, column in (("equipment", "character_id"), ("commands", "character_id"), ("characters", "id")):
        await execute(server.database_url, f"delete from {table} where {column} = {mara.id}")  # noqa: S608 - the test's own
    assert (await mara.type("rest"))["error"]["code"] == "no_character"
    await mara.until(lambda: mara.closed)
    assert mara.closed == 4503
    await mara.connect()
    assert mara.closed == 4503


# ── guessing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_guesser_waits_and_the_owner_does_not(hasty):
    """After three wrong passwords from one address the right one is not checked there; from another address it is."""
    mara = await Player.join(hasty)
    assert [(await login(hasty, mara, "a wrong guess", "192.0.2.1")).status_code for _ in range(3)] == [401] * 3
    refused = await login(hasty, mara, PASSWORD, "192.0.2.1")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
    assert refused.headers["retry-after"] in {"1", "2"}
    assert f"Wait {refused.headers['retry-after']} seconds" in refused.json()["hint"]
    assert (await login(hasty, mara, PASSWORD, "192.0.2.2")).status_code == 200
    await asyncio.sleep(2.1)
    assert (await login(hasty, mara, PASSWORD, "192.0.2.1")).status_code == 200
    assert [(await login(hasty, mara, "a wrong guess", "192.0.2.1")).status_code for _ in range(3)] == [401] * 3, "it was forgotten"


async def test_guesses_at_once_are_counted_one_by_one(hasty):
    """Twenty at the same moment are three that are looked at."""
    mara = await Player.join(hasty)
    answers = await asyncio.gather(*(login(hasty, mara, "a wrong guess") for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [401] * 3 + [429] * 17


async def test_an_account_that_is_not_there_makes_wait_as_well(hasty):
    """The wait does not reveal which usernames exist."""
    nobody = a_name()
    answers = [await asked(hasty, "login", username=nobody, password="a wrong guess") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]


async def test_one_address_may_not_try_many_accounts(hasty):
    """Half a dozen accounts in a row; other addresses are not affected, and neither are successes of the same address."""
    answers = [await asked(hasty, "login", address="198.51.100.7", username=a_name(), password="123456789") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 6 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert (await asked(hasty, "login", address="198.51.100.8", username=a_name(), password="123456789")).status_code == 401
    mara = await Player.join(hasty)
    assert [(await login(hasty, mara, address="198.51.100.9")).status_code for _ in range(8)] == [200] * 8


async def test_guesses_during_the_wait_use_up_no_tries(hasty):
    """Guesses during the wait do not extend the wait of others behind the same address."""
    mara, tomas = await Player.join(hasty), await Player.join(hasty)
    answers = [(await login(hasty, mara, "a wrong guess", "198.51.100.20")).status_code for _ in range(10)]
    assert 429 in answers
    assert (await login(hasty, tomas, address="198.51.100.20")).status_code == 200


async def test_an_ipv6_network_is_one_address(hasty):
    """A client with 2^64 addresses counts as one."""
    answers = [
        await asked(hasty, "login", address=f"2001:db8:0:1::{number:x}", username=a_name(), password="123456789") for number in range(1, 8)
    ]
    assert [answer.status_code for answer in answers] == [401] * 6 + [429]


async def test_accounts_are_not_made_by_the_hundred(hasty):
    """Registering has a limit of the same kind."""
    made = [await asked(hasty, "register", address="203.0.113.5", username=a_name(), password=PASSWORD) for _ in range(7)]
    assert [answer.status_code for answer in made] == [201] * 6 + [429]


async def test_guesses_are_counted_over_all_workers(two_workers):
    """Twelve connections, two workers, three guesses."""
    mara = await Player.join(two_workers)

    async def guess():
        return (await login(two_workers, mara, "a wrong guess", "192.0.2.77")).status_code

    assert [await guess() for _ in range(3)] == [401] * 3
    waits = await execute(two_workers.database_url, "update attempts set until = until + 600 where until > 0 returning key")
    assert len(waits) == 1, "the third one began the wait, which lasts longer now than this test"
    assert [await guess() for _ in range(9)] == [429] * 9


async def test_changing_the_password_is_no_way_round_it(hasty):
    """A stolen token cannot guess the password."""
    mara = await Player.join(hasty)
    answers = [await asked(hasty, "password", token_of(mara), password="a wrong guess", new_password="another password") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]


async def test_sign_ins_at_once_never_wait_for_each_other(attempts_at):
    """Many of one account at one address, and of one address with many accounts: each is counted and forgiven, and none is a deadlock."""
    limits = login_attempts.Limits(1000, 60.0, 1000, 1.0)

    async def sign_in(number):
        pair = f"account:{number % 3}@192.0.2.1"
        assert (await login_attempts.attempt(attempts_at, pair, "sign_in:192.0.2.1", limits)).seconds == 0
        await login_attempts.succeeded(attempts_at, pair, "sign_in:192.0.2.1")

    await asyncio.gather(*(sign_in(number) for number in range(300)))
    (left,) = await attempts_at.rows("test", "select key, level from attempts")
    assert (left["key"], left["level"] < 1) == ("sign_in:192.0.2.1", True)


async def test_expired_attempts_are_deleted(attempts_at, database_url):
    """The table of attempts does not grow for ever."""
    limits = login_attempts.Limits(3, 60.0, 100, 1.0)
    assert (await login_attempts.attempt(attempts_at, "account:mara@192.0.2.1", "sign_in:192.0.2.1", limits)).seconds == 0
    await execute(database_url, "update attempts set at = at - 90000")
    await Retention(attempts_at, rules(silent=0, ledger_days=0, audit_days=0)).turn()
    assert await execute(database_url, "select from attempts") == []


@pytest.fixture
async def attempts_at(database_url):
    """A database with its schema, without a server."""
    async with database.connect(database_url, pool=10, timeout=10) as opened:
        yield opened


# ── another secret ───────────────────────────────────────────────────────────────────────────────────────────────────


FORMER, CURRENT = "one secret, long enough to be one", "another secret, as long as the one"


@pytest.fixture
def secret_file(tmp_path):
    return tmp_path / "secret"


@pytest.fixture
def with_files(postgres, tmp_path, secret_file):
    """A supervisor whose secrets are in files."""
    secret_file.write_text(FORMER)
    (tmp_path / "previous").write_text(FORMER)
    files = {"ECHOES_SECRET_FILE": str(secret_file), "ECHOES_SECRET_PREVIOUS_FILE": str(tmp_path / "previous")}
    with a_database(postgres) as url, RedisServer() as redis, a_server(url, redis.url, 1, ECHOES_SECRET="", **files) as server:
        yield server


async def test_the_secret_is_changed_while_people_play(with_files, secret_file):
    """SIGHUP reads the files again: connected players continue with a token of the former secret, which a refresh exchanges."""
    server, mara = with_files, await Player.join(with_files)
    old, workers = token_of(mara), with_files.workers()
    secret_file.write_text(f"{CURRENT}\n")
    server.signal(signal.SIGHUP)
    async with asyncio.timeout(30):
        while not server.workers() or set(server.workers()) & set(workers):
            await asyncio.sleep(0.05)
    assert any("workers.rolling" in line and "stop the server and start it again" in line for line in server.output)
    welcome = await mara.connect(resume=True)
    assert welcome["snapshot"]["you"]["name"] == mara.name
    fresh = (await asked(server, "refresh", old)).json()["access_token"]
    assert jwt.decode(fresh, CURRENT, ["HS256"], audience="account")["sub"] == jwt.decode(old, FORMER, ["HS256"], audience="account")["sub"]
    for token in (old, fresh):
        assert (await listed(server, token)).status_code == 200


async def test_sign_ins_that_wait_while_a_server_drains_are_asked_to_come_again(database_url):
    """Each is answered, as done or as unavailable; none is broken off, and none gets 500."""
    with Server({"ECHOES_DATABASE_URL": database_url, "ECHOES_DRAIN_SECONDS": "2"}) as running:
        player = await Player.join(running)
        many = [asyncio.create_task(login(running, player, address=f"203.0.113.{number}")) for number in range(60)]
        await asyncio.wait(many, return_when=asyncio.FIRST_COMPLETED)
        running.stop()
        answers = [one.result() for one in await asyncio.gather(*(asyncio.wait([task]) for task in many)) for one in one[0]]
        statuses = {one.status_code for one in answers}
        assert statuses == {200, 503}
        assert all(int(one.headers["retry-after"]) >= 1 for one in answers if one.status_code == 503)
        assert not tracebacks(running.output)
