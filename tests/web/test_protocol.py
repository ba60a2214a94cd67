"""The ties between our WebSocket protocol and uvicorn's: if an upgrade cuts one, this says which."""

import asyncio

import pytest
from echoes.token_bucket import TokenBucket, TokenBuckets
from echoes.web.protocol import WireProtocol, text_frame
from echoes.web.writer import ClientWriter, Flusher
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 200_000])
def test_a_frame_reads_as_it_was_written(size):
    """By a WebSocket client's own parser, at every length of header."""
    client = ClientProtocol(parse_uri("ws://x/"), max_size=None)
    client.state = type(client.state).OPEN
    client.parser = client.parse()
    client.reader.feed_data(text_frame(b"a" * size))

    def one_frame():
        frame = yield from Frame.parse(client.reader.read_exact, mask=False)
        return frame

    with pytest.raises(StopIteration) as done:
        next(one_frame())
    frame = done.value.value
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.TEXT, True, b"a" * size)


@pytest.mark.parametrize("method", ["handle_connect", "schedule_ping", "resume_writing", "stop_keepalive", "send_keepalive_ping"])
def test_uvicorn_has_the_methods_that_the_server_overrides(method):
    """Methods that the server overrides or calls."""
    assert callable(getattr(WebSocketsSansIOProtocol, method))
    assert issubclass(WireProtocol, WebSocketsSansIOProtocol)


class Line:
    """A client's end, as a writer sees it."""

    def __init__(self):
        self.may_write, self.unsent, self.frames, self.on_drained = True, 0, [], None

    def write_frame(self, frame):
        self.frames.append(frame)


def writer(line, limit=1000):
    overflows = []
    return ClientWriter(line, Flusher(), limit=limit, on_overflow=lambda: overflows.append(1)), overflows


async def turn():
    """One turn of the event loop, and the next."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_waiting_messages_leave_in_one_frame():
    """In order, one object a line."""
    line = Line()
    out, _ = writer(line)
    for payload in (b"1", b"2", b"3"):
        out.send(payload)
    await turn()
    assert line.frames == [text_frame(b"1\n2\n3")]


async def test_one_message_for_many_is_one_frame():
    """The very same bytes are written to each of them."""
    flusher, lines = Flusher(), [Line() for _ in range(3)]
    outs = [ClientWriter(line, flusher, limit=1000, on_overflow=lambda: None) for line in lines]
    message = b"hello"
    for out in outs:
        out.send(message)
    await turn()
    assert len({id(line.frames[0]) for line in lines}) == 1


async def test_several_messages_for_many_are_one_frame():
    """Clients with the same waiting messages get the same bytes, and each other client its own."""
    flusher, lines = Flusher(), [Line() for _ in range(4)]
    outs = [ClientWriter(line, flusher, limit=1000, on_overflow=lambda: None) for line in lines]
    first, second, other = b"1", b"2", bytes([0x32])
    for out in outs[:3]:
        out.send(first)
    for out in outs[:2]:
        out.send(second)
    outs[2].send(other)
    outs[3].send(first)
    await turn()
    assert [line.frames for line in lines] == [[text_frame(b"1\n2")], [text_frame(b"1\n2")], [text_frame(b"1\n2")], [text_frame(b"1")]]
    assert lines[0].frames[0] is lines[1].frames[0]
    outs[0].send(other)
    outs[0].send(first)
    await turn()
    assert lines[0].frames[1] == text_frame(b"2\n1")


async def test_under_load_messages_wait_for_the_end_of_the_window():
    """Messages beyond the frames that go at once wait, and then share a frame; a writer that closes does not wait."""
    flusher, lines = Flusher(window=3600.0, at_once=2), [Line() for _ in range(3)]
    outs = [ClientWriter(line, flusher, limit=1000, on_overflow=lambda: None) for line in lines]
    outs[0].send(b"1")
    await turn()
    outs[1].send(b"1")
    await turn()
    for payload in (b"2", b"3"):
        for out in outs:
            out.send(payload)
        await turn()
    assert [line.frames for line in lines] == [[text_frame(b"1")], [text_frame(b"1")], []]
    outs[2].close()
    assert lines[2].frames == [text_frame(b"2\n3")]


async def test_waiting_messages_are_written_when_the_window_ends():
    """All of it, in order."""
    flusher, lines = Flusher(window=0.01, at_once=1), [Line() for _ in range(3)]
    outs = [ClientWriter(line, flusher, limit=1000, on_overflow=lambda: None) for line in lines]
    for number in range(5):
        for out in outs:
            out.send(b"%d" % number)
        await turn()
    async with asyncio.timeout(20):
        while [b"".join(frame[2:] for frame in line.frames).replace(b"\n", b"") for line in lines] != [b"01234"] * 3:
            await asyncio.sleep(0.001)


async def test_a_slow_reader_waits_and_then_catches_up():
    """Nothing is written while the transport is full; nothing is lost when it drains."""
    line = Line()
    out, overflows = writer(line)
    line.may_write = False
    out.send(b"1")
    await turn()
    out.send(b"2")
    await turn()
    assert line.frames == []
    line.may_write = True
    line.on_drained()
    assert line.frames == [text_frame(b"1\n2")]
    assert not overflows


async def test_a_reader_that_is_too_slow_is_given_up_once():
    """The writer is bounded; it says so once and takes nothing more."""
    line = Line()
    out, overflows = writer(line, limit=10)
    line.may_write = False
    for _ in range(20):
        out.send(b"four")
    await turn()
    assert overflows == [1]
    assert out.closed


def test_an_allowance_refills():
    """A burst at once, then a number a second."""
    allowance = TokenBucket(rate=0.000001, burst=3)
    assert [allowance.spend() for _ in range(5)] == [True, True, True, False, False]
    assert TokenBucket(rate=1e9, burst=1).spend()


def test_allowances_are_forgotten_when_full():
    """The table is bounded by those who use theirs."""
    token_buckets = TokenBuckets(rate=1e9, burst=2, most=10)
    assert all(token_buckets.spend(key) for key in range(100))
    assert len(token_buckets._of) <= 11
