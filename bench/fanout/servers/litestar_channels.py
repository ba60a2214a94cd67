"""Litestar's channels plugin with its Redis pub/sub backend, one channel a room."""

import os

import redis.asyncio
from litestar import Litestar, WebSocket, websocket
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.redis import RedisChannelsPubSubBackend

channels = ChannelsPlugin(
    backend=RedisChannelsPubSubBackend(redis=redis.asyncio.from_url(os.environ["BENCH_REDIS"])), arbitrary_channels_allowed=True
)


@websocket("/ws")
async def play(socket: WebSocket) -> None:
    room = socket.query_params["room"]
    await socket.accept()
    async with channels.start_subscription([room]) as subscriber, subscriber.run_in_background(socket.send_text):
        while True:
            channels.publish(await socket.receive_text(), room)


async def first() -> None:
    """Concurrent first subscriptions race in the Redis client: one is made before any client comes."""
    await channels.subscribe(["first"])


app = Litestar([play], plugins=[channels], on_startup=[first])
