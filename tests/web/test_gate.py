"""The ties between our HTTP protocol and uvicorn's: if an upgrade cuts one, this says which. What it does is in `tests/end_to_end/test_door.py`."""

import inspect

import pytest
from echoes.web.gate import GateProtocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import Server

OVERRIDDEN = [
    "connection_made", "connection_lost", "data_received", "handle_websocket_upgrade", "on_message_begin", "on_url", "on_header",
    "on_headers_complete", "on_message_complete", "_start_asgi_task",
]  # fmt: skip


@pytest.mark.parametrize("method", OVERRIDDEN)
def test_uvicorn_still_has_what_we_build_on(method):
    """Methods that we override, with the same parameters."""
    theirs, ours = getattr(HttpToolsProtocol, method), getattr(GateProtocol, method)
    assert theirs is not ours
    assert list(inspect.signature(theirs).parameters) == list(inspect.signature(ours).parameters)


def test_uvicorn_asks_for_a_protocol_as_we_expect():
    """By the keywords that `Gate.protocol` has, and it keeps every connection in one set."""
    assert "http_protocol_class" in inspect.getsource(Server)
    assert list(inspect.signature(HttpToolsProtocol.__init__).parameters) == ["self", "config", "server_state", "app_state", "_loop"]
    assert "self.connections = server_state.connections" in inspect.getsource(HttpToolsProtocol.__init__)
