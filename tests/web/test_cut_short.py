"""A request that a leaving worker cuts short is answered as unavailable."""

import asyncio

import msgspec
import pytest
from echoes.web.cut_short import CutShort

START = {"type": "http.response.start", "status": 200, "headers": []}


async def answered(kind="http", begins=()):
    """The messages of a request that is cancelled while it waits."""
    sent, waits = [], asyncio.Event()

    async def app(scope, receive, send):
        for message in begins:
            await send(message)
        waits.set()
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    task = asyncio.create_task(CutShort(app)({"type": kind}, None, send))
    await waits.wait()
    task.cancel("Task cancelled, timeout graceful shutdown exceeded")
    await task
    return sent


async def test_it_says_when_to_come_again():
    start, body = await answered()
    headers = dict(start["headers"])
    assert start["status"] == 503
    assert headers[b"retry-after"] == b"2"
    assert int(headers[b"content-length"]) == len(body["body"])
    assert msgspec.json.decode(body["body"])["code"] == "unavailable"


@pytest.mark.parametrize(("kind", "begins"), [("http", [START]), ("websocket", [])])
async def test_an_answer_that_has_begun_is_not_begun_again(kind, begins):
    """Nor is a WebSocket answered: it has its own way to end."""
    with pytest.raises(asyncio.CancelledError):
        await answered(kind, begins)
