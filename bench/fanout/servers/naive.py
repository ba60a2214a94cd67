"""The naive plan: every worker subscribes to all rooms, asks Redis for the members of a room on every message, and sends JSON to each in turn."""

import asyncio
import json
import os
from collections import defaultdict

import redis.asyncio
from litestar import Litestar, WebSocket, websocket

STORE = redis.asyncio.from_url(os.environ["BENCH_REDIS"], decode_responses=True)
SOCKETS: dict[str, WebSocket] = {}
NEXT = iter(range(10**9))
TASKS = set()
ROOMS = defaultdict(set)


async def listen() -> None:
    subscription = STORE.pubsub()
    await subscription.psubscribe("room:*")
    async for message in subscription.listen():
        if message["type"] == "pmessage":
            room = message["channel"].partition(":")[2]
            for member in await STORE.smembers(f"members:{room}"):
                socket = SOCKETS.get(member)
                if socket is not None:
                    await socket.send_json(json.loads(message["data"]))


@websocket("/ws")
async def play(socket: WebSocket) -> None:
    room, me = socket.query_params["room"], f"{os.getpid()}:{next(NEXT)}"
    await socket.accept()
    SOCKETS[me] = socket
    await STORE.sadd(f"members:{room}", me)
    try:
        while True:
            await STORE.publish(f"room:{room}", json.dumps({"text": await socket.receive_text()}))
    finally:
        SOCKETS.pop(me, None)
        await STORE.srem(f"members:{room}", me)


async def start() -> None:
    TASKS.add(asyncio.create_task(listen()))


app = Litestar([play], on_startup=[start])
