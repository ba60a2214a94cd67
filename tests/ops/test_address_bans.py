"""Bans of address ranges: at sign-up, sign-in, hello and play, on every worker, for the address that a trusted proxy names."""

import asyncio
import json

import pytest
import pytest_asyncio
from echoes.storage import address_bans
from operating import PASSWORD, refused
from player import a_name

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


@pytest_asyncio.fixture(loop_scope="module")
async def ban(api):
    """Bans a range; all bans are ended afterwards."""

    async def now(network, **body):
        answer = await api.post("/address-bans", network=network, **body)
        if answer.status_code == 201:
            await known(api.context, network)
        return answer

    yield now
    for one in (await api.get("/address-bans")).json():
        await api.post(f"/address-bans/{one['id']}/end")
    await asyncio.sleep(0)


async def known(context, network):
    """Return once a worker has read the bans again."""
    async with asyncio.timeout(5):
        while context.address_bans.ban_of(str(address_bans.range_of(network))) is None:
            await asyncio.sleep(0.05)


def at(address):
    return {"x-forwarded-for": address}


async def test_a_banned_range_is_kept_out(api, ban):
    """Of signing up and in, refreshing, listing and playing, with code, end and words; the next address is not, nor is an operator."""
    name, token = await api.register()
    inside, beside = at("198.51.100.200"), at("198.51.101.1")
    bearer = {"authorization": f"Bearer {token}"}
    made = (await api.http.post("/api/characters", json={"name": name}, headers=bearer)).json()
    play = (await api.http.post(f"/api/characters/{made['id']}/token", headers=bearer)).json()["access_token"]
    answer = await ban("198.51.100.7/24", minutes=30, notice="This network attacks us.")
    assert (answer.status_code, answer.json()["network"]) == (201, "198.51.100.0/24")
    credentials = {"username": name, "password": PASSWORD}
    playing = {"authorization": f"Bearer {play}"}

    async def answers(headers):
        return [
            await api.http.post("/api/auth/register", json={"username": a_name(), "password": PASSWORD}, headers=headers),
            await api.http.post("/api/auth/login", json=credentials, headers=headers),
            await api.http.post("/api/auth/refresh", headers=headers | bearer),
            await api.http.get("/api/characters", headers=headers | bearer),
            await api.http.get("/api/game/profile", headers=headers | playing),
            await api.http.post("/api/game/command", json={"type": "look"}, headers=headers | playing),
        ]

    kept_out = await answers(inside)
    assert {refused(one) for one in kept_out} == {(403, "banned")}
    assert {one.json()["hint"] for one in kept_out} == {"This network attacks us."}
    assert all(one.json()["message"].startswith("Your network is banned until ") for one in kept_out)
    assert {one.status_code // 100 for one in await answers(beside)} == {2}
    assert {one.status_code // 100 for one in await answers({})} == {2}
    assert (
        await api.http.get("/api/ops/address-bans", headers=inside | {"authorization": f"Bearer {await api.token('viewer')}"})
    ).status_code == 200
    (entry,) = await api.entries(action="ban_address", reason="a test asks for it")
    assert json.loads(entry.details)["network"] == "198.51.100.0/24"
    (one,) = (await api.get("/address-bans")).json()
    assert (await api.post(f"/address-bans/{one['id']}/end")).json() == {"network": "198.51.100.0/24"}
    async with asyncio.timeout(5):
        while (await api.http.post("/api/auth/login", json=credentials, headers=inside)).status_code != 200:
            await asyncio.sleep(0.05)
    assert refused(await api.post(f"/address-bans/{one['id']}/end")) == (404, "no_ban")


async def test_a_household_of_ipv6_is_one_address(api, ban):
    """A single address means its network of 64 bits; another one of the provider is not concerned."""
    assert (await ban("2001:db8:0:1::5")).json()["network"] == "2001:db8:0:1::/64"
    wrong = {"username": "nobody there", "password": PASSWORD}
    for address, status in (("2001:db8:0:1:aaaa::7", 403), ("2001:db8:0:2::5", 401), ("192.0.2.1", 401)):
        assert (await api.http.post("/api/auth/login", json=wrong, headers=at(address))).status_code == status, address


async def test_open_connections_from_a_banned_range_end_on_every_worker(api, other, ban):
    """Each once, with the words; those from elsewhere stay."""
    ended = []
    with (
        other.address_bans.watched("203.0.113.9", ended.append),
        other.address_bans.watched("203.0.114.9", lambda _: ended.append("elsewhere")),
        other.address_bans.watched("", lambda _: ended.append("unknown")),
        api.context.address_bans.watched("203.0.113.77", ended.append),
    ):
        assert (await ban("203.0.113.0/24", notice="Out.")).status_code == 201
        async with asyncio.timeout(5):
            while len(ended) < 2:
                await asyncio.sleep(0.05)
        await ban("192.0.2.0/24")
    assert [(one.code, one.in_one_line) for one in ended] == [("banned", "Your network is banned for good. Out.")] * 2


async def test_a_ban_is_over_by_itself(api, ban):
    """No poll has to happen for it."""
    await ban("198.51.100.7", minutes=0.02)
    wrong = {"username": "nobody there", "password": PASSWORD}
    async with asyncio.timeout(5):
        while (await api.http.post("/api/auth/login", json=wrong, headers=at("198.51.100.7"))).status_code == 403:
            await asyncio.sleep(0.1)
    assert (await api.get("/address-bans")).json() == []


@pytest.mark.parametrize(
    "network",
    [
        "somewhere",
        "0.0.0.0/0",
        "10.0.0.0/15",
        "::/0",
        "2001:db8::/31",
        "192.0.2.0/33",
        "<b>",
        "::ffff:0.0.0.0/96",
        "::ffff:10.0.0.0/111",
        "::ffff:0:0/90",
    ],
)
async def test_a_range_that_is_unclear_or_too_wide_is_refused(api, network):
    """And nothing is banned; the refusal is in the audit log."""
    answer = await api.post("/address-bans", network=network)
    assert refused(answer) == (422, "bad_address")
    assert (await api.get("/address-bans")).json() == []
    assert json.loads((await api.entries(action="ban_address"))[0].details)["refused"] == "bad_address"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("::ffff:203.0.113.7", "203.0.113.7/32"), ("::ffff:203.0.113.0/120", "203.0.113.0/24"), ("::FFFF:cb00:7107", "203.0.113.7/32")],
)
async def test_an_address_of_ipv4_written_as_ipv6_is_meant(api, ban, written, meant):
    """Many logs write it so; the client is known by its address of IPv4."""
    made = await ban(written)
    assert (made.status_code, made.json()["network"]) == (201, meant)
    answer = await api.http.post("/api/auth/login", json={"username": "nobody", "password": PASSWORD}, headers=at("::ffff:203.0.113.7"))
    assert refused(answer) == (403, "banned")


