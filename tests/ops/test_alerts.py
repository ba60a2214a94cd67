"""Alerts of Prometheus in the view of the health, against a small HTTP server: what it answers, and when it is away, slow or odd."""

import asyncio
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner
from console import Console, text_of
from echoes.cli import main
from echoes.errors import ConfigurationError
from echoes.ops import alerts
from echoes.ops.alerts import Alerts
from echoes.settings import read
from operating import SCRIPT
from ports import free_port
from postgres import a_database
from server import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


class Prometheus:
    """Answers `/api/v1/alerts` with a body, after a time, and counts."""

    def __init__(self) -> None:
        self.body, self.status, self.pause, self.asked, self.headers = b"", 200, threading.Event(), [], {}
        self.pause.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                outer.pause.wait(30)
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(outer.body)
                except OSError:
                    outer.asked.append("cut off")

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.pause.set()
        self.server.shutdown()
        self.server.server_close()

    def has(self, *found):
        """It has these alerts."""
        self.body = json.dumps({"status": "success", "data": {"alerts": list(found)}}).encode()


@pytest.fixture
def prometheus():
    with Prometheus() as running:
        yield running


def alert(name, state="firing", severity="ticket", url=None, **labels):
    """An alert as Prometheus writes it."""
    return {
        "labels": {"alertname": name, "severity": severity, "instance": "host:8000", **labels},
        "annotations": {"summary": f"{name} <b>now</b>", "runbook_url": url or f"docs/runbook.md#{name.lower()}"},
        "state": state, "activeAt": "2026-11-26T10:20:30.123456789Z", "value": "1e+00",
    }  # fmt: skip


async def test_alerts_are_shown_those_that_fire_first(prometheus):
    """Pages before tickets; each with its section of the runbook; those of other rules and those that are inactive are left out."""
    prometheus.has(
        alert("EchoesFull", "pending", "page"), alert("EchoesDegraded"), alert("EchoesDown", severity="page", url="https://wiki/runbook.md#echoesdown"),
        alert("Watchdog"), alert("EchoesGaps", "inactive"),
    )  # fmt: skip
    shown = await Alerts(prometheus.url).now()
    assert [(one.name, one.state, one.severity) for one in shown.alerts] == [
        ("EchoesDown", "firing", "page"), ("EchoesDegraded", "firing", "ticket"), ("EchoesFull", "pending", "page"),
    ]  # fmt: skip
    assert [(one.runbook, one.link) for one in shown.alerts[:2]] == [
        ("docs/runbook.md#echoesdown", "https://wiki/runbook.md#echoesdown"), ("docs/runbook.md#echoesdegraded", ""),
    ]  # fmt: skip
    assert (shown.alerts[0].since, shown.alerts[0].labels, shown.problem) == ("2026-11-26 10:20:30", "instance host:8000", "")
    assert prometheus.asked == ["/api/v1/alerts"]


async def test_a_view_without_prometheus_says_how_to_set_it():
    """No request is sent."""
    assert "ECHOES_OPS_PROMETHEUS is not set" in (await Alerts("").now()).problem


async def test_one_request_at_a_time_and_one_in_some_seconds(prometheus, monkeypatch):
    """Many looks share an answer, also one that failed; after the seconds it is read again."""
    prometheus.has(alert("EchoesDown"))
    found = Alerts(prometheus.url)
    shown = await asyncio.gather(*(found.now() for _ in range(20)))
    assert (len(prometheus.asked), {len(one.alerts) for one in shown}) == (1, {1})
    found._until, prometheus.status = 0.0, 500
    shown = await asyncio.gather(*(found.now() for _ in range(20)))
    assert (len(prometheus.asked), {"status 500" in one.problem for one in shown}) == (2, {True})


async def test_a_slow_prometheus_is_a_sentence(prometheus, monkeypatch):
    """The event loop serves others meanwhile."""
    monkeypatch.setattr(alerts, "PATIENCE", 0.3)
    prometheus.pause.clear()
    turns = []

    async def others():
        while True:
            turns.append(time.monotonic())
            await asyncio.sleep(0.01)

    task = asyncio.create_task(others())
    assert "did not answer within 0.3 seconds" in (await Alerts(prometheus.url).now()).problem
    task.cancel()
    assert len(turns) > 5


