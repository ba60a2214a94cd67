"""Any bytes over the WebSocket: each frame is answered or ends the connection with a code, and the server has no error."""

import asyncio
import contextlib
import json

import httpx
import pytest
from echoes.game.catalogue import Catalogue
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from player import Player
from postgres import a_database, execute
from redis_server import RedisServer
from server import Server
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

LIMITS = {"ECHOES_COMMANDS_PER_SECOND": "100000", "ECHOES_COMMANDS_BURST": "1000000", "ECHOES_HELLO_TIMEOUT": "5"}
ENDINGS = {1002, 1007, 1009, 4500, 4503}
"""How a connection may end for what was sent."""
OURS = ("crashed", "Traceback", '"internal"')

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=6,
)  # fmt: skip
ODD = st.sampled_from([
    0, -1, 2**53, 2**63, 2**64, 10**400, 1e308, "", " ", "\0", "a\0b", "\u202e", "🜂" * 50, "x" * 1001, "1", "-1", "east", "bread", "location:kiln_yard",
    "%s", "'; drop table characters; --", "__class__", "../../etc/passwd", "{0}", "echoes:*", "player:1",
])  # fmt: skip
FIELDS = ["type", "id", "text", "to", "item", "target", "direction", "quantity", "topic", "token", "client", "resume", "odd"]
TYPES = [*(frame.__struct_config__.tag for frame in Catalogue().by_frame), "line"]
COMMANDS = st.fixed_dictionaries({"type": st.sampled_from(TYPES)}, optional=dict.fromkeys(FIELDS[1:], ODD | JSON))
FRAMES = (
    COMMANDS.map(json.dumps) | st.dictionaries(st.sampled_from(FIELDS), ODD | JSON).map(json.dumps) | JSON.map(json.dumps) | st.text(max_size=200)
    | st.lists(COMMANDS.map(json.dumps), max_size=4).map("\n".join) | st.binary(max_size=40) | st.sampled_from(["", "\n", "[" * 4000, '{"a":' * 1500])
    | st.fixed_dictionaries({"type": st.just("line"), "text": ODD | st.text(max_size=300)}).map(json.dumps)
)  # fmt: skip
FUZZ = settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module", params=["memory", "redis"])
def fuzzed(request, postgres):
    """A server on each backend."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(a_database(postgres))
        redis = {} if request.param == "memory" else {"ECHOES_REDIS_URL": stack.enter_context(RedisServer()).url}
        yield stack.enter_context(Server({"ECHOES_DATABASE_URL": url, "ECHOES_BACKEND": request.param, **LIMITS, **redis}))


def ended(closed, frame):
    """The connection was closed as it may be; anything else is said with what was sent."""
    assert closed.rcvd is not None, frame
    assert closed.rcvd.code in ENDINGS, (frame, closed.rcvd)


class Fuzzer:
    """One player's connection, opened again when it was closed."""

    def __init__(self, server, player) -> None:
        self._stack = contextlib.ExitStack()
        self._server = server
        self._hello = json.dumps({"type": "hello", "token": player.token, "client": player.client})
        self._socket = None

    def send(self, frame: str | bytes) -> None:
        """Send it, and something that must be answered; any answer will do, but none is an internal error."""
        if self._socket is None:
            self._socket = self._stack.enter_context(connect(self._server.websocket, compression=None, max_size=None))
            self._socket.send(self._hello)
        try:
            self._socket.send(frame)
            self._socket.send('{"type":"help","topic":"say","id":9007199254740991}')
            while True:
                for line in self._socket.recv(timeout=10).split("\n"):
                    reply = json.loads(line)
                    assert reply.get("error", {}).get("code") != "internal", (frame, reply)
                    if reply["type"] == "reply" and reply["id"] == 9007199254740991:
                        return
        except ConnectionClosed as closed:
            ended(closed, frame)
            self._socket = None

    def close(self) -> None:
        self._stack.close()


def newcomer(server):
    """An account with a character."""
    player = Player(server)
    asyncio.run(player.register())
    return player


def unharmed(server, begun):
    """The server had no error since then, and still serves."""
    said = "".join(server.output[begun:])
    assert not [word for word in OURS if word in said], said
    assert httpx.get(f"{server.url}/health/ready").json()["status"] == "ok"


