"""First words of typed lines that the game did not understand: how many lines began with each, by day."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from echoes.storage.database import Database

OTHERS = ""
"""The word under which lines are counted whose own word is not kept."""
OF_A_DAY = 1000
"""Words that are kept of a day. Workers that add at the same moment may bring some more, each as many as it has counted in a minute."""
DAYS = 30
"""Days for which words are kept."""


class Count(Struct, frozen=True):
    """Lines that began with a word; `alone` of them had no other word."""

    word: str
    number: int
    alone: int


class WordCount(Struct, frozen=True):
    """A word over some days: its lines, those of them that had no other word, and its lines by day (UTC)."""

    word: str
    number: int
    alone: int
    by_day: dict[str, int]


ADD = """
with today as (select (now() at time zone 'utc')::date as day),
given as materialized (
  select g.*, w.word is not null as known,
      row_number() over (partition by w.word is null order by g.number desc, g.word)
        + (select count(*) from unknown_words u where u.day = (select day from today)) as place
    from unnest($1::text[], $2::bigint[], $3::bigint[]) as g(word, number, alone)
    left join unknown_words w on w.day = (select day from today) and w.word = g.word),
added as (
  select case when known or place <= $4 then word else '' end as word, sum(number) as number, sum(alone) as alone from given group by 1)
insert into unknown_words as w (day, word, number, alone)
  select day, word, number, alone from added, today order by word
  on conflict (day, word) do update set number = w.number + excluded.number, alone = w.alone + excluded.alone
"""
"""Rows are locked in the order of their words, so workers that add at the same moment wait for each other and never in a circle."""
READ = """
select word, sum(number)::bigint as number, sum(alone)::bigint as alone, jsonb_object_agg(day::text, number) as by_day
  from unknown_words where day > (now() at time zone 'utc')::date - $1::int and word <> '' group by word order by 2 desc, 1 limit $2
"""
READ_OTHERS = """
select coalesce(sum(number), 0)::bigint as number from unknown_words where day > (now() at time zone 'utc')::date - $1::int and word = ''
"""
_decode_days = msgspec.json.Decoder(dict[str, int]).decode


async def add(database: Database, counts: Sequence[Count]) -> None:
    """Add counts to those of today. A word that is new today, beyond `OF_A_DAY`, counts as `OTHERS`."""
    words, numbers, alone = [one.word for one in counts], [one.number for one in counts], [one.alone for one in counts]
    await database.rows("unknown_words.add", ADD, words, numbers, alone, OF_A_DAY)


async def most(database: Database, days: int, count: int) -> Sequence[WordCount]:
    """Return the words of the last days, today included, those with the most lines first."""
    rows = await database.rows("unknown_words.read", READ, days, count)
    return [WordCount(row["word"], row["number"], row["alone"], _decode_days(row["by_day"])) for row in rows]


async def others(database: Database, days: int) -> int:
    """Return the number of lines of these days whose word is not kept."""
    row = await database.row("unknown_words.others", READ_OTHERS, days)
    assert row is not None  # noqa: S101 - an aggregate has one row
    found: int = row["number"]
    return found
