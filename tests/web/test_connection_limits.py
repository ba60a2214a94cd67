"""The ties between our HTTP protocol and uvicorn's: if an upgrade cuts one, this says which. What it does is in `tests/end_to_end/test_door.py`."""

import inspect
import subprocess
import sys

import pytest
from echoes.web.connection_limits import LimitedProtocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import Server

OVERRIDDEN = [
    "connection_made", "connection_lost", "data_received", "handle_websocket_upgrade", "on_message_begin", "on_url", "on_header",
    "on_headers_complete", "on_message_complete", "on_response_complete", "_start_asgi_task",
]  # fmt: skip


@pytest.mark.parametrize("method", OVERRIDDEN)
def test_uvicorn_has_the_methods_that_the_server_overrides(method):
    """With the same parameters."""
    theirs, ours = getattr(HttpToolsProtocol, method), getattr(LimitedProtocol, method)
    assert theirs is not ours
    assert list(inspect.signature(theirs).parameters) == list(inspect.signature(ours).parameters)


def test_uvicorn_asks_for_a_protocol_as_we_expect():
    """By the keywords that `ConnectionLimits.protocol` has, and it keeps every connection in one set."""
    assert "http_protocol_class" in inspect.getsource(Server)
    assert list(inspect.signature(HttpToolsProtocol.__init__).parameters) == ["self", "config", "server_state", "app_state", "_loop"]
    assert "self.connections = server_state.connections" in inspect.getsource(HttpToolsProtocol.__init__)


def test_a_worker_takes_no_more_than_the_system_gives_it_files_for():
    """It raises its own limit as far as it may; what then is too much is refused in words, rather than by an accept that fails."""
    limited = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (200, 1000))"
    tried = "from echoes.open_files import places; print(places(500), places(8000), resource.getrlimit(resource.RLIMIT_NOFILE))"
    done = subprocess.run([sys.executable, "-c", f"{limited}; {tried}"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "500 644 (1000, 1000)"
    assert "connections.bounded" in done.stdout + done.stderr
