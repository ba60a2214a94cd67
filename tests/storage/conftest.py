"""Fixtures for tests of what is stored."""

import asyncio

import pytest
from cluster import SHIPPED
from echoes.storage import contents, database
from postgres import a_database


@pytest.fixture(scope="module")
def made(postgres):
    """The URL of a database with the city in it and no characters; one for all of these tests."""

    async def make(url):
        async with database.connect(url, pool=2, timeout=20) as opened:
            await contents.settle(opened, SHIPPED)

    with a_database(postgres) as url:
        asyncio.run(make(url))
        yield url
