"""The soak's observers record every command that PostgreSQL has carried out, and the soak's city is sound."""

import contextlib
from types import SimpleNamespace

import asyncpg
import pytest
from chaos.content import restless
from chaos.history import Rows
from chaos.observers import Observers
from echoes.settings import gamedata_of, read
from echoes.storage import accounts, commits, contents, database
from echoes.world import content


@pytest.fixture
async def context(database_url):
    async with database.connect(database_url, pool=2, timeout=5) as opened:
        yield opened


def test_the_soaks_city_is_sound(tmp_path):
    """Content that the check refuses would keep every soak from starting."""
    assert content.examine(restless(tmp_path / "gamedata")).world is not None


async def test_a_command_is_seen_however_soon_it_leaves_the_record(context, database_url):
    """A client that carries out more commands than its window between two looks loses none of them to the checker."""
    world = content.load(gamedata_of(read()))
    await contents.settle(context, world)
    account = await accounts.create_account(context, "mara", "mara", "hash")
    mara = await accounts.create_character(context, account.id, "Mara", "mara", world.start, [])
    records = []
    observers = Observers(SimpleNamespace(direct=database_url), SimpleNamespace(bots=[]), SimpleNamespace(add=records.append))
    observers._characters = [mara.id]
    await observers.prepare()
    for number in range(1, 41):
        await commits.commit(
            context,
            character_id=mara.id,
            epoch=0,
            client="quick",
            number=number,
            reply=b'{"type":"reply","id":1,"ok":true,"data":{"message":"done"}}',
            events=b"[]",
            changes=[],
        )
    await observers._once(everything=False)
    await observers._once(everything=True)
    seen = {(final, row[2]) for record in records if isinstance(record, Rows) for row in record.rows for final in [record.final]}
    assert {number for final, number in seen if not final} == set(range(1, 41))
    assert {number for final, number in seen if final} == set(range(25, 41))


class _Link:
    """A connection over which a look gets these rows; one that is torn breaks after them."""

    def __init__(self, *numbers, torn=False):
        reply = '{"type":"reply","id":1,"ok":true,"data":{"message":"done"}}'
        self._rows = [{"character_id": 7, "client": "quick", "number": number, "reply": reply, "version": 1} for number in numbers]
        self._torn = torn

    def transaction(self):
        return contextlib.nullcontext()

    async def cursor(self, *_, **__):
        for row in self._rows:
            yield row
        if self._torn:
            raise asyncpg.ConnectionDoesNotExistError("the server closed the connection")


async def test_a_look_that_breaks_off_leaves_nothing_out():
    """PostgreSQL is killed during a look: the next look records what the broken one had read, once."""
    records = []
    observers = Observers(None, SimpleNamespace(bots=[]), SimpleNamespace(add=records.append))
    with contextlib.suppress(asyncpg.PostgresError):
        await observers._note(_Link(1, 2, torn=True), "", final=False)
    await observers._note(_Link(1, 2, 3), "", final=False)
    await observers._note(_Link(1, 2, 3), "", final=False)
    assert [row[2] for record in records for row in record.rows] == [1, 2, 3]
