"""Roles, the second factor, sign-ins that end, and the token for scripts."""

import asyncio
import contextlib
import json
import time

import httpx
import pytest
from click.testing import CliRunner
from cluster import cluster
from echoes.app import create_app
from echoes.cli import main
from echoes.errors import ConfigurationError, Refused
from echoes.ops.acting import Operator, acting
from echoes.ops.second_factor import step_of
from echoes.settings import read
from echoes.storage import accounts, database, operators
from echoes.storage.audit import Act
from operating import BECAUSE, PASSWORD, SCRIPT, Api, code_of, refused

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
ACT = Act("test", "test", "a test asks for it")


def echoes(url, *words, **environ):
    """A command line of an operator: its exit code and what it prints."""
    done = CliRunner().invoke(main, words, env={"ECHOES_DATABASE_URL": url, **environ})
    return done.exit_code, done.output


def test_the_command_line_gives_shows_and_takes_roles(database_url):
    """The second factor is printed once, and again only when a new one is asked for; each change has an entry with account and reason."""
    asyncio.run(_an_account(database_url, "Mara"))
    assert "there is no account 'nobody'" in echoes(database_url, "ops", "grant", "nobody", "admin", "--reason", "the first")[1]
    code, shown = echoes(database_url, "ops", "grant", "MARA", "viewer", "--reason", "the first <b>one</b>")
    assert (code, "Mara is viewer now" in shown, "otpauth://totp/" in shown) == (0, True, True)
    assert "otpauth" not in echoes(database_url, "ops", "grant", "mara", "admin", "--reason", "more")[1]
    assert "otpauth" in echoes(database_url, "ops", "grant", "mara", "admin", "--renew", "--reason", "a lost phone")[1]
    assert "admin      Mara" in echoes(database_url, "ops", "operators")[1]
    assert echoes(database_url, "ops", "revoke", "mara", "--reason", "has left") == (0, "mara has no role any more\n")
    assert "has no role" in echoes(database_url, "ops", "revoke", "mara", "--reason", "again")[1]
    assert "no operators" in echoes(database_url, "ops", "operators")[1]
    assert echoes(database_url, "ops", "grant", "mara", "admin")[0] == 2, "a reason is asked for"
    assert echoes(database_url, "ops", "grant", "mara", "admin", "--reason", " ")[0] == 1
    lines = echoes(database_url, "audit")[1].splitlines()
    assert [line.partition("because: ")[2] for line in lines] == ["has left", "a lost phone", "more", "the first <b>one</b>"]
    assert all("  account 1  " in line and "@" in line for line in lines)


async def _an_account(url, name):
    async with database.connect(url, pool=2, timeout=10) as opened:
        await accounts.create_account(opened, name, name.casefold(), "hash")


async def test_an_operator_signs_in_with_password_and_code(api):
    """The token is good for requests; the sign-in is in the audit log."""
    name, account_id, secret = await api.operator("viewer")
    answer = await api.sign_in(name, code_of(secret))
    assert (answer.status_code, answer.json()["role"], answer.json()["expires_in"]) == (200, "viewer", 8 * 3600)
    (entry,) = await api.entries(action="sign_in", account_id=account_id)
    assert (entry.operator, json.loads(entry.details)) == (f"{name}#{account_id}", {"role": "viewer"})


async def test_a_code_is_accepted_once(api):
    """The same code a second time, and an older one, are refused; the refusal is in the audit log."""
    name, account_id, secret = await api.operator("admin")
    code = code_of(secret)
    assert (await api.sign_in(name, code)).status_code == 200
    assert refused(await api.sign_in(name, code)) == (401, "wrong_password")
    assert refused(await api.sign_in(name, code_of(secret, -1))) == (401, "wrong_password")
    entries = await api.entries(action="sign_in", account_id=account_id)
    assert [json.loads(one.details) for one in entries] == [{"refused": "wrong_code"}] * 2 + [{"role": "admin"}]


async def test_wrong_codes_wait_like_wrong_passwords(api):
    """After three the right code is not looked at, and the player's own sign-in, which is counted apart, does not help."""
    name, _, secret = await api.operator("admin")
    wrong = str((int(code_of(secret)) + 1) % 1_000_000).zfill(6)
    for _ in range(3):
        assert refused(await api.sign_in(name, wrong)) == (401, "wrong_password")
    player = await api.http.post("/api/auth/login", json={"username": name, "password": PASSWORD})
    assert player.status_code == 200
    waits = await api.sign_in(name, code_of(secret))
    assert refused(waits) == (429, "too_many_attempts")
    assert int(waits.headers["retry-after"]) >= 1


async def test_codes_guessed_from_many_addresses_wait_for_the_account(api, other):
    """With the password known: after ten the right code is not looked at on any worker, and the refusal has its entry. A stranger keeps no operator out."""
    name, account_id, secret = await api.operator("admin")
    wrong = str((int(code_of(secret)) + 1) % 1_000_000).zfill(6)
    for number in range(12):
        assert refused(await _from(api, f"198.51.100.{number}", name, wrong, "another password")) == (401, "wrong_password")
    for number in range(10):
        assert refused(await _from(api, f"203.0.113.{number}", name, wrong)) == (401, "wrong_password")
    waits = await _from(api, "192.0.2.1", name, code_of(secret))
    assert refused(waits) == (429, "too_many_attempts")
    assert int(waits.headers["retry-after"]) > 60
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(other)), base_url="http://here") as http:
        assert refused(await _from(Api(other, http), "192.0.2.2", name, code_of(secret))) == (429, "too_many_attempts")
    entries = await api.entries(action="sign_in", account_id=account_id)
    assert [json.loads(one.details)["refused"] for one in entries] == ["too_many_attempts"] * 2 + ["wrong_code"] * 10


