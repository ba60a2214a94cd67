"""The generator of the fan-out benchmark finds each message once, and the report compares the right numbers."""

import struct
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
from fanout.clients import Echoes, Memory, SocketIo
from fanout.crowd import Crowd, Heard
from fanout.peers import Running, peers_for
from fanout.report import FLOORS, LIMIT, OURS, markdown
from fanout.wire import Connection, frame


class Line:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = []

    def write(self, data) -> None:
        self.written.append(data)

    def get_extra_info(self, _):
        return "127.0.0.1", 1


def from_server(payload, opcode=1):
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x80 | opcode, size) + payload
    return struct.pack("!BBH", 0x80 | opcode, 126, size) + payload


async def connected(kind):
    """A client whose upgrade was answered, the marks that it has received, and its line."""
    heard = []
    one = kind(3, 0, lambda _, mark: heard.append(mark))
    one.memory = Memory(3)
    line = Line()
    one.connection_made(line)
    one.data_received(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
    return one, heard, line


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
async def test_messages_are_found_however_they_are_cut(size):
    """A ping between them is answered with its own payload, masked as a client's frame is."""
    one, heard, line = await connected(Connection)
    data = from_server(b"~0.1.1.5~" + b"x" * 200) + from_server(b"hey", 9) + from_server(b'{"text":"~0.2.1.6~xx"}')
    for start in range(0, len(data), size):
        one.data_received(data[start : start + size])
    assert heard == [b"0.1.1.5", b"0.2.1.6"]
    assert line.written[-1] == frame(b"hey", 10)


async def test_a_text_that_stands_twice_counts_once():
    """An event of this server has it in `text` and in `message`; a reply has the speaker's own words."""
    one, heard, _ = await connected(Echoes)
    one.may_speak()
    event = b'{"type":"chat","data":{"text":"~0.1.4.9~xx","message":"A says: ~0.1.4.9~xx"}}'
    reply = b'{"type":"reply","id":1,"data":{"message":"You say: ~0.3.7.9~xx"}}'
    one.data_received(from_server(b"\n".join([event, reply, event])))
    assert heard == [b"0.1.4.9", b"0.1.4.9"]


async def test_a_client_that_comes_back_says_where_it_was():
    """And sends again what was not answered, under the same number."""
    one, heard, line = await connected(Echoes)
    one.comes_back = True
    welcome = b'{"type":"welcome","worker_id":"w","recovered":true,"positions":{"a":{"epoch":"1","offset":1}}}'
    one.data_received(from_server(welcome))
    one.say(b"~0.3.1.1~")
    event = b'{"type":"chat","channel":"a","epoch":"1","offset":2,"data":{"text":"~0.1.4.9~xx"}}'
    one.data_received(from_server(event))
    assert heard == [b"0.1.4.9"]
    again = Echoes(3, 0, lambda *_: None)
    again.memory, again.comes_back = one.memory, True
    other = Line()
    again.connection_made(other)
    again.data_received(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + from_server(welcome))
    assert b'"offset": 2' in other.written[1]
    assert other.written[2] == line.written[-1]


async def test_the_handshake_of_socket_io():
    """Open, connect, join; then it may speak."""
    one, heard, line = await connected(SocketIo)
    for payload in (b'0{"sid":"x"}', b'40{"sid":"y"}', b'42["joined",0]', b"2", b'42["said","~0.1.1.1~x"]'):
        one.data_received(from_server(payload))
    assert line.written[1:] == [frame(b"40"), frame(b'42["join",0]'), frame(b"3")]
    assert one.opened.done()
    assert heard == [b"0.1.1.1"]


async def test_a_crowd_counts_doubled_and_misplaced_messages():
    """By speaker and number."""
    crowd = Crowd(Running([1], list, None), 4, 4, tells_speaker=False)
    crowd.seen = [{} for _ in range(4)]
    one = SimpleNamespace(room=0, number=2, worker="")
    crowd.clients = [one] * 4
    found = crowd._heard = Heard(0.0)
    for mark in (b"0.1.1.5", b"0.1.2.5", b"0.1.2.5", b"1.1.3.5"):
        crowd.heard(one, mark)
    assert (found.delivered, found.doubled, found.misplaced) == (2, 1, 1)


def test_the_report_compares_with_the_best_peer():
    """More is better for deliveries, less for CPU; a server that carries the fan-out alone is no peer."""

    def result(rate, cpu):
        return [{"saturation": {"deliveries_per_s": rate, "server_cpu_s_per_100k": cpu}}]

    rounds = {
        "echoes": result(50, 2.0),
        "a": result(40, 1.0),
        "b": result(100, 4.0),
        "fan-out on uvicorn": result(400, 0.1),
        "limit": result(200, 0.5),
    }
    page = markdown(rounds, [])
    assert "| saturation, deliveries/s | 0.50 (b) | 0.25 |" in page
    assert "| … server CPU, s for 100,000 | 2.00 (a) | 4.00 |" in page


def test_servers_that_carry_the_fan_out_alone_are_no_peers():
    """Uvicorn, gunicorn's ASGI worker and Granian run the same application; the report knows them by their names."""
    names = {peer.name for peer in peers_for(20, 2, 40)}
    assert {OURS, *FLOORS} <= names
    assert {name for name in names if name.startswith("fan-out on ")} == FLOORS - {LIMIT}
    pinned = (Path(__file__).parents[1] / "bench" / "fanout" / "servers" / "requirements.txt").read_text(encoding="utf-8")
    for name in FLOORS - {LIMIT}:
        assert f"{name.removeprefix('fan-out on ').lower()}==" in pinned
