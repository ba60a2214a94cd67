"""Frames that bring no message, and heads that are no handshake: each connection has a bound for them, with a close code or an answer beyond it."""

import asyncio
import json

import httpx
import pytest
from player import Player
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

HEADERS = (
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: c2l4dGVlbiBieXRlcyEhIQ==",
)
UPGRADE = "\r\n".join((" HTTP/1.1", *HEADERS, "")).encode()
EMPTY = b"\x80\0\0\0\0"
PING, PONG, FIRST, PIECE, LAST = (bytes([kind]) + EMPTY for kind in (0x89, 0x8A, 0x01, 0x00, 0x80))
MANY = 5000


async def rest(reader):
    """All bytes that still come, until the connection ends; None when it does not."""
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    except TimeoutError:
        return None
    except OSError:
        return b""


async def end_of(socket):
    """The close code of a connection, once it has one."""
    async with asyncio.timeout(20):
        try:
            while True:
                await socket.recv()
        except ConnectionClosed:
            return socket.close_code


@pytest.mark.parametrize("welcomed", [False, True])
@pytest.mark.parametrize("raw", [PING * MANY, PONG * MANY, FIRST + PIECE * MANY], ids=["pings", "pongs", "pieces"])
async def test_a_flood_of_frames_without_a_message_closes_with_4009(server, raw, welcomed):
    """Whether or not its client has said who it is: the allowance of commands counts none of them."""
    async with connect(server.websocket, compression=None, ping_interval=None, close_timeout=1) as socket:
        if welcomed:
            player = Player(server)
            await player.register()
            await socket.send(json.dumps({"type": "hello", "token": player.token, "client": player.client}))
            await socket.recv()
        socket.transport.write(raw)
        assert await end_of(socket) == 4009
    async with httpx.AsyncClient() as http:
        assert (await http.get(f"{server.url}/health/live")).status_code == 200


async def test_a_client_that_closes_does_not_flood_with_messages(server):
    """After a close the application takes no messages. They count as frames without one, and the connection is cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /ws/game" + UPGRADE + b"\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"\x81\x80\0\0\0\0")  # no hello: closed with 4500
    await reader.readexactly(2)
    writer.write(b"\x81\x80\0\0\0\0" * MANY)
    assert await rest(reader) is not None
    writer.close()


async def test_a_message_in_pieces_is_read_as_one(server):
    """Pieces, some of them empty, with pings between them."""
    mara = await Player.join(server)
    said = json.dumps({"type": "line", "id": 77, "text": "look"}).encode()
    mara._socket.transport.write(FIRST + PING * 5)
    for byte in said:
        mara._socket.transport.write(b"\x00\x81\0\0\0\0" + bytes([byte]) + PIECE + PING)
    mara._socket.transport.write(LAST)
    assert (await mara.until(lambda: mara.replies.get(77)))["ok"]


async def test_messages_in_one_packet_are_answered_in_order(server):
    """More of them than are parsed at a time."""
    mara = await Player.join(server)
    frames = [json.dumps({"type": "line", "id": number, "text": "help say" + " " * 90}).encode() for number in range(1, 41)]
    mara._socket.transport.write(b"".join(b"\x81\xfe" + len(one).to_bytes(2) + b"\0\0\0\0" + one for one in frames))
    await mara.until(lambda: mara.replies.get(40))
    assert list(mara.replies) == list(range(1, 41))
    assert all(reply["ok"] for reply in mara.replies.values())


@pytest.mark.parametrize(
    ("head", "status", "code"),
    [
        (b"GET /ws/game" + UPGRADE + b"Cookie: " + b"a" * 9000, 431, "too_large"),
        (b"GET /ws/game" + UPGRADE + b"\r\n".join(b"X-%d: a" % number for number in range(200)), 431, "too_large"),
        (b"GET /ws/game?" + b"a" * 9000 + UPGRADE + b"X: a", 431, "too_large"),
        (b"GET /ws/game" + UPGRADE + b"Content-Length: 3", 400, "bad_request"),
        (b"GET /ws/game" + UPGRADE + b"Transfer-Encoding: chunked", 400, "bad_request"),
    ],
    ids=["long header", "many headers", "long line", "body", "chunks"],
)
async def test_a_head_that_is_no_handshake_is_answered(server, head, status, code):
    """And its connection is closed: no clock watches one that was handed to the WebSocket."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(head + b"\r\n\r\n")
    answer = await rest(reader)
    writer.close()
    assert answer is not None, "it waits for ever"
    assert answer.startswith(b"HTTP/1.1 %d" % status), answer[:200]
    assert b'"code":"%s"' % code.encode() in answer
