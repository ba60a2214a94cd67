"""Any request to the API, well formed or not: no answer is an internal error, and each is one that `/schema` describes."""

import asyncio

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from player import Player
from postgres import a_database
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from server import Server

SCRIPT = "5f0e1d2c3b4a59687f0e1d2c3b4a5968"
LIMITS = {
    "ECHOES_OPS_TOKEN": SCRIPT,
    "ECHOES_COMMANDS_PER_SECOND": "100000",
    "ECHOES_COMMANDS_BURST": "1000000",
    "ECHOES_LOGIN_TRIES": "100000",
}
OPERATIONS = [
    ("post", "/api/auth/register"), ("post", "/api/auth/login"), ("post", "/api/auth/refresh"), ("post", "/api/auth/password"),
    ("post", "/api/auth/logout_everywhere"), ("get", "/api/characters"), ("post", "/api/characters"),
    ("post", "/api/characters/{character_id}/token"), ("get", "/api/game/state"), ("get", "/api/game/profile"), ("get", "/api/game/inventory"),
    ("post", "/api/game/move"), ("post", "/api/game/command"), ("get", "/health/live"), ("get", "/health/ready"),
]  # fmt: skip
OPS = [
    ("post", "/api/ops/sign-in"), ("post", "/api/ops/sign-out"), ("get", "/api/ops/me"), ("get", "/api/ops/players"),
    ("get", "/api/ops/players/{character_id}"),
    ("get", "/api/ops/accounts/{account_id}"), ("get", "/api/ops/players/{character_id}/story"), ("get", "/api/ops/accounts/{account_id}/export"),
    *(("post", f"/api/ops/accounts/{{account_id}}/{action}") for action in ("kick", "ban", "unban", "mute", "unmute", "notes", "erase")),
    *(("post", f"/api/ops/characters/{{character_id}}/{action}") for action in ("move", "heal", "give", "take", "rename")),
    ("get", "/api/ops/reports"), ("get", "/api/ops/reports/{report_id}"), ("post", "/api/ops/reports/{report_id}/decide"),
    ("get", "/api/ops/audit"), ("get", "/api/ops/operators"),
    ("get", "/api/ops/nodes"), ("get", "/api/ops/world"), ("get", "/api/ops/world/words"), ("get", "/api/ops/economy"), ("get", "/api/ops/health"),
    ("get", "/api/ops/facts"),
    ("post", "/api/ops/announcements"), ("get", "/api/ops/announcements/arranged"), ("post", "/api/ops/announcements/arranged"),
    ("post", "/api/ops/announcements/arranged/{announcement_id}/cancel"),
    ("get", "/api/ops/address-bans"), ("post", "/api/ops/address-bans"), ("post", "/api/ops/address-bans/{ban_id}/end"),
    ("post", "/api/ops/players/{character_id}/debug"), ("post", "/api/ops/players/{character_id}/debug/end"),
    ("get", "/api/ops/players/{character_id}/samples"),
    *(("post", f"/api/ops/nodes/{action}") for action in ("{worker_id}/replace", "{worker_id}/drain", "roll", "fill")),
    ("get", "/api/ops/content"), ("get", "/api/ops/content/diff"), ("post", "/api/ops/content/push"), ("post", "/api/ops/content/back"),
]  # fmt: skip
"""Those of operators. `tests/ops/` tries them without the right token."""
RULES = [positive_data_acceptance]
"""Left out: what the schema allows, the rules may refuse (422)."""


@pytest.fixture(scope="module")
def fast(postgres):
    """A server without limits for a client."""
    with a_database(postgres) as url, Server({"ECHOES_DATABASE_URL": url, **LIMITS}) as running:
        yield running


@pytest.fixture(scope="module")
def api(fast):
    """The API as it describes itself."""
    return schemathesis.openapi.from_url(f"{fast.url}/schema")


def test_every_operation_is_asked(api):
    """None is left out below."""
    described = {(method, path) for path, methods in api.raw_schema["paths"].items() for method in methods}
    assert described == {*OPERATIONS, *OPS}


OPEN = {"/api/auth/register", "/api/auth/login", "/health/live", "/health/ready"}


@pytest.mark.parametrize(("method", "path"), [one for one in OPERATIONS if one[1] not in OPEN])
async def test_nothing_is_done_without_the_right_token(fast, method, path):
    """None, none that can be read, and one of the other kind: 401, and how to sign in."""
    mara = Player(fast)
    await mara.register()
    other = mara.token if not path.startswith("/api/game") else mara.account["authorization"].removeprefix("Bearer ")
    body = {"direction": "north", "name": "Ilona", "password": "a long password", "new_password": "another password"}
    wanted = {"/api/game/move": ["direction"], "/api/characters": ["name"], "/api/auth/password": ["password", "new_password"]}.get(
        path, []
    )
    async with httpx.AsyncClient(base_url=fast.url) as http:
        for authorization in ("", "Bearer", "Bearer x", f"Basic {other}", f"Bearer {other}", f"Bearer {'x' * 20_000}"):
            sent = {"json": {name: body[name] for name in wanted}} if method == "post" else {}
            answer = await http.request(method, path.format(character_id=mara.id), headers={"authorization": authorization}, **sent)
            assert (answer.status_code, answer.json()["code"]) == (401, "not_authorized"), authorization[:20]
            assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [(*one, mode) for one in OPERATIONS for mode in GenerationMode if mode is GenerationMode.POSITIVE or not one[1].startswith("/health")],
)
def test_every_operation_answers_as_described(api, fast, method, path, mode):
    """Requests that fit the description and requests that do not, with the token that the operation needs."""
    operation = api[path][method]
    token = asyncio.run(a_token(fast, playing=path.startswith("/api/game")))

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def answers_as_described(case):
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=RULES)

    answers_as_described()


@pytest.mark.parametrize("mode", GenerationMode)
def test_operations_of_operators_answer_as_described(api, mode):
    """With the token for scripts, which is an admin's. Left out: looks ignore query parameters that they do not know."""
    for method, path in OPS:

        @given(case=api[path][method].as_strategy(generation_mode=mode))
        @settings(max_examples=4, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def answers_as_described(case):
            case.call_and_validate(headers={"Authorization": f"Bearer {SCRIPT}"}, excluded_checks=[*RULES, negative_data_rejection])

        answers_as_described()


async def a_token(server, *, playing):
    """Of a new account, or of its character."""
    player = Player(server)
    await player.register()
    return player.token if playing else player.account["authorization"].removeprefix("Bearer ")
