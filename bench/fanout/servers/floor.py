"""An ASGI application with the fan-out alone, written well: one Redis subscription a worker, a room's text sent to each socket of the room.

It runs under uvicorn, gunicorn's ASGI worker and Granian.
"""

import asyncio
import os
from collections import defaultdict

import redis.asyncio

ROOMS = defaultdict(set)
STORE = redis.asyncio.from_url(os.environ["BENCH_REDIS"])
TASKS = set()


async def listen() -> None:
    subscription = STORE.pubsub()
    await subscription.subscribe("bench")
    async for message in subscription.listen():
        if message["type"] == "message":
            room, _, text = message["data"].decode().partition("|")
            event = {"type": "websocket.send", "text": text}
            for send in tuple(ROOMS[room]):
                await send(event)


async def app(scope, receive, send):
    """Lifespan, and one socket a client."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            TASKS.add(asyncio.create_task(listen()))
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["type"] != "websocket":
        return
    room = scope["query_string"].decode().partition("room=")[2]
    await receive()
    await send({"type": "websocket.accept"})
    ROOMS[room].add(send)
    try:
        while (message := await receive())["type"] == "websocket.receive":
            await STORE.publish("bench", f"{room}|{message['text']}")
    finally:
        ROOMS[room].discard(send)
