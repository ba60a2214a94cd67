"""Fixtures for every test: a PostgreSQL for the whole run, a migrated database of its own for each test that asks, servers, players."""

import asyncio
import functools
import gc
import logging
import os
import shutil
import sys
from pathlib import Path

import httpx
import pages
import player
import pytest
import pytest_asyncio
import structlog
from echoes.storage import embedded
from httpx._transports import default as httpx_transports
from playwright.async_api import async_playwright
from postgres import a_database, empty_database, execute, make_template
from server import RUNNING, SHOWN_LINES, Server, remove_leftovers, traversable_folder
from structlog._config import BoundLoggerLazyProxy

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["PYTHONPYCACHEPREFIX"] = str(
    Path(sys.prefix) / "pycache"
)  # hundreds of servers start: each compiles nothing that another one has


_certificates = functools.cache(httpx.create_ssl_context)


def _ssl_context(verify=True, cert=None, trust_env=True):
    """The context of a client: that of all public certificates is made once, since reading them takes 18 ms, and hundreds of clients ask for it."""
    if verify is True and cert is None:
        return _certificates(trust_env=trust_env)
    return httpx.create_ssl_context(verify, cert, trust_env)


httpx_transports.create_ssl_context = _ssl_context


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """One process more than there are cores: many tests wait for a lease or a browser."""
    return min(4, (os.cpu_count() or 1) + 1)


def pytest_sessionstart():
    """Folders that killed runs have left in memory go, and the garbage collector of a process with 8,000 tests runs less often."""
    remove_leftovers()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the ends of the logs of all servers that run beside it: many tests of a file share one."""
    report = yield
    if report.failed:
        report.sections += [(f"log of the server at port {one.port}", "".join(one.output[-SHOWN_LINES:])) for one in RUNNING]
    return report


LONG = ("chaos", "end_to_end", "client", "contract", "mutants", "redis_backend")
"""Folders whose files take long, each for its few tests."""
LONGEST = (
    "test_many_workers.py", "test_metrics.py", "test_crash.py", "test_orders_in_a_cluster.py", "test_postgres_trouble.py", "test_door.py",
    "test_sign_ins.py", "test_console.py",
)  # fmt: skip
"""Files that take two minutes and more, the longest first."""


def pytest_collection_modifyitems(items):
    """Long files first: at the end of a run no process waits for the last of them."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(
        key=lambda item: (
            places.get(item.path.name, len(places)),
            not set(LONG) & set(item.path.parts),
            item.path.name != "test_bench.py",
        )
    )


structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)  # structlog's own default prints every local variable of a traceback: with a world among them, that takes 20 seconds


@pytest.fixture(scope="session")
def postgres():
    """The URL of an embedded PostgreSQL that runs as long as the test run."""
    with traversable_folder() as folder, embedded.running(folder) as url:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nothing of it outlives the run
            asyncio.run(execute(url, f"alter system set {setting} = off"))
        asyncio.run(execute(url, "select pg_reload_conf()"))
        make_template(url)
        yield url


@pytest.fixture
def database_url(postgres):
    """A migrated database for one test."""
    with a_database(postgres) as url:
        yield url


@pytest.fixture
def empty_url(postgres):
    """An empty database for one test."""
    with empty_database(postgres) as url:
        yield url


@pytest.fixture(scope="module")
def server(postgres):
    """A server process over a database of its own, for all the tests of a module."""
    with a_database(postgres) as url, Server({"ECHOES_DATABASE_URL": url}) as running:
        yield running


@pytest.fixture(autouse=True)
def _log_as_before():
    """A test that configures the process's log (every command of `echoes` does) configures it for itself alone."""
    structlog_before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    if structlog.get_config() != structlog_before:
        structlog.configure(**structlog_before)
        root.handlers[:] = handlers
        root.setLevel(level)
        for one in gc.get_objects():
            if type(one) is BoundLoggerLazyProxy:  # a proxy to something gone answers isinstance with an error
                vars(one).pop("bind", None)  # a logger that keeps the first stream it wrote to


@pytest_asyncio.fixture(autouse=True)
async def _goodbye():
    """Players leave when their test is over."""
    yield
    for one in player.OPEN:
        await one.disconnect()
    player.OPEN.clear()


@pytest.fixture(scope="session")
def chromium():
    """The path of a Chromium. Missing, it is skipped on a person's machine and an error under CI=true."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if (found := shutil.which(name)) is not None:
            return found
    if os.environ.get("CI") == "true":
        pytest.fail("no Chromium found, and under CI=true nothing is skipped")
    return pytest.skip("no Chromium on PATH (Debian: apt-get install chromium)")


@pytest.fixture
async def browser(chromium):
    """A Chromium of this test's own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=pages.FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
def artifacts():
    """Where screenshots go."""
    folder = Path(__file__).parent / "artifacts"
    folder.mkdir(exist_ok=True)
    return folder
