"""Numbers that two languages need are the same in both."""

import re
from pathlib import Path

from echoes import wire
from echoes.storage import commits
from echoes.web import accounts, keyring
from echoes.world import names
from echoes_redis.settings import RedisSettings

ECHOES = Path(__file__).parents[1] / "core" / "echoes"
SQL = (ECHOES / "storage" / "functions.sql").read_text(encoding="utf-8")


def in_sql(pattern):
    """The numbers in the functions' text at a place, each of which must be there."""
    found = {int(number) for number in re.findall(pattern, SQL)}
    assert found
    return found


def in_client(module, name):
    """A constant of the page's."""
    (number,) = re.findall(rf"^const {name} = (\d+);$", (ECHOES / "web" / "client" / module).read_text(encoding="utf-8"), re.MULTILINE)
    return int(number)


def test_postgresql_keeps_as_many_flags_as_python_counts_on():
    """The newest of a character."""
    assert in_sql(r"order by f.n desc limit (\d+)") == {commits.FLAGS}


def test_postgresql_keeps_as_many_replies_as_python_counts_on():
    """The window of a client's commands."""
    assert in_sql(r"v_count >= (\d+)") == {commits.WINDOW}
    assert in_sql(r"desc offset (\d+) limit 1") == {commits.WINDOW - 1}
    assert in_sql(r"The newest (\d+) commands of a client") == {commits.WINDOW}


def test_postgresql_keeps_as_many_clients_as_python_says():
    """Clients of one character, and as many keys."""
    assert in_sql(r"v_nth - (\d+)") == {commits.CLIENTS}
    assert in_sql(r"of the newest (\d+) clients") == {commits.CLIENTS}


def test_the_page_sends_no_more_than_the_server_takes():
    """Unanswered commands, and bytes of a frame; a pasted line is a text."""
    assert in_client("outbox.js", "OUTSTANDING") == commits.WINDOW
    assert in_client("outbox.js", "FRAME_BYTES") == wire.MAX_FRAME
    assert in_client("pasted.js", "LONGEST") == wire.Text.__metadata__[0].max_length


def test_the_page_asks_for_passwords_and_names_as_long_as_the_server_does():
    """The page shows the rule before anything is sent."""
    assert in_client("auth.js", "SHORTEST_PASSWORD") == accounts.Password.__metadata__[0].min_length
    assert in_client("auth.js", "SHORTEST_NAME") == accounts.Username.__metadata__[0].min_length
    page = (ECHOES / "web" / "client" / "index.html").read_text(encoding="utf-8")
    assert f"At least {accounts.Password.__metadata__[0].min_length} characters" in page
    assert f"letters, {names.SHORTEST} to {names.LONGEST} of them" in page


def test_a_worker_remembers_keys_for_as_long_as_redis():
    """Else a message that comes again from the store would be delivered twice."""
    assert RedisSettings.model_fields["key_seconds"].default == keyring.SECONDS
