"""The bare limit: one Redis subscription, prebuilt frames written to transports. It parses what the generator sends and nothing more."""

import asyncio
import base64
import hashlib
import sys
from collections import defaultdict

import redis.asyncio
import uvloop

ROOMS: dict[bytes, set[asyncio.Transport]] = defaultdict(set)
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Client(asyncio.Protocol):
    """One socket: the request's room, then frames of less than 64 KiB with a mask of zero."""

    def connection_made(self, transport):
        self.transport, self.room, self.buffer = transport, None, b""

    def connection_lost(self, _):
        ROOMS[self.room].discard(self.transport)

    def data_received(self, data):
        self.buffer += data
        if self.room is None:
            head, end, self.buffer = self.buffer.partition(b"\r\n\r\n")
            if not end:
                self.buffer = head
                return
            key = next(line[19:] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:"))
            accept = base64.b64encode(hashlib.sha1(key.strip() + MAGIC).digest())  # noqa: S324 - RFC 6455
            self.room = head.split(b"room=", 1)[1].split(b" ", 1)[0]
            ROOMS[self.room].add(self.transport)
            self.transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                + accept
                + b"\r\n\r\n"
            )
        while len(self.buffer) >= 6:
            size, start = self.buffer[1] & 127, 6
            if size == 126:
                size, start = int.from_bytes(self.buffer[2:4], "big"), 8
            if len(self.buffer) < start + size:
                return
            payload, self.buffer = self.buffer[start : start + size], self.buffer[start + size :]
            PENDING.append((self.room, payload))
            WAITING.set()


PENDING: list[tuple[bytes, bytes]] = []
WAITING = asyncio.Event()


async def publish(store):
    """Everything of one turn of the event loop in one pipeline."""
    while True:
        await WAITING.wait()
        WAITING.clear()
        batch, PENDING[:] = PENDING[:], []
        pipe = store.pipeline(transaction=False)
        for room, payload in batch:
            pipe.publish("bench", room + b"|" + payload)
        await pipe.execute()


async def main(port: int, url: str) -> None:
    store = redis.asyncio.from_url(url)
    subscription = store.pubsub()
    await subscription.subscribe("bench")
    server = await asyncio.get_running_loop().create_server(Client, "127.0.0.1", port)
    asyncio.get_running_loop().create_task(publish(store))
    print("ready", flush=True)
    async with server:
        async for message in subscription.listen():
            if message["type"] == "message":
                room, _, payload = message["data"].partition(b"|")
                size = len(payload)
                head = bytes((0x81, size)) if size < 126 else bytes((0x81, 126)) + size.to_bytes(2, "big")
                frame = head + payload
                for transport in ROOMS[room]:
                    transport.write(frame)


uvloop.run(main(int(sys.argv[1]), sys.argv[2]))
