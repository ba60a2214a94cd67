"""Words that players typed and the game did not understand: counted without the players, bounded, and shown to operators by day."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from click.testing import CliRunner
from cluster import cluster, someone
from console import Console, text_of
from echoes import unknown_words
from echoes.cli import main
from echoes.errors import Unavailable
from echoes.game.catalogue import UnknownWord
from echoes.storage import migrations, retention
from echoes.storage import unknown_words as stored
from echoes.storage.retention import Retention
from echoes.unknown_words import LONGEST, UnknownWords, kept
from operating import SCRIPT, refused
from postgres import execute

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


def words_of(context):
    """The words that a worker has counted."""
    return context.service._not_understood.__self__


@pytest_asyncio.fixture(loop_scope="module")
async def ops(api):
    """The API, without the words of another test."""
    await api.context.database.rows("test", "delete from unknown_words")
    return api


async def shown(api, **query):
    """The answer of the API, words by their number of lines."""
    found = (await api("GET", "/world/words", **query)).json()
    return {one["word"]: (one["number"], one["alone"]) for one in found["words"]}, found["others"]


async def test_the_first_word_of_a_line_is_counted_on_each_worker(ops, contexts):
    """Also over HTTP; of the rest of the line nothing is kept, and nothing of the player."""
    mara, tomas = await ops.player(), await ops.player()
    assert (await mara.type("Xyzzy"))["error"]["code"] == "unknown_command"
    await mara.type("xyzzy the heavy lantern, please")
    await tomas.one.ask(contexts[1], "plugh quietly")
    await asyncio.gather(*(words_of(context).keep() for context in contexts))
    assert await shown(ops) == ({"xyzzy": (2, 1), "plugh": (1, 0)}, 0)
    rows = await ops.context.database.rows("test", "select to_jsonb(u) as row from unknown_words u")
    text = "".join(row["row"] for row in rows)
    assert {key for row in rows for key in json.loads(row["row"])} == {"day", "word", "number", "alone"}
    assert not [word for word in ("lantern", "please", "quietly", mara.name) if word in text]
    today = datetime.now(UTC).date().isoformat()
    assert {day for one in (await ops("GET", "/world/words")).json()["words"] for day in one["by_day"]} == {today}


async def test_understood_lines_and_speech_are_not_counted(ops, context):
    """A command, a sentence, speech of any words, a refusal by the rules, the name of a thing that is here."""
    mara = await ops.player()
    for line in ("look", "say xyzzy plugh", "'xyzzy", "whisper Tomas xyzzy", "get xyzzy", "bread", "xyzz lo"):
        await mara.type(line)
    await words_of(context).keep()
    assert await shown(ops) == ({"xyzz": (1, 0)}, 0)


@pytest.mark.parametrize(
    "word", ["hunter2", "a@b", "x" * (LONGEST + 1), "你好大家", "\u202eabc", "a\x00b", "a\x1bb", "", "--", "'", "<script>", "ab\ud800"]
)
def test_a_word_that_may_be_more_than_a_verb_is_not_kept(word):
    """Digits, signs, controls, scripts without capitals and long words: such lines are counted together."""
    assert kept(word) == stored.OTHERS


@pytest.mark.parametrize("word", ["xyzzy", "pick-up", "don't", "öffnen", "иди", "x" * LONGEST])
def test_a_word_of_small_letters_is_kept(word):
    assert kept(word) == word


def unknown(word="xyzzy", *, alone=True):
    """A line that was not understood."""
    return UnknownWord(word, "", alone=alone)


async def test_words_are_bounded_on_a_worker_and_for_a_character(ops, monkeypatch):
    """Beyond the bound lines count together; a player who types nonsense all the time fills no list. A write makes room."""
    monkeypatch.setattr(unknown_words, "MOST", 3)
    monkeypatch.setattr(unknown_words, "OF_ONE", 4)
    one = UnknownWords(ops.context.database)
    for word in ("a", "b", "c", "d", "e", "f"):
        one.count(1, unknown(word))
    one.count(2, unknown("a", alone=False))
    await one.keep()
    assert await shown(ops) == ({"a": (2, 1), "b": (1, 1), "c": (1, 1)}, 1)
    one.count(1, unknown("e"))
    await one.keep()
    assert (await shown(ops))[0]["e"] == (1, 1)


async def test_words_of_a_day_are_bounded(ops, monkeypatch):
    """Those with the most lines are kept first; a word that the day has already is counted, and the other lines count together."""
    monkeypatch.setattr(stored, "OF_A_DAY", 2)
    one = UnknownWords(ops.context.database)
    for word, times in (("rare", 1), ("often", 5), ("sometimes", 3)):
        for character in range(times):
            one.count(character, unknown(word))
    await one.keep()
    assert await shown(ops) == ({"often": (5, 5), "sometimes": (3, 3)}, 1)
    for word in ("rare", "often"):
        one.count(1, unknown(word))
    await one.keep()
    assert await shown(ops) == ({"often": (6, 6), "sometimes": (3, 3)}, 2)


async def test_one_write_is_one_statement(ops):
    """Of any number of words; without words there is none."""
    database = ops.context.database
    one = UnknownWords(database)
    before = database.queries.total()
    await one.keep()
    assert database.queries.total() == before
    for character in range(unknown_words.MOST):
        one.count(character, unknown("x" + "ab"[character % 2] * (character % 17)))
    await one.keep()
    assert database.queries.total() == before + 1


async def test_words_wait_while_postgresql_is_away(ops, monkeypatch):
    """They are written by a later turn, each once."""
    database = ops.context.database
    one = UnknownWords(database)
    one.count(1, unknown())

    async def away(*_):
        raise Unavailable

    with monkeypatch.context() as patched:
        patched.setattr(database, "rows", away)
        with pytest.raises(Unavailable):
            await one.keep()
    assert one.some_waiting.is_set()
    one.count(1, unknown(alone=False))
    await one.keep()
    assert await shown(ops) == ({"xyzzy": (2, 1)}, 0)
    assert not one.some_waiting.is_set()


async def test_a_worker_that_leaves_writes_its_words(database_url, tmp_path):
    """They do not wait for the next minute, which it does not see."""
    await migrations.up(database_url)
    async with cluster(database_url, tmp_path) as (context,):
        await (await someone(context)).type("xyzzy")
    assert [row["word"] for row in await execute(database_url, "select word from unknown_words")] == ["xyzzy"]


async def test_words_are_kept_for_thirty_days(ops):
    """Retention removes those of the days before; the view has the days that are asked for."""
    database = ops.context.database
    today = datetime.now(UTC).date()
    for ago in (0, 6, 7, 29, 31, 400):
        day = today - timedelta(days=ago)
        await database.rows("test", "insert into unknown_words values ($1, 'xyzzy', 1, 1), ($1, '', 1, 0)", day)
    await Retention(database, retention.rules(silent=1, ledger_days=0, audit_days=0)).turn()
    assert await database.row("test", "select count(*) from unknown_words") == (8,)
    assert await shown(ops) == ({"xyzzy": (2, 2)}, 2)
    assert await shown(ops, days=30) == ({"xyzzy": (4, 4)}, 4)
    assert refused(await ops("GET", "/world/words", days=31)) == (400, "bad_request")


async def test_an_operator_reads_the_words(ops):
    """A viewer, in the console too, where markup would be text; a player does not."""
    database = ops.context.database
    await database.rows(
        "test", "insert into unknown_words select (now() at time zone 'utc')::date, '<script>' || n, n, 1 from generate_series(1, 3) n"
    )
    _, player = await ops.register()
    assert refused(await ops("GET", "/world/words", token=player)) == (401, "not_authorized")
    found = (await ops("GET", "/world/words", token=await ops.token("viewer"), count=2)).json()
    assert [one["word"] for one in found["words"]] == ["<script>3", "<script>2"]
    console = await Console.of(ops, "viewer")
    page = await console.get("/world")
    assert "<script>3" not in page.text
    assert "<script>3 3 1" in text_of(page)


async def test_the_command_line_lists_the_words(live):
    """Each with its days; a server without any says so."""

    async def words(*more):
        environ = {"ECHOES_OPS_URL": live.url, "ECHOES_OPS_TOKEN": SCRIPT, "ECHOES_DATABASE_URL": live.database_url}
        done = await asyncio.to_thread(CliRunner().invoke, main, ["ops", "words", *more], env=environ)
        assert done.exit_code == 0, done.output
        return done.output

    await execute(live.database_url, "delete from unknown_words")
    assert await words() == "no words\n"
    today = datetime.now(UTC).date().isoformat()
    await execute(live.database_url, f"insert into unknown_words values ('{today}', 'xyzzy', 12, 4), ('{today}', '', 3, 0)")  # noqa: S608 - the test's own
    assert await words("--days", "2") == f"      12  xyzzy  (4 alone)  {today}: 12\n3 more lines began with a word that is not kept\n"
