"""Routes of extensions: below their own path, in the schema, and no error of theirs reaches the server."""

import sys

import pytest
import structlog
from echoes.errors import PluginError, Refused
from echoes.plugins.offered import Routes
from echoes.web import problems
from echoes.web.addresses import Addresses
from echoes.web.extension_routes import panels_route, routers_of
from echoes.web.headers import ALWAYS, Headers
from echoes.web.methods import Methods
from echoes.web.panels import Panel
from litestar import Litestar, Response, Router, get, post, websocket
from litestar.di import NamedDependency, Provide
from litestar.openapi import OpenAPIConfig
from litestar.params import FromPath, FromQuery
from litestar.testing import TestClient
from prometheus_client import REGISTRY


@get("/count/{number:int}", sync_to_thread=False)
def count(number: FromPath[int]) -> dict[str, int]:
    """Count on."""
    return {"next": number + 1}


@get("/crash", sync_to_thread=False)
def crash() -> None:
    raise ZeroDivisionError("by the extension")


@get("/leave", sync_to_thread=False)
def leave() -> None:
    sys.exit(3)


@get("/refuse", sync_to_thread=False)
def refuse() -> None:
    raise Refused("no_character", "There is no such character.")


@get("/loose", sync_to_thread=False)
def loose() -> Response[str]:
    return Response(
        "<script>", media_type="text/html", headers={"Content-Security-Policy": "default-src *", "x-content-type-options": "sniff"}
    )


@get("/context", sync_to_thread=False)
def reach(context: FromQuery[str] = "none") -> str:
    return context


HANDLERS = (count, crash, leave, refuse, loose, reach)


@pytest.fixture
def client():
    """An application as `create_app` makes it, with one extension."""

    @get("/own", sync_to_thread=False)
    def own(context: NamedDependency[str]) -> str:
        return context

    core = Router("/", route_handlers=[own], dependencies={"context": Provide(lambda: "the core's", sync_to_thread=False)})
    app = Litestar(
        [core, *routers_of([Routes("juggling", "extension 'juggling'", HANDLERS)])], exception_handlers=problems.HANDLERS,
        openapi_config=OpenAPIConfig("", "", path="/schema"), logging_config=None,
    )  # fmt: skip
    with TestClient(Headers(Methods(app), Addresses(""))) as client:
        yield client


def test_a_route_is_below_the_extensions_path(client):
    """And nowhere else."""
    assert client.get("/x/juggling/count/4").json() == {"next": 5}
    assert client.get("/count/4").status_code == 404
    assert client.post("/x/juggling/count/4").headers["allow"] == "GET, HEAD, OPTIONS"


def test_a_route_is_in_the_schema(client):
    """Under a tag of the extension."""
    paths = client.get("/schema/openapi.json").json()["paths"]
    assert paths["/x/juggling/count/{number}"]["get"]["tags"] == ["extension juggling"]


def crashes():
    """Requests that a bug ended, so far."""
    return REGISTRY.get_sample_value("echoes_crashes_total", {"place": "request"})


def test_an_exception_is_logged_counted_and_answered(client):
    """As a bug of the core is; the next request is served."""
    before = crashes()
    with structlog.testing.capture_logs() as logs:
        answer = client.get("/x/juggling/crash")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert crashes() == before + 1
    assert [(one["event"], one["path"]) for one in logs] == [("request.crashed", "/x/juggling/crash")]
    assert client.get("/x/juggling/count/1").status_code == 200


def test_an_exit_does_not_end_the_worker(client):
    """`sys.exit` in a handler is an exception like another."""
    with structlog.testing.capture_logs() as logs:
        answer = client.get("/x/juggling/leave")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "'juggling'" in str(logs[0]["exc_info"])


def test_a_refusal_has_its_code(client):
    """The errors of the seam are answered as the core answers its own."""
    assert client.get("/x/juggling/refuse").json()["code"] == "no_character"


def test_security_headers_cannot_be_replaced(client):
    """A handler's own do not count."""
    answer = client.get("/x/juggling/loose")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    for name, value in ALWAYS:
        assert answer.headers[name.decode()] == value.decode()


def test_the_cores_own_objects_are_out_of_reach(client):
    """A dependency of the core's handlers is none of an extension's."""
    assert client.get("/own").text == "the core's"
    assert client.get("/x/juggling/context").text == "none"


@pytest.fixture
def panel(tmp_path):
    """A panel with two files."""
    (tmp_path / "balls.js").write_text("export default () => {};")
    (tmp_path / "balls.css").write_text("p { color: red; }")
    return Panel("Balls", tmp_path, "balls.js", "balls.css")


def test_a_panel_is_listed_and_its_files_are_served(panel):
    """With the security headers, and with an ETag: a new release is seen at once."""
    routes = [Routes("juggling", "extension 'juggling'", HANDLERS, panel), Routes("plain", "extension 'plain'", HANDLERS)]
    app = Litestar([panels_route(routes), *routers_of(routes)], exception_handlers=problems.HANDLERS, logging_config=None)
    with TestClient(Headers(Methods(app), Addresses(""))) as client:
        assert client.get("/x/panels.json").json() == [
            {"extension": "juggling", "title": "Balls", "script": "x/juggling/page/balls.js", "style": "x/juggling/page/balls.css"}
        ]
        script = client.get("/x/juggling/page/balls.js")
        assert script.headers["content-type"].startswith("text/javascript")
        assert script.headers["etag"]
        assert script.headers["x-content-type-options"] == "nosniff"
        assert client.get("/x/juggling/page/balls.css").headers["content-type"].startswith("text/css")
        for missing in ("/x/juggling/page/none.js", "/x/juggling/page/%2e%2e/secret", "/x/plain/page/balls.js"):
            assert client.get(missing).status_code == 404
        assert client.get("/x/juggling/count/1").json() == {"next": 2}


def test_a_route_in_the_place_of_the_panel_is_refused(panel):
    """The panel's files have their path to themselves."""

    @get("/page/{file_path:path}", sync_to_thread=False)
    def mine(file_path: FromPath[str]) -> str:
        return file_path

    with pytest.raises(PluginError, match=r"'juggling' offers the route '/x/juggling/page/.*files of its panel"):
        routers_of([Routes("juggling", "extension 'juggling'", (mine,), panel)])


@websocket("/live")
async def live(socket: object) -> None: ...


@post("/take", sync_to_thread=False)
def take(data: "Unknown") -> None: ...  # noqa: F821


MISTAKES = [
    pytest.param((object(),), "do not work: ", id="no-handler"),
    pytest.param((take,), "Unknown", id="unresolved"),
    pytest.param((live,), "do not work: ", id="websocket"),
]


@pytest.mark.parametrize(("handlers", "said"), MISTAKES)
def test_a_route_that_cannot_be_served_is_refused_at_boot(handlers, said):
    """With the extension's name."""
    with pytest.raises(PluginError, match=r"^extension 'juggling'") as caught:
        routers_of([Routes("juggling", "extension 'juggling'", handlers)])
    assert said in str(caught.value)
