"""Databases of one's own on the run's PostgreSQL."""

import asyncio
import contextlib
import uuid

import asyncpg


@contextlib.contextmanager
def empty_database(postgres):
    """An empty database, dropped at the end whoever still uses it."""
    name = f"t{uuid.uuid4().hex}"
    asyncio.run(execute(postgres, f'create database "{name}"'))
    try:
        yield postgres.replace("/echoes?", f"/{name}?")
    finally:
        asyncio.run(execute(postgres, f'drop database "{name}" with (force)'))


async def execute(url, sql):
    """Run a statement on a connection of its own and answer its rows."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(sql)
    finally:
        await connection.close()
