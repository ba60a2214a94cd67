"""Two workers in the test's own process for all tests of a module, and the operators' API over one of them."""

from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from cluster import cluster
from echoes.app import create_app
from echoes.web.passwords import Passwords
from operating import SCRIPT, Api
from postgres import a_database
from server import Server

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
BRISK = {"ECHOES_COMMANDS_PER_SECOND": "10000", "ECHOES_COMMANDS_BURST": "100000"}
LIMITS = {"commands_per_second": 10_000, "commands_burst": 100_000, "login_tries": 3, "personal_kit": False}


def pytest_collection_modifyitems(items):
    """Tests that share workers share their event loop."""
    for item in items:
        if "contexts" in item.fixturenames and item.path.parent == Path(__file__).parent and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)


@pytest.fixture(scope="module")
def url(postgres):
    """A migrated database."""
    with a_database(postgres) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def contexts(url, tmp_path_factory):
    """Two workers over it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("echoes.app.Passwords", lambda: Passwords(CHEAP))
        async with cluster(url, tmp_path_factory.mktemp("ops"), workers=2, ops_token=SCRIPT, **LIMITS) as contexts:
            yield contexts


@pytest.fixture
def context(contexts):
    """The worker that gets the requests."""
    return contexts[0]


@pytest.fixture
def other(contexts):
    """Another worker."""
    return contexts[1]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(contexts):
    """Requests to the first one."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(contexts[0])), base_url="http://here") as http:
        yield http


@pytest.fixture
def api(context, http):
    return Api(context, http)


@pytest.fixture(scope="module")
def live(postgres):
    """A server process with a token for scripts."""
    with a_database(postgres) as url, Server({"ECHOES_DATABASE_URL": url, "ECHOES_OPS_TOKEN": SCRIPT, **BRISK}) as running:
        yield running