async def test_right_codes_do_not_use_up_the_tries(api):
    """An operator who often signs in is not kept out."""
    name, _, secret = await api.operator("viewer")
    for number in range(12):
        await api.context.database.rows("test", "update operators set last_step = 0")
        assert (await _from(api, f"203.0.113.{number}", name, code_of(secret))).status_code == 200


async def _from(api, address, name, code, password=PASSWORD):
    """The answer to a sign-in from this address."""
    credentials = {"username": name, "password": password, "code": code}
    return await api.http.post("/api/ops/sign-in", json=credentials, headers={"x-forwarded-for": address})


async def test_the_answer_does_not_say_which_part_was_wrong(api):
    """An account without a role, one that does not exist, a wrong password, a wrong code: the same words."""
    name, _, secret = await api.operator("admin")
    player, _ = await api.register()
    answers = [
        await api.sign_in(player, "123456"),
        await api.sign_in("nobody-of-that-name", "123456"),
        await api.sign_in(name, code_of(secret), "another password"),
        await api.sign_in(name, code_of(secret, 5)),
    ]
    assert {one.status_code for one in answers} == {401}
    assert len({one.text for one in answers}) == 1


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_codes_of_the_neighbouring_steps_are_accepted(steps, accepted):
    """A phone's clock may be half a minute wrong."""
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    now = time.time()
    found = step_of(secret, code_of(secret, steps), now)
    assert (found is not None) is accepted


async def test_a_token_ends_at_sign_out_when_the_role_goes_and_in_time(api):
    """Each is refused at the next request, and a player's tokens open nothing."""
    name, _, secret = await api.operator("moderator")
    token = (await api.sign_in(name, code_of(secret))).json()["access_token"]
    assert (await api("GET", "/me", token=token)).json()["role"] == "moderator"
    assert (await api("POST", "/sign-out", token=token)).status_code == 204
    assert refused(await api("GET", "/me", token=token)) == (401, "token_expired")
    token = (await api.sign_in(name, code_of(secret, 1))).json()["access_token"]
    assert await operators.revoke(api.context.database, name.casefold(), ACT)
    assert refused(await api("GET", "/me", token=token)) == (401, "token_expired")
    token = await api.token("admin")
    await api.context.database.rows("test", "update operator_sessions set expires = now()")
    assert refused(await api("GET", "/me", token=token)) == (401, "token_expired")
    _, player = await api.register()
    assert refused(await api("GET", "/me", token=player)) == (401, "not_authorized")
    assert refused(await api("GET", "/me", token="")) == (401, "not_authorized")


async def test_logging_out_everywhere_ends_the_operators_sign_in_too(api):
    """So does a new password: the account's own generation counts."""
    name, _, secret = await api.operator("admin")
    token = (await api.sign_in(name, code_of(secret))).json()["access_token"]
    player = (await api.http.post("/api/auth/login", json={"username": name, "password": PASSWORD})).json()["access_token"]
    await api.http.post("/api/auth/logout_everywhere", headers={"authorization": f"Bearer {player}"})
    assert refused(await api("GET", "/me", token=token)) == (401, "token_expired")


@pytest.mark.parametrize(
    ("role", "reason", "code"),
    [("viewer", BECAUSE, "not_allowed"), ("admin", " ", "no_reason"), ("admin", "two\nlines", "bad_text")],
)
async def test_a_refused_action_has_an_entry(api, role, reason, code):
    """For the role, for want of a reason, for its text: nothing is done, and the audit log names the refusal."""
    before = len(await api.entries(action="test"))
    with pytest.raises(Refused, match=r".") as raised:
        async with acting(api.context.database, Operator("mara#1", role, 1), "test", reason, account_id=7):
            raise AssertionError
    assert raised.value.code == code
    entry, *others = await api.entries(action="test")
    assert (entry.operator, entry.account_id, json.loads(entry.details), len(others)) == ("mara#1", 7, {"refused": code}, before)


async def test_the_token_for_scripts_is_an_admin_named_script(api):
    """It has no sign-in to end; a token that is nearly right is none."""
    assert (await api("GET", "/me")).json() == {"name": "script", "role": "admin"}
    assert refused(await api("POST", "/sign-out")) == (403, "not_allowed")
    assert refused(await api("GET", "/me", token=SCRIPT[:-1] + "x")) == (401, "not_authorized")


async def test_the_api_can_be_switched_off(database_url, tmp_path):
    """Each path answers 404, and the description of the API has none of them."""
    async with contextlib.AsyncExitStack() as stack:
        (context,) = await stack.enter_async_context(cluster(database_url, tmp_path, ops=False, ops_token=SCRIPT))
        http = await stack.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(create_app(context)), base_url="http://here")
        )
        for method, path in ("POST", "/sign-in"), ("GET", "/me"), ("POST", "/sign-out"), ("GET", ""), ("DELETE", "/x/y"):
            answer = await http.request(method, f"/api/ops{path}", headers={"authorization": f"Bearer {SCRIPT}"})
            assert refused(answer) == (404, "not_found"), path
        assert "/api/ops" not in (await http.get("/schema")).text


@pytest.mark.parametrize("token", ["short", "a" * 64])
def test_a_token_for_scripts_that_can_be_guessed_is_refused(token):
    with pytest.raises(ConfigurationError, match="ECHOES_OPS_TOKEN: it must be random and have at least 32"):
        read({"ECHOES_OPS_TOKEN": token})