def test_any_frame_is_answered_or_ends_the_connection(fuzzed):
    """In mid-play: commands with odd fields, half of them valid, JSON of any shape, text, bytes."""
    begun, player = len(fuzzed.output), newcomer(fuzzed)
    fuzzer = Fuzzer(fuzzed, player)

    @FUZZ
    @given(FRAMES)
    def answered(frame):
        fuzzer.send(frame)

    answered()
    fuzzer.close()
    unharmed(fuzzed, begun)
    (sums,) = asyncio.run(
        execute(
            fuzzed.database_url,
            "select (select sum(quantity) from items) + (select sum(scrap) from characters) as things,"
            " (select sum(quantity) from ledger) as made, (select count(*) from characters where stamina < 0 or hp < 0) as broken",
        )
    )
    assert sums["things"] == sums["made"]
    assert sums["broken"] == 0


def test_any_hello_is_welcomed_or_refused(fuzzed):
    """Every field of any kind, a good token among them, positions from nowhere."""
    begun, player = len(fuzzed.output), newcomer(fuzzed)
    positions = st.dictionaries(
        ODD.map(str) | st.sampled_from([f"player:{player.id}", "location:kiln_yard", "game:broadcast", "game:cache", "player:1"]),
        st.fixed_dictionaries({"epoch": ODD.map(str), "offset": ODD | st.integers()}) | JSON, max_size=4,
    )  # fmt: skip
    hellos = st.fixed_dictionaries(
        {"type": st.just("hello"), "token": st.just(player.token) | ODD | st.text(max_size=50)},
        optional={"client": st.just(player.client) | ODD | JSON, "resume": positions | JSON, "odd": JSON},
    )

    @FUZZ
    @given(hellos.map(json.dumps) | FRAMES)
    def welcomed_or_refused(frame):
        with connect(fuzzed.websocket, compression=None, max_size=None) as socket:
            try:
                socket.send(frame)
                assert '"type":"welcome"' in socket.recv(timeout=10)
            except ConnectionClosed as closed:
                ended(closed, frame)

    welcomed_or_refused()
    unharmed(fuzzed, begun)


def test_any_body_over_http_is_answered(fuzzed):
    """The same frames as commands, and odd keys."""
    begun, player = len(fuzzed.output), newcomer(fuzzed)
    keys = st.text("abc-", min_size=1, max_size=70) | st.sampled_from(["a b", "é", "x" * 65])

    with httpx.Client(base_url=fuzzed.url, headers={"authorization": f"Bearer {player.token}"}) as http:

        @FUZZ
        @given(FRAMES, keys)
        def answered(frame, key):
            body = frame.encode(errors="replace") if isinstance(frame, str) else frame
            answer = http.post("/api/game/command", content=body, headers={"idempotency-key": key.encode()})
            assert answer.status_code < 500, answer.text
            assert answer.status_code == 200 or answer.json()["code"]

        answered()
    unharmed(fuzzed, begun)


def test_frames_that_are_no_websocket_end_the_connection(fuzzed):
    """Reserved bits, unknown kinds, unmasked, bad UTF-8, a huge length that never comes, fragments without end."""
    begun, player = len(fuzzed.output), newcomer(fuzzed)
    for raw in (
        b"\xf1\x80\0\0\0\0", b"\x83\x80\0\0\0\0", b"\x81\x05hello", b"\x81\x82\0\0\0\0\xff\xff", b"\x89\xfe\x00\x80\0\0\0\0" + b"p" * 128,
        b"\x81\xff" + b"\x7f" + b"\xff" * 7 + b"\0\0\0\0", b"\x01\x81\0\0\0\0a" + b"\x00\xfe\x10\x00\0\0\0\0" + b"a" * 4096 + b"\x00\xfe\x10\x00\0\0\0\0" + b"a" * 4096,
        b"\x80\x80\0\0\0\0", b"GET / HTTP/1.1\r\n\r\n",
    ):  # fmt: skip
        with connect(fuzzed.websocket, compression=None) as socket:
            socket.send(json.dumps({"type": "hello", "token": player.token, "client": player.client}))
            socket.recv(timeout=10)
            socket.socket.sendall(raw)
            with pytest.raises(ConnectionClosed):
                while True:
                    socket.recv(timeout=10)
    unharmed(fuzzed, begun)