async def test_only_a_moderator_bans_a_range(api, ban):
    """A viewer sees the list; a second ban of the range says what the first did."""
    viewer = await api.token("viewer")
    assert refused(await api.post("/address-bans", token=viewer, network="192.0.2.0/24")) == (403, "not_allowed")
    assert (await ban("192.0.2.0/24", notice="Out.", token=await api.token("moderator"))).status_code == 201
    second = await ban("192.0.2.5/24")
    assert refused(second) == (409, "done_already")
    assert ": Out." in second.json()["message"]
    (one,) = (await api.get("/address-bans", token=viewer)).json()
    assert (one["network"], one["until"], one["notice"]) == ("192.0.2.0/24", "for good", "Out.")
    assert refused(await api.post(f"/address-bans/{one['id']}/end", token=viewer)) == (403, "not_allowed")


async def test_bans_are_bounded_and_those_that_are_over_make_room(api, ban, monkeypatch):
    """One more than can be is refused."""
    monkeypatch.setattr(address_bans, "MOST", 2)
    for network in ("192.0.2.0/24", "198.51.100.0/24"):
        assert (await ban(network)).status_code == 201
    assert refused(await ban("203.0.113.0/24")) == (422, "too_many")
    await api.context.database.rows("test", "update address_bans set until = 1 where network = '192.0.2.0/24'")
    assert (await ban("203.0.113.0/24")).status_code == 201


async def test_a_worker_knows_the_bans_before_it_serves(api, ban):
    """It reads them at its start."""
    await ban("198.51.100.0/24")
    known = await address_bans.AddressBans.known(api.context.database)
    assert known.ban_of("198.51.100.3") is not None
    assert known.ban_of("unreadable") is None
    assert known.ban_of(None) is None
