"""Fixtures for tests of what is stored."""

import asyncio

import pytest
from cluster import SHIPPED
from echoes.storage import contents, database, migrations
from postgres import empty_database


@pytest.fixture(scope="module")
def made(postgres):
    """The URL of a database with the city in it and no characters; one for all of these tests."""

    async def make(url):
        await migrations.up(url)
        async with database.connect(url, pool=2, timeout=20) as opened:
            await contents.settle(opened, SHIPPED)

    with empty_database(postgres) as url:
        asyncio.run(make(url))
        yield url
