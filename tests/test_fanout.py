"""The generator of the fan-out benchmark finds each message once, and the report compares the right numbers."""

import struct
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
from fanout.__main__ import sizes
from fanout.clients import Echoes, Memory, SocketIo
from fanout.crowd import Crowd, Heard
from fanout.peers import peers_for
from fanout.report import FLOORS, LIMIT, NODE, OURS, markdown
from fanout.running import Running
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


def result(rate, cpu, **more):
    return {"saturation": {"deliveries_per_s": rate, "server_cpu_s_per_100k": cpu}, **more}


def test_the_report_compares_with_node_the_best_python_peer_and_the_limit():
    """More is better for deliveries, less for CPU; a server that carries the fan-out alone is no peer."""
    rounds = {
        "echoes": [result(50, 2.0)],
        NODE: [result(100, 4.0)],
        "a": [result(40, 1.0)],
        "b": [result(25, 0.5)],
        "fan-out on uvicorn": [result(400, 0.1)],
        "limit": [result(200, 0.5)],
    }
    page = markdown(rounds, [])
    assert f"| of this server, as a ratio | to {NODE} | to the best Python peer | to the limit |" in page
    assert "| saturation, deliveries/s | 0.50 | 1.25 (a) | 0.25 |" in page
    assert "| … server CPU, s for 100,000 | 0.50 | 4.00 (b) | 4.00 |" in page
    assert "Not measured" not in page


def test_the_report_has_medians_with_their_spread():
    """Of the rounds that were measured; a round without a number says why."""
    rounds = {
        "echoes": [result(50, 2.0), result(70, 1.0), result(60, 3.0)],
        "a": [result(40, 1.0), {"failed": "it was cut off"}, result(20, 1.0)],
    }
    page = markdown(rounds, [])
    assert "| saturation, deliveries/s | 60 (50–70) | 30 (20–40) |" in page
    assert "| saturation, deliveries/s | – | 2.00 (a) | – |" in page
    assert "- Round 2, a: it was cut off" in page


def test_more_sizes_have_lines_of_their_own():
    """Only their saturation is measured."""
    rounds = {"echoes": [result(50, 2.0, **{"saturation 1000x500": {"deliveries_per_s": 216_805, "server_cpu_s_per_100k": 0.5}})]}
    assert sizes("1000x500,2000x20") == [(1000, 500), (2000, 20)]
    assert "| 1,000 clients, rooms of 500: saturation | 216,805 |" in markdown(rounds, [], sizes("1000x500"))
    with pytest.raises(ValueError, match="10x20"):
        sizes("10x20")


def test_servers_that_carry_the_fan_out_alone_are_no_peers():
    """Uvicorn, gunicorn's ASGI worker and Granian run the same application; the report knows them by their names."""
    names = {peer.name for peer in peers_for(20, 2, 40)}
    assert {OURS, *FLOORS} <= names
    assert {name for name in names if name.startswith("fan-out on ")} == FLOORS - {LIMIT}
    pinned = (Path(__file__).parents[1] / "bench" / "fanout" / "servers" / "requirements.txt").read_text(encoding="utf-8")
    for name in FLOORS - {LIMIT}:
        assert f"{name.removeprefix('fan-out on ').lower()}==" in pinned
