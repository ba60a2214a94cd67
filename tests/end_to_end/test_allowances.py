"""An allowance belongs to an account, over all its connections, and some commands cost more than others."""

import httpx
from player import Player
from server import Server

LIMITS = {"ECHOES_COMMANDS_PER_SECOND": "0.001", "ECHOES_COMMANDS_BURST": "60"}


async def test_all_connections_of_an_account_share_one_allowance(database_url):
    """Two characters, and requests over HTTP; another account has its own. A command that costs more is refused earlier."""
    with Server({"ECHOES_DATABASE_URL": database_url, **LIMITS}) as server:
        mara, tomas = await Player.join(server), await Player.join(server)
        twin = Player(server)
        async with httpx.AsyncClient(base_url=server.url, headers=mara.account) as http:
            twin.id = (await http.post("/api/characters", json={"name": twin.name})).json()["id"]
            twin.token = (await http.post(f"/api/characters/{twin.id}/token")).json()["access_token"]
        await twin.connect()
        whispers = [await mara.type(f"whisper {tomas.name} {number}") for number in range(20)]
        heard = sum(reply["ok"] for reply in whispers)
        assert 0 < heard < 20
        assert {reply["error"]["code"] for reply in whispers if not reply["ok"]} == {"flood"}
        assert "not carried out" in whispers[-1]["error"]["hint"]
        while (await mara.type("look"))["ok"]:
            pass
        assert (await twin.type("look"))["error"]["code"] == "flood"
        async with httpx.AsyncClient(base_url=server.url, headers={"authorization": f"Bearer {twin.token}"}) as http:
            assert (await http.get("/api/game/state")).status_code == 429
        assert (await tomas.type("look"))["ok"]
        await tomas.until(lambda: sum(one["type"] == "chat" for one in tomas.events) == heard)


async def test_hellos_of_an_account_have_an_allowance(database_url):
    """Each reads history and a snapshot. Those of all its characters count together, and commands do not count here."""
    with Server({"ECHOES_DATABASE_URL": database_url, **LIMITS}) as server:
        mara = await Player.join(server)
        hellos = 1
        while mara.closed is None:
            await mara.disconnect()
            await mara.connect()
            hellos += 1
        assert (mara.closed, hellos) == (4009, 60 // 5 + 1)
