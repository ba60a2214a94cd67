"""Bad input gets a clear error or a coded close, and changes nothing."""

import asyncio
import contextlib
import json
import time

import httpx
import jwt
import pytest
from player import Player
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

NESTED = '{"username":' * 5000 + "1" + "}" * 5000


async def closed_with(server, *frames):
    """The close code of a connection that sends these frames."""
    async with connect(server.websocket, compression=None) as socket:
        for frame in frames:
            await socket.send(frame)
        async with asyncio.timeout(15):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await socket.recv()
        return socket.close_code


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("not json", 4500),
        ("{}", 4500),
        ('{"type":"move","id":1,"direction":"north"}', 4500),
        (b"\x00\x01", 4500),
        ('{"type":"hello","token":"forged","client":"c"}', 4503),
        ('{"type":"hello","client":"c"}', 4500),
        ('{"a":' * 1600, 4500),
        ("x" * 9000, 1009),
    ],
)
async def test_a_bad_hello_is_refused(server, frame, code):
    """Each with its close code."""
    assert await closed_with(server, frame) == code


async def test_a_forged_or_foreign_token_opens_nothing(server):
    """Another secret, no signature, an account's token, an expired one."""
    mara = await Player.join(server)
    claims = {"sub": str(mara.id), "aud": "play", "exp": int(time.time()) + 60}
    account = mara.account["authorization"].removeprefix("Bearer ")
    for token in (jwt.encode(claims, "x" * 32, "HS256"), jwt.encode(claims, None, "none"), account):
        assert await closed_with(server, json.dumps({"type": "hello", "token": token, "client": "c"})) == 4503


async def test_another_accounts_character_is_refused(server):
    """An account gets neither a token for another account's character nor its list."""
    mara, tomas = await Player.join(server), await Player.join(server)
    async with httpx.AsyncClient(base_url=server.url, headers=mara.account) as http:
        refused = await http.post(f"/api/characters/{tomas.id}/token")
        assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")
        assert [one["id"] for one in (await http.get("/api/characters")).json()] == [mara.id]
        assert (await http.get("/api/game/state")).status_code == 401


async def test_bad_commands_are_answered(server):
    """With a stable code, under the number that they carried; the connection stays open."""
    mara = await Player.join(server)
    before = mara.welcome["snapshot"]["inventory"]
    cases = [
        ("{", 0, "bad_json"),
        ('{"a":' * 1600, 0, "bad_json"),
        ('{"type":"fly","id":5}', 5, "unknown_command"),
        ('{"type":"move","id":6}', 6, "bad_command"),
        ('{"type":"move","id":7,"direction":3}', 7, "bad_command"),
        ('{"type":"drop","id":8,"item":"bread","quantity":0}', 8, "bad_command"),
        ('{"type":"drop","id":9,"item":"bread","quantity":50}', 9, "too_few"),
        ('{"type":"move","id":10,"direction":"sideways"}', 10, "no_exit"),
        ('{"type":"say","id":11,"text":"a\\u0000b"}', 11, "bad_text"),
        ('{"type":"say","id":12,"text":"\\u202eevil"}', 12, "bad_text"),
        ('{"type":"pick_up","id":13,"item":"moon"}', 13, "not_here"),
    ]
    for frame, number, code in cases:
        mara.replies.pop(0, None)
        await mara.raw(frame)
        reply = await mara.until(lambda n=number: mara.replies.get(n))
        assert (reply["ok"], reply["error"]["code"]) == (False, code), frame
    assert (await mara.do(type="inventory"))["data"]["inventory"] == before


async def test_markup_is_only_text(server):
    """It is delivered unchanged: clients insert it as text."""
    mara, tomas = await Player.join(server), await Player.join(server)
    await mara.type("say <img src=x onerror=alert(1)> & <b>")
    await tomas.until(lambda: tomas.heard("<img src=x onerror=alert(1)> & <b>"))


@pytest.mark.parametrize("name", ["x", "a" * 25, "<b>x</b>", "Ма\u0000ra", "Ma ra ", "-Mara", "Mаra", "12", "Ma\u202era", "", "  "])
async def test_bad_names_are_refused(server, name):
    """Length, letters, one script; with the reason."""
    mara = await Player.join(server)
    async with httpx.AsyncClient(base_url=server.url, headers=mara.account) as http:
        refused = await http.post("/api/characters", json={"name": name})
        if name == "Ma ra ":
            assert refused.status_code == 201
        else:
            assert (refused.status_code, refused.json()["code"]) == (422, "bad_name")


@pytest.mark.parametrize("name", ["Marta Kell", "Marta", "North", "Inventory", "Admin"])
async def test_names_that_mean_something_are_refused(server, name):
    """Names of the city's people, commands, directions, staff."""
    mara = await Player.join(server)
    async with httpx.AsyncClient(base_url=server.url, headers=mara.account) as http:
        refused = await http.post("/api/characters", json={"name": name})
        assert (refused.status_code, refused.json()["code"]) == (422, "name_reserved")


async def test_a_field_of_a_wrong_length_is_answered_in_a_sentence(server):
    """For the person who filled it in: nothing of types and schemas."""
    async with httpx.AsyncClient(base_url=server.url) as http:
        refused = (await http.post("/api/auth/register", json={"username": "someone", "password": "short"})).json()
        assert refused == {"code": "bad_request", "message": "The password has at least 8 characters.", "hint": ""}
        refused = (await http.post("/api/auth/register", json={"username": "x" * 33, "password": "long enough"})).json()
        assert refused["message"] == "The username has at most 32 characters."


