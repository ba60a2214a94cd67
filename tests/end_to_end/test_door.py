"""Before a player is in the game: where a page comes from, how many connections there are, how long a request may take, which headers browsers get."""

import asyncio
import contextlib
import itertools
import re
import time

import httpx
import pytest
from echoes.open_files import RESERVE
from player import Player
from postgres import a_database
from server import Server, tracebacks
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

ADDRESSES = itertools.count()
PICTURE = "/images/locations/breakers_basin.svg"
ODD_PATHS = [
    "/metrics%00", "/%00", "/images/%00.webp", "/images/a%00/../b", "/app.js/more", f"{PICTURE}/more", "/" + "a" * 300,
    "/images/" + "b" * 300, "/" + "c/" * 3000, "/%ff", "/%c0%ae%c0%ae/", "/..%2f..%2fetc%2fpasswd", "/images/..%2f..%2fitems", "//etc/passwd",
    "/images//etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/schema/%00", "/api/characters/%00/token", "/health/%00", "/a%0d%0ab", "/~root", "/.env",
    "/api/characters/99999999999999999999999999/token",
]  # fmt: skip


@pytest.fixture(scope="module")
def narrow(postgres):
    """A server with few places and little patience. It trusts a proxy elsewhere, so that a client of this machine is a stranger."""
    limits = {"ECHOES_CONNECTIONS": "20", "ECHOES_CONNECTIONS_PER_ADDRESS": "8", "ECHOES_REQUEST_TIMEOUT": "0.5"}
    with a_database(postgres) as url, Server({"ECHOES_DATABASE_URL": url, "ECHOES_TRUSTED_PROXIES": "127.0.0.2", **limits}) as running:
        yield running


@pytest.fixture
async def stream(narrow):
    """Opens raw connections, from an address of this machine that is the test's own; closes them when it is over."""
    opened = []
    ours = f"127.1.{next(ADDRESSES)}.1"

    async def open_one(address=ours):
        reader, writer = await asyncio.open_connection("127.0.0.1", narrow.port, local_addr=(address, 0))
        opened.append(writer)
        return reader, writer

    yield open_one
    for writer in opened:
        writer.transport.abort()


async def get(url, **headers):
    """One answer, on a connection of its own."""
    async with httpx.AsyncClient() as http:
        return await http.get(url, headers=headers)


async def turned_away(server, reason):
    """How many were, for this reason."""
    text = (await get(f"{server.url}/metrics")).text
    line = next((one for one in text.splitlines() if one.startswith(f'echoes_turned_away_total{{reason="{reason}"}}')), " 0")
    return float(line.split()[-1])


async def upgrade(server, **headers):
    """The status of an attempt to open the WebSocket."""
    try:
        async with connect(server.websocket, additional_headers=headers):
            return 101
    except InvalidStatus as refused:
        return refused.response


async def rest(reader, within=5.0):
    """All bytes that still come, until the connection ends; None when it does not."""
    with contextlib.suppress(OSError):
        try:
            return await asyncio.wait_for(reader.read(), within)
        except TimeoutError:
            return None
    return b""


# ── origins ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def open_to_a_friend(postgres):
    """A server that lets the pages of one other origin in."""
    with (
        a_database(postgres) as url,
        Server({"ECHOES_DATABASE_URL": url, "ECHOES_ALLOWED_ORIGINS": "https://friend.example"}) as running,
    ):
        yield running


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "https://friend.example.evil.example", "file://", "x", "http://[::1"]
)
async def test_a_page_of_another_origin_cannot_open_a_connection(open_to_a_friend, origin):
    """The upgrade is refused with 403, in the form of the server's errors."""
    refused = await upgrade(open_to_a_friend, origin=origin)
    assert refused.status_code == 403
    assert b'"code":"not_allowed"' in refused.body
    assert refused.headers["content-type"] == "application/json"


async def test_our_page_a_friends_and_a_program_may(open_to_a_friend):
    """The origin that the Host header names, those of the setting, and none at all; also behind a proxy that speaks TLS for us."""
    ours = open_to_a_friend.url
    for headers in ({}, {"origin": ours}, {"origin": ours.upper()}, {"origin": "https://friend.example"}):
        assert await upgrade(open_to_a_friend, **headers) == 101
    async with httpx.AsyncClient() as http:
        upgrading = {
            "connection": "upgrade",
            "upgrade": "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": "c2l4dGVlbiBieXRlcyEhIQ==",
        }
        for host, origin, status in (
            ("play.example", "https://play.example", 101), ("play.example:443", "https://play.example", 101),
            ("play.example:8443", "https://play.example:8443", 101), ("play.example", "https://other.example", 403),
        ):  # fmt: skip
            async with http.stream("GET", f"{ours}/ws/game", headers={**upgrading, "host": host, "origin": origin}) as answer:
                assert answer.status_code == status, (host, origin)


