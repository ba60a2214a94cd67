"""python-socketio with its Redis manager."""

import os

import socketio

sio = socketio.AsyncServer(
    async_mode="asgi", client_manager=socketio.AsyncRedisManager(os.environ["BENCH_REDIS"]), cors_allowed_origins="*", ping_interval=3600
)


@sio.event
async def connect(sid, environ):
    pass


@sio.event
async def join(sid, room):
    await sio.enter_room(sid, str(room))
    await sio.emit("joined", room, to=sid)


@sio.event
async def say(sid, room, text):
    await sio.emit("said", text, room=str(room), skip_sid=sid)


app = socketio.ASGIApp(sio)