async def test_a_name_that_looks_like_anothers_is_taken(server):
    """Case, accents and look-alike letters do not make a new name."""
    mara = await Player.join(server)
    async with httpx.AsyncClient(base_url=server.url, headers=mara.account) as http:
        assert (await http.post("/api/characters", json={"name": "Ilona"})).status_code == 201
        for name in ("ilona", "Ílona", "llona", "IIona"):
            refused = await http.post("/api/characters", json={"name": name})
            assert (refused.status_code, refused.json()["code"]) == (409, "name_taken"), name


async def test_an_account_has_five_characters_at_most(server):
    """The sixth is refused."""
    mara = await Player.join(server)
    async with httpx.AsyncClient(base_url=server.url, headers=mara.account) as http:
        codes = [(await http.post("/api/characters", json={"name": mara.name + letter})).status_code for letter in "qwert"]
    assert codes == [201, 201, 201, 201, 409]


async def test_a_thousand_commands_at_once_are_a_flood(server):
    """Some are carried out, then each is answered with a warning, then the connection is closed with 4009."""
    mara = await Player.join(server)
    for _ in range(1000):
        await mara.send(type="who")
    await mara.until(lambda: mara.closed)
    assert mara.closed == 4009
    codes = {reply["error"]["code"] for reply in mara.replies.values() if not reply["ok"]}
    assert codes == {"flood"}
    assert await mara.connect()


async def test_repeated_hellos_are_limited(server):
    """Each takes the character over from the one before, which costs PostgreSQL a write: 4009 after a burst."""
    mara = await Player.join(server)
    hello = json.dumps({"type": "hello", "token": mara.token, "client": "c"})
    async with contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(connect(server.websocket, ping_interval=None)) for _ in range(150)]
        await asyncio.gather(*(socket.send(hello) for socket in sockets))
        async with asyncio.timeout(20):
            while sum(socket.close_code is None for socket in sockets) > 1:  # the one that plays
                await asyncio.sleep(0.05)
        codes = [socket.close_code for socket in sockets if socket.close_code is not None]
    assert set(codes) == {4009, 4501}
    assert codes.count(4501) < 100


async def test_a_frame_over_8_kib_closes_with_1009(server):
    """And nothing of it is carried out."""
    mara = await Player.join(server)
    await mara.raw(json.dumps({"type": "say", "id": 1, "text": "x" * 9000}))
    await mara.until(lambda: mara.closed)
    assert mara.closed == 1009


async def test_binary_frames_close_with_4500(server):
    """Text frames only."""
    mara = await Player.join(server)
    await mara.raw(b"\x01")
    await mara.until(lambda: mara.closed)
    assert mara.closed == 4500


async def test_a_slow_reader_is_disconnected_and_may_resume(database_url):
    """A client's send queue is bounded: 4008, and the other clients do not wait."""
    from server import Server  # noqa: PLC0415 - settings of its own

    with Server(
        {
            "ECHOES_DATABASE_URL": database_url,
            "ECHOES_OUTBOX_BYTES": "600000",
            "ECHOES_COMMANDS_PER_SECOND": "1000",
            "ECHOES_COMMANDS_BURST": "100000",
        }
    ) as server:
        mara, tomas = await Player.join(server), await Player.join(server)
        mara._socket.transport.pause_reading()
        for number in range(20_000):
            await tomas.send(type="say", text=f"{number} " + "x" * 900)
            if number % 100 == 99:
                await tomas.until(lambda: len(tomas.unanswered) < 50, within=30)
            if "reads too slowly" in "".join(server.output[-50:]):
                break
        else:
            pytest.fail("the slow reader was never sent away")
        mara._socket.transport.resume_reading()
        await mara.until(lambda: mara.closed)
        assert mara.closed in {4008, 1006}
        assert (await mara.connect(resume=True))["session"]["character"] == mara.id


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/auth/register", {"username": "x", "password": "long enough"}, 400, "bad_request"),
        ("/api/auth/register", {"username": "someone", "password": "short"}, 400, "bad_request"),
        ("/api/auth/register", {"username": "some\u0000one", "password": "long enough"}, 422, "bad_username"),
        ("/api/auth/login", {"username": "nobody", "password": "long enough"}, 401, "wrong_password"),
        ("/api/auth/login", {"user": "nobody"}, 400, "bad_request"),
        ("/api/auth/login", NESTED, 400, "bad_request"),
        ("/api/auth/login", b'{"username": "some\xffone", "password": "long enough"}', 400, "bad_request"),
        ("/api/auth/login", b'{"username": "someone", "password": "long enough"}'.replace(b"o", b"\xed\xa0\x80"), 400, "bad_request"),
        ("/api/auth/login", b"", 400, "bad_request"),
        ("/api/characters", {"name": "Mara"}, 401, "not_authorized"),
        ("/api/game/move", {"direction": "north"}, 401, "not_authorized"),
        ("/api/nothing", {}, 404, "not_found"),
    ],
)
async def test_the_answer_to_a_bad_request_names_the_error(server, path, body, status, code):
    """With a status, a code and a message."""
    async with httpx.AsyncClient(base_url=server.url) as http:
        sent = {"content": body, "headers": {"content-type": "application/json"}} if isinstance(body, str | bytes) else {"json": body}
        answer = await http.post(path, **sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["message"]
    assert "'data'" not in answer.json()["message"]