# ── headers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200), ("GET", "/app.js", 200), ("GET", "/schema", 200), ("GET", "/nothing", 404), ("POST", "/", 405),
        ("GET", "/api/characters", 401), ("POST", "/api/auth/login", 400), ("GET", "/health/live", 200), ("GET", "/%00", 404),
    ],
)  # fmt: skip
async def test_every_answer_has_the_security_headers(server, method, path, status):
    """Pages, files, answers and errors alike."""
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.request(method, path)
        tagged = answer.headers.get("etag")
        again = await http.get(path, headers={"if-none-match": tagged}) if tagged else answer
    assert (answer.status_code, again.status_code) == (status, 304 if tagged else status)
    for headers in (answer.headers, again.headers):
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        assert "strict-transport-security" not in headers
    assert (answer.headers.get("cache-control") == "no-store") == path.startswith("/api/"), "tokens are kept by no cache"


async def test_answers_behind_tls_have_strict_transport_security(server, narrow):
    """Where a trusted proxy states that it speaks TLS; no other client may state it."""
    secure = {"x-forwarded-proto": "https"}
    assert "strict-transport-security" in (await get(server.url, **secure)).headers
    assert "strict-transport-security" not in (await get(narrow.url, **secure)).headers


# ── odd paths ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ODD_PATHS)
async def test_odd_paths_lead_nowhere(server, path):
    """None is answered with a file, and none with an internal error."""
    for method in (b"GET", b"HEAD", b"POST", b"DELETE", b"OPTIONS"):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(method + b" " + path.encode("latin-1") + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = await rest(reader)
        writer.close()
        assert answer.split(b" ", 2)[1] in {b"400", b"401", b"404", b"405"} or (
            method == b"OPTIONS" and answer.startswith(b"HTTP/1.1 204")
        ), answer[:200]
        assert b"root:" not in answer


# ── too many ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_address_may_not_have_every_place(narrow, stream):
    """Its ninth connection is refused with the reason, and other addresses get in."""
    held = [await stream() for _ in range(8)]
    reader, writer = await stream()
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer = await rest(reader)
    assert answer.startswith(b"HTTP/1.1 429")
    assert b"too_many_connections" in answer
    assert b"retry-after: 5" in answer
    reader, writer = await stream("127.0.0.9")
    writer.write(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert (await rest(reader)).startswith(b"HTTP/1.1 200")
    held[0][1].transport.abort()
    await asyncio.sleep(0.1)
    reader, writer = await stream()
    writer.write(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert (await rest(reader)).startswith(b"HTTP/1.1 200")


async def test_a_full_server_says_so_and_is_still_alive(narrow, stream):
    """503 with Retry-After, before an upgrade, too; health still answers, so that an orchestrator does not restart it."""
    sockets = []
    for number in range(20):
        address = f"127.0.1.{1 + number % 5}"
        sockets.append(await connect(narrow.websocket, local_addr=(address, 0), ping_interval=None))
    try:
        for head in (b"GET / HTTP/1.1\r\n", b"GET /ws/game HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"):
            reader, writer = await stream("127.0.0.9")
            writer.write(head + b"Host: localhost\r\n\r\n")
            answer = await rest(reader)
            assert answer.startswith(b"HTTP/1.1 503")
            assert b'"code":"full"' in answer
            assert b"retry-after: 5" in answer
        assert (await get(f"{narrow.url}/health/ready")).status_code == 200
        assert await turned_away(narrow, "full") >= 2
    finally:
        for socket in sockets:
            socket.transport.abort()
    async with asyncio.timeout(5):
        while (await get(narrow.url)).status_code != 200:
            await asyncio.sleep(0.05)


async def test_a_flood_from_one_address_does_not_count_as_a_full_server(database_url):
    """Far beyond its limit an address gets no answer, and the metric has the same reason: nothing else is short of places."""
    limits = {"ECHOES_CONNECTIONS_PER_ADDRESS": "2", "ECHOES_TRUSTED_PROXIES": "127.0.0.2"}
    with Server({"ECHOES_DATABASE_URL": database_url, **limits}) as server:
        opened = [await asyncio.open_connection("127.0.0.1", server.port, local_addr=("127.0.0.9", 0)) for _ in range(2 + RESERVE + 5)]
        try:
            async with asyncio.timeout(5):
                while await turned_away(server, "address") < 5:
                    await asyncio.sleep(0.05)
            assert await turned_away(server, "full") == 0
        finally:
            for _, writer in opened:
                writer.transport.abort()


async def test_behind_a_proxy_the_clients_address_is_counted(database_url):
    """The third WebSocket of one address is refused before the upgrade; other addresses are not affected."""
    with Server({"ECHOES_DATABASE_URL": database_url, "ECHOES_CONNECTIONS_PER_ADDRESS": "2"}) as server:
        here = {"x-forwarded-for": "evil, 192.0.2.1, 127.0.0.1"}  # from the right: a trusted proxy, the client that it asks for, and a lie
        async with connect(server.websocket, additional_headers=here), connect(server.websocket, additional_headers=here):
            refused = await upgrade(server, **here)
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
            assert await upgrade(server, **{"x-forwarded-for": "192.0.2.2"}) == 101
            assert await upgrade(server) == 101
        assert await upgrade(server, **here) == 101


async def test_a_thousand_clients_that_reconnect_at_once_get_in(server):
    """A restart is no attack: two hundred connections a second from one address, through a proxy that forwards no address."""
    async with contextlib.AsyncExitStack() as stack:
        began = time.monotonic()
        opened = await asyncio.gather(*(stack.enter_async_context(connect(server.websocket, ping_interval=None)) for _ in range(300)))
        assert len(opened) == 300
        assert time.monotonic() - began < 10


# ── too slow, too large ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "begun",
    [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n", b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"],
    ids=["silent", "line", "headers", "body"],
)  # fmt: skip
async def test_a_client_that_never_finishes_a_request_is_disconnected(narrow, stream, begun):
    """A byte now and then does not help: the whole request has half a second here."""
    reader, writer = await stream()
    writer.write(begun)
    began = time.monotonic()
    with contextlib.suppress(OSError):
        while not reader.at_eof() and time.monotonic() - began < 5:
            writer.write(b"x" if begun else b"")
            await writer.drain()
            await asyncio.sleep(0.1)
            if reader._transport.is_closing():
                break
    assert time.monotonic() - began < 3
    assert await rest(reader) is not None


async def test_a_websocket_outlives_the_clock_of_requests(narrow):
    """From the upgrade on, other clocks count."""
    mara = await Player.join(narrow)
    await asyncio.sleep(1.2)
    assert (await mara.type("look"))["ok"]


async def test_an_idle_connection_may_ask_again(narrow, stream):
    """Within the five seconds that uvicorn keeps it."""
    reader, writer = await stream()
    for _ in range(3):
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
        await asyncio.sleep(0.7)


@pytest.mark.parametrize(
    "junk", [b"X-A: " + b"a" * 400_000, b"X-A: a\r\n" * 60_000, b"X-A: " + b"a" * 40_000 + b"\r\n\r\n"], ids=["one", "many", "complete"]
)
async def test_a_head_without_end_is_refused(narrow, stream, junk):
    """431, whether or not it ever ends."""
    reader, writer = await stream()
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + junk)
    answer = await rest(reader)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 431"), answer[:100]  # a reset may overtake it


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_64_kib_is_refused(server, chunked):
    """413, whether its length was said beforehand or not."""

    async def pieces():
        for _ in range(100):
            yield b" " * 1024

    content = pieces() if chunked else b" " * 102_400
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.post("/api/auth/login", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_client_that_reads_no_answer_is_disconnected(narrow, stream):
    """It requests a picture again and again, and never reads it."""
    before = await turned_away(narrow, "slow")
    reader, writer = await stream()
    reader._transport.pause_reading()
    async with asyncio.timeout(10):
        while await turned_away(narrow, "slow") == before:
            writer.write(f"GET {PICTURE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 20)
            await asyncio.sleep(0.1)


async def test_a_websocket_that_drips_its_hello_is_closed(database_url):
    """Byte by byte, for ever: 4001 after the time for it, as if nothing had come."""
    with Server({"ECHOES_DATABASE_URL": database_url, "ECHOES_HELLO_TIMEOUT": "0.5"}) as server:
        async with connect(server.websocket, ping_interval=None) as socket:

            async def drip():
                for _ in range(100):
                    yield "x"
                    await asyncio.sleep(0.05)

            with pytest.raises(ConnectionClosed):
                await socket.send(drip())
            assert socket.close_code == 4001


# ── turned away ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_page_that_is_turned_away_can_ask_why(server):
    """A browser does not show its page the answer to an upgrade: the page asks at the same address, and says from where it is."""
    ours, address = server.url, f"{server.url}/ws/game"
    foreign = await get(f"{address}?origin=https://play.example.org")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_allowed")
    blocked = await get(f"{address}?origin={ours}")
    assert (blocked.status_code, blocked.json()["code"]) == (426, "upgrade_required")
    assert (blocked.headers["upgrade"], (await get(address)).status_code) == ("websocket", 426)


async def test_an_address_that_is_turned_away_can_ask_why(narrow):
    """It has as many connections as it may."""
    async with contextlib.AsyncExitStack() as stack:
        headers = {"x-forwarded-for": "192.0.2.44"}
        for _ in range(8):
            await stack.enter_async_context(
                connect(narrow.websocket, additional_headers=headers, local_addr=("127.0.0.2", 0), ping_interval=None)
            )
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(local_address="127.0.0.2")) as http:
            refused = await http.get(f"{narrow.url}/ws/game", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_connections")


async def test_each_cause_is_logged_once_a_minute(database_url):
    """With advice, for any number of clients and attempts; and uvicorn logs no error."""
    with Server({"ECHOES_DATABASE_URL": database_url}) as server:
        for number in range(30):
            refused = await upgrade(server, Origin=f"https://page-{number}.example.org")
            assert (refused.status_code, b"not_allowed" in refused.body) == (403, True)
            await get(f"{server.url}/ws/game")
            with contextlib.suppress(ConnectionClosed):
                async with connect(server.websocket) as socket:
                    await socket.send("{}")
                    await socket.recv()
        assert await turned_away(server, "origin") == await turned_away(server, "upgrade") == 30
        server.stop()
        said = [line for line in server.output if "connection." in line]
        assert [("cause=origin" in line, "cause=upgrade" in line, "connection.refused" in line) for line in said] == [
            (True, False, False), (False, True, False), (False, False, True),
        ]  # fmt: skip
        assert "origin=https://page-0.example.org" in said[0]
        assert "ECHOES_ALLOWED_ORIGINS" in said[0]
        assert not [line for line in server.output if "handshake" in line or "[error" in line]


async def test_a_websocket_of_an_unknown_address_is_refused_without_a_complaint(database_url):
    with Server({"ECHOES_DATABASE_URL": database_url}) as server:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"{server.websocket}/more"):
                pass
        assert refused.value.response.status_code in {403, 404}
        server.stop()
        assert not [line for line in server.output if "[error" in line]
        assert not tracebacks(server.output)


# ── methods ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def routes(server):
    """Every path that there is, with an id in place of a parameter, and its methods."""
    described = (await get(f"{server.url}/schema/openapi.json")).json()["paths"]
    found = {re.sub(r"{\w+}", "1", path): {method.upper() for method in methods} for path, methods in described.items()}
    files = ["/", "/index.html", "/app.js", PICTURE, "/schema", "/health/live", "/health/ready", "/metrics", "/metrics/worker"]
    return found | {path: {"GET"} for path in files}


async def test_head_is_answered_wherever_get_is(server):
    """With the same status and headers, and no body."""
    async with httpx.AsyncClient(base_url=server.url) as http:
        for path, methods in (await routes(server)).items():
            head, get_ = await http.head(path), await http.get(path)
            assert head.status_code == get_.status_code, path
            assert head.content == b""
            assert head.headers.get("content-type") == get_.headers.get("content-type"), path
            assert (head.status_code != 405) == ("GET" in methods), path


async def test_a_method_that_a_path_does_not_have_is_answered_with_those_that_it_has(server):
    async with httpx.AsyncClient(base_url=server.url) as http:
        for path, methods in (await routes(server)).items():
            allowed = methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
            asked = {method: await http.request(method, path) for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")}
            for method, answer in asked.items():
                assert (answer.status_code == 405) == (method not in allowed), (method, path)
                if answer.status_code == 405 or method == "OPTIONS":
                    assert set(answer.headers["allow"].split(", ")) == allowed, (method, path)
