"""The SQL of the runbook fits the schema and PostgreSQL: each statement runs."""

import re
from pathlib import Path

import asyncpg
import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text(encoding="utf-8")
STATEMENTS = re.findall(r"^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("statement", STATEMENTS)
async def test_a_statement_of_the_runbook_runs_and_changes_nothing(made, statement):
    """In a transaction that only reads."""
    connection = await asyncpg.connect(made)
    try:
        async with connection.transaction(readonly=True):
            await connection.fetch(statement)
    finally:
        await connection.close()


def test_the_runbook_has_statements():
    """The pattern finds them."""
    assert len(STATEMENTS) > 5