@pytest.mark.parametrize(
    ("body", "headers", "words"),
    [
        (b"<html>sign in</html>", {}, "not that of a Prometheus"),
        (b'{"status": "error", "errorType": "x", "error": "bad"}', {}, "its status is 'error'"),
        (b'{"status": "success", "data": {"alerts": [{"labels": 3}]}}', {}, "not that of a Prometheus"),
        (b"\xff" * 100, {}, "not that of a Prometheus"),
        (b"[" * 100_000, {}, "not that of a Prometheus"),
        (b"x" * (alerts.LARGEST + 1), {}, "larger than 1024 KiB"),
        (b"", {"content-encoding": "gzip"}, "not that of a Prometheus"),
    ],
    ids=["a page", "an error", "a wrong type", "no text", "nested", "large", "compressed"],
)
async def test_an_odd_answer_is_a_sentence(prometheus, body, headers, words):
    """Never an error of the page."""
    prometheus.body, prometheus.headers = body, headers
    shown = await Alerts(prometheus.url).now()
    assert (words in shown.problem, shown.alerts) == (True, [])


async def test_an_endless_answer_is_cut(prometheus, monkeypatch):
    """At its largest size, not in memory."""
    monkeypatch.setattr(alerts, "LARGEST", 1000)
    prometheus.body = b" " * 50_000_000
    assert "larger than" in (await Alerts(prometheus.url).now()).problem


@pytest.mark.parametrize(("status", "headers"), [(302, {"location": "http://127.0.0.1:1/"}), (404, {}), (401, {})])
async def test_another_status_is_a_sentence(prometheus, status, headers):
    """A redirect is not followed."""
    prometheus.status, prometheus.headers = status, headers
    assert f"status {status}" in (await Alerts(prometheus.url).now()).problem


async def test_a_prometheus_that_is_away_is_a_sentence():
    """With its URL, so that an operator can correct it."""
    url = f"http://127.0.0.1:{free_port()}"
    problem = (await Alerts(url).now()).problem
    assert (url in problem, "cannot be reached" in problem) == (True, True)


async def test_many_alerts_are_cut(prometheus):
    """50 are shown, each with texts that are cut; the others are counted."""
    prometheus.has(*(alert("EchoesDown", worker=str(one), note="x" * 1000) for one in range(60)))
    shown = await Alerts(prometheus.url).now()
    assert (len(shown.alerts), shown.more, max(len(one.labels) for one in shown.alerts)) == (alerts.SHOWN, 10, alerts.LONGEST)


async def test_the_console_shows_alerts(api, context, prometheus, monkeypatch):
    """A link where the annotation has an address, and never one that runs a script; markup is text."""
    prometheus.has(alert("EchoesDown", url="https://wiki/runbook.md#echoesdown"), alert("EchoesFull", url="javascript:alert(1)"))
    monkeypatch.setattr(context.alerts, "url", prometheus.url)
    shown = (await api("GET", "/health")).json()
    assert [one["name"] for one in shown["alerts"]["alerts"]] == ["EchoesDown", "EchoesFull"]
    console = await Console.of(api, "viewer")
    page = await console.get("/health")
    assert 'href="https://wiki/runbook.md#echoesdown"' in page.text
    assert ("javascript:" in page.text, "<b>now</b>" in page.text, "docs/runbook.md#echoesfull" in page.text) == (False, False, True)
    assert "EchoesDown ticket EchoesDown <b>now</b>" in text_of(page)
    context.alerts._until, prometheus.body = 0.0, b"no json"
    page = await console.get("/health")
    assert (page.status_code, "not that of a Prometheus" in text_of(page)) == (200, True)
    monkeypatch.setattr(context.alerts, "url", "")
    assert "ECHOES_OPS_PROMETHEUS is not set" in text_of(await console.get("/health"))


@pytest.fixture
def server(postgres, prometheus):
    """A server that knows it."""
    environ = {"ECHOES_OPS_TOKEN": SCRIPT, "ECHOES_OPS_PROMETHEUS": prometheus.url}
    with a_database(postgres) as url, Server({"ECHOES_DATABASE_URL": url, **environ}) as running:
        yield running


async def test_the_command_line_shows_alerts(server, prometheus):
    """Of the Prometheus that the server's setting names."""
    prometheus.has(alert("EchoesDown", severity="page"))
    environ = {"ECHOES_OPS_URL": server.url, "ECHOES_OPS_TOKEN": SCRIPT}
    done = await asyncio.to_thread(CliRunner().invoke, main, ["ops", "health"], env=environ)
    assert "firing page EchoesDown since 2026-11-26 10:20:30 UTC" in done.output


@pytest.mark.parametrize(
    "url", ["prometheus:9090", "ftp://x", "http://", "http://user:secret@host", "http://host:99999", "http://[::1", "/x"]
)
@pytest.mark.parametrize("name", ["ECHOES_OPS_PROMETHEUS", "ECHOES_OPS_URL"])
def test_a_wrong_address_stops_the_start(name, url):
    """The value is not shown: it may have a password."""
    with pytest.raises(ConfigurationError, match=rf"{name}: it is no URL without a password"):
        read({name: url})
    assert read({"ECHOES_OPS_PROMETHEUS": "https://host/prometheus/"}).ops_prometheus == "https://host/prometheus"
