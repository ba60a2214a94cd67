"""The rules for all of the code and for all its output: no secret in a log, no value in a statement, operators' deeds on record."""

import ast
import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from echoes import settings
from echoes.errors import ConfigurationError
from player import Player
from postgres import execute
from server import Server
from test_documents import SOURCES
from websockets.asyncio.client import connect

ROOT = Path(__file__).parents[1]
SECRET = "b8f1c0d5e3a74962b8f1c0d5e3a74962b8f1c0d5e3a74962"
PASSWORDS = {"a long password", "a wrong guess of mine", "another long password"}


# ── logs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_no_log_has_a_secret(database_url):
    """Passwords, tokens and the server's own secrets, through sign-ins, refusals, forged tokens, broken frames and a PostgreSQL that goes away."""
    kept = {"ECHOES_ENV": "production", "ECHOES_SECRET": SECRET, "ECHOES_DATABASE_TIMEOUT": "1"}
    with Server({"ECHOES_DATABASE_URL": database_url, **kept}) as server:
        mara = await Player.join(server)
        account = mara.account["authorization"].removeprefix("Bearer ")
        secrets = {SECRET, mara.token, account} | PASSWORDS
        async with httpx.AsyncClient(base_url=server.url, headers=mara.account) as http:
            await http.post("/api/auth/login", json={"username": mara.name, "password": "a wrong guess of mine"})
            await http.post("/api/auth/login", content='{"username": "x", "password": "a long password"')
            await http.get("/api/characters", headers={"authorization": f"Bearer {account}x"})
            await http.get(f"/api/game/state?token={mara.token}")
            async with connect(server.websocket) as socket:
                await socket.send(json.dumps({"type": "hello", "token": mara.token, "client": 5}))
            changed = await http.post("/api/auth/password", json={"password": "a long password", "new_password": "another long password"})
            secrets.add(changed.json()["access_token"])
            await execute(database_url, "alter table accounts rename to elsewhere")
            broken = await http.post("/api/auth/login", json={"username": mara.name, "password": "another long password"})
            assert broken.status_code == 500
            await execute(database_url, "alter table elsewhere rename to accounts")
        hashed = [row["password_hash"] for row in await execute(database_url, "select password_hash from accounts")]
        server.stop()
        said = "".join(server.output)
    assert "request.crashed" in said, "the log is the one that was meant"
    assert not [one for one in (*secrets, *hashed) if one in said]
    assert hashed[0].startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_settings_are_shown_without_secrets(tmp_path):
    """Neither the signing secret nor the passwords in URLs."""
    secret = {
        "ECHOES_SECRET": SECRET,
        "ECHOES_DATABASE_URL": "postgresql://u:pass-of-pg@h/d",
        "ECHOES_REDIS_URL": "redis://u:pass-of-redis@h/0",
    }
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("ECHOES_", "REDIS_", "WORKERS"))}
    shown = subprocess.run(
        [sys.executable, "-m", "echoes", "settings"], env=clean | secret | {"ECHOES_BACKEND": "redis"}, cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "ECHOES_SECRET = ********" in shown
    assert not [one for one in (SECRET, "pass-of-pg", "pass-of-redis") if one in shown]


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("secret", "url", "said"),
    [
        ("", "", "ECHOES_SECRET"),
        ("short", "", "ECHOES_SECRET"),
        ("change me change me change me change me", "", "random"),
        ("a" * 64, "", "random"),
        (SECRET, "postgresql://echoes:postgres@db/echoes", "password"),
        (SECRET, "postgresql://echoes:ECHOES@db/echoes", "password"),
    ],
)
def test_production_refuses_secrets_that_can_be_guessed(monkeypatch, tmp_path, secret, url, said):
    """No secret, a short one, one of few letters, a common password."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"ECHOES_ENV": "production", "ECHOES_SECRET": secret, "ECHOES_DATABASE_URL": url}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=said):
        settings.read()


# ── SQL ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


ASKING = {"row": 1, "rows": 1, "execute": 0, "fetch": 0, "fetchrow": 0, "fetchval": 0, "executemany": 0}
"""Which argument is the statement."""
OURS = {"drop function if exists {name}"}
"""Names that are read in the server's file of functions."""


def test_statements_have_no_values_in_them():
    """The parts of a statement are constants of the code; everything else is a parameter."""
    found = []
    for path in SOURCES:
        if "echoes/storage" not in str(path) and "asyncpg" not in path.read_text(encoding="utf-8"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKING:
                for statement in node.args[ASKING[node.func.attr] :][:1]:
                    if not any(text in ast.unparse(statement) for text in OURS):
                        found += [f"{path.name}:{node.lineno} {ast.unparse(one)}" for one in ast.walk(statement) if is_no_constant(one)]
    assert not found


def is_no_constant(node):
    """Something is put into a text that is not the name of a constant."""
    match node:
        case ast.FormattedValue(value=value):
            return not ast.unparse(value).rpartition(".")[2].isupper()
        case ast.BinOp(op=ast.Mod() | ast.Add()):
            return True
        case ast.Call(func=ast.Attribute(attr="format" | "join" | "replace")):
            return True
        case _:
            return False


# ── the audit log ────────────────────────────────────────────────────────────────────────────────────────────────────


def echoes(url, *words):
    """A command line of an operator."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("ECHOES_", "REDIS_", "WORKERS"))}
    done = subprocess.run(
        [sys.executable, "-m", "echoes", *words], env=clean | {"ECHOES_DATABASE_URL": url}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def audit(url):
    """The entries of the audit log, oldest first."""
    return [(row["who"], row["action"], json.loads(row["details"])) for row in asyncio.run(execute(url, "select * from audit order by id"))]


def test_operators_actions_are_in_the_audit_log(database_url, tmp_path):
    """Operator, time and action, in the transaction of the action. A dry run changes nothing, and records nothing."""
    with Server({"ECHOES_DATABASE_URL": database_url}):
        pass
    echoes(database_url, "cache", "invalidate", "location", "kiln_yard")
    subprocess.run(["cp", "-r", str(ROOT / "gamedata"), str(tmp_path / "city")], check=True)
    yard = tmp_path / "city" / "locations" / "cinder_market" / "kiln_yard.yaml"
    yard.write_text(yard.read_text(encoding="utf-8").replace("name: The Kiln Yard", "name: The Cold Yard"), encoding="utf-8")
    echoes(database_url, "gamedata", "push", str(tmp_path / "city"), "--dry-run")
    echoes(database_url, "gamedata", "push", str(tmp_path / "city"), "--yes")
    (who, dropped, what), (_, pushed, version) = audit(database_url)
    assert "@" in who
    assert (dropped, what) == ("cache.invalidate", {"kind": "location", "id": "kiln_yard"})
    assert pushed == "gamedata.push"
    assert version["version"] != version["before"]
    shown = echoes(database_url, "audit")
    assert "cache.invalidate" in shown
    assert who in shown


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_threat_has_a_test():
    """Each threat on the page says what the server does, and names tests that exist."""
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    threats = re.findall(r"^### [^\n]+\n\n(.+?)\n\nTests:\n\n((?:- [^\n]+\n)+)", page, re.MULTILINE | re.DOTALL)
    assert len(threats) == page.count("\n### ") > 15
    for protection, tests in threats:
        assert "\n#" not in protection
        for path, name in re.findall(r"^- `(.+)::(\w+)`$", tests, re.MULTILINE):
            assert f"def {name}(" in (ROOT / "tests" / path).read_text(encoding="utf-8"), f"{path}::{name}"
        assert tests.count("\n") == len(re.findall(r"^- `.+::\w+`$", tests, re.MULTILINE))
