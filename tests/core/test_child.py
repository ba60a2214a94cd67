"""A worker's process, as its supervisor starts it."""

import socket

import pytest
import structlog
from echoes.errors import FacilityUnavailable
from echoes.serving import worker_main


@pytest.fixture
def descriptors():
    """A listener's and a lifeline's, which the worker takes."""
    ours, theirs = socket.socketpair()
    listener = socket.socket()
    yield [str(one.detach()) for one in (listener, theirs)]
    ours.close()


def test_a_worker_whose_backend_goes_away_while_it_starts_says_so(monkeypatch, descriptors):
    """With a reason for the operator, not with a traceback: the supervisor starts another one."""

    async def migrated(*_):
        return None

    async def live(*_):
        raise FacilityUnavailable("Redis at 127.0.0.1:1 is not connected")

    monkeypatch.setattr("sys.argv", ["child", "0", *descriptors])
    monkeypatch.setattr(worker_main.log_, "configure", lambda **_: None)
    monkeypatch.setattr(worker_main, "migrate", migrated)
    monkeypatch.setattr(worker_main, "_live", live)
    with structlog.testing.capture_logs() as logs:
        assert worker_main.main() == 1
    structlog.contextvars.clear_contextvars()
    assert [(one["event"], one["reason"]) for one in logs if one["log_level"] == "error"] == [
        ("worker.not_started", "Redis at 127.0.0.1:1 is not connected")
    ]
