"""This server with all its promises, over content of its own: rooms in a row, with characters in them."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import asyncpg
import yaml
from echoes.storage import embedded, migrations
from echoes.web.tokens import Tokens
from whole import SECRET, Parts, server_of

from fanout.clients import Echoes, Memory
from fanout.running import WORKERS, Running, children_of
from fanout.wire import Connection, Heard

OPEN = {
    "ECHOES_COMMANDS_PER_SECOND": "100000", "ECHOES_COMMANDS_BURST": "100000", "ECHOES_CONNECTIONS_PER_ADDRESS": "20000",
    "ECHOES_CONNECTIONS": "20000", "ECHOES_ROOM_BYTES_PER_SECOND": "1000000000", "ECHOES_SPEECH_BYTES": "100000",
}  # fmt: skip
"""Limits that are there for strangers are out of the way."""


def rooms_in_a_row(folder: Path, rooms: int) -> Path:
    """Write content with this number of rooms in a row; its folder."""
    content = folder / "gamedata"
    (content / "locations").mkdir(parents=True)
    start = {"location": "room_0", "arrival": "You wake up in the first of many rooms.", "kit": []}
    (content / "world.yaml").write_text(yaml.safe_dump(start), encoding="utf-8")
    for number in range(rooms):
        ways = {}
        if number:
            ways["west"] = {"to": f"room_{number - 1}"}
        if number < rooms - 1:
            ways["east"] = {"to": f"room_{number + 1}"}
        place = {
            "name": f"Room {number}",
            "district": "Rooms",
            "description": "A room as all of them are.",
            "x": number,
            "y": 0,
            "exits": ways,
        }
        (content / "locations" / f"room_{number}.yaml").write_text(yaml.safe_dump(place), encoding="utf-8")
    return content


def name_of(number: int) -> str:
    """The name of a character by its number."""
    return "Bench" + "".join(chr(97 + number // 26**power % 26) for power in (2, 1, 0))


async def people(database: str, places: Sequence[str]) -> list[int]:
    """Make a character in each of these places, without a sign-in. Returns their ids, in order."""
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(
            "insert into accounts (username, username_key, password_hash) values ('bench', 'bench', 'nobody signs in')"
        )
        account = await connection.fetchval("select id from accounts where username_key = 'bench'")
        rows = [(account, name_of(number), name_of(number).casefold(), place) for number, place in enumerate(places)]
        await connection.executemany(
            "insert into characters (account_id, name, skeleton, location_id, hp, max_hp, stamina, max_stamina, explored)"
            " values ($1, $2, $3, $4, 50, 50, 100, 100, array[$4])",
            rows,
        )
        return [row["id"] for row in await connection.fetch("select id from characters where account_id = $1 order by name", account)]
    finally:
        await connection.close()


def ours(
    size: int,
    rooms: int,
    number: int,
    workers: int = WORKERS,
    *,
    city: Callable[[Path, int], Path] = rooms_in_a_row,
    client: type[Echoes] = Echoes,
) -> Callable[[Path, str], AbstractContextManager[Running]]:
    """This server for this number of clients, `size` in each room."""

    @contextlib.contextmanager
    def start(folder: Path, redis: str) -> Iterator[Running]:
        with embedded.running(folder / "truth") as database:
            asyncio.run(migrations.up(database))
            ids = asyncio.run(people(database, [f"room_{one // size % rooms}" for one in range(number)]))
            tokens = Tokens(SECRET, 12.0)
            memories = [Memory(one) for one in range(number)]

            def make(one: int, room: int, heard: Heard) -> Connection:
                made = client(one, room, heard)
                made.token, made.memory = tokens.sign("play", ids[one]), memories[one]
                return made

            content = str(city(folder, rooms))
            with server_of(folder, database, redis, workers, ECHOES_GAMEDATA=content, **OPEN) as (url, pid):
                postgres = int((folder / "truth" / "postgres" / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
                yield Running(
                    [int(url.rpartition(":")[2])], lambda: children_of(pid), make,
                    {"supervisor": lambda: [pid], "PostgreSQL": lambda: [postgres, *children_of(postgres)]}, parts=Parts(pid, postgres, 0, url, database),
                )  # fmt: skip

    return start
