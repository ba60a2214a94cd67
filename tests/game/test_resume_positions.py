"""Which positions of a client count: within an epoch those since the character came, and all of a later epoch."""

import pytest
from echoes.facilities import Position
from echoes.game.resume_positions import EVERYTHING, arrival_text, beginning_text, followed_since, positions_that_count, to_be_noted
from echoes.storage.commits import Entrance

HERE = "location:yard"


class Channel:
    """Continues in epoch `3`."""

    async def position(self, channel):
        return Position("3", 50)


@pytest.mark.parametrize(
    ("asked", "since", "counts"),
    [
        (Position("3", 10), Position("3", 10), True),
        (Position("3", 9), Position("3", 10), False),
        (Position("3", 0), Position("2", 10), True),
        (Position("2", 10), Position("2", 10), True),
        (Position("2", 9), Position("2", 10), False),
        (Position("1", 99), Position("2", 10), False),
        (Position("3", 60), Position("~7", 0), False),
        (Position("3", 60), None, False),
        (Position("3", 2**53), Position("3", 10), False),
        (Position("3\n", 10), Position("3\n", 10), False),
    ],
)
async def test_a_clients_position_counts_where_it_can_be_compared(asked, since, counts):
    """A position that cannot be compared does not count."""
    found = await positions_that_count(Channel(), {HERE: asked}, {} if since is None else {HERE: since})
    assert (HERE in found) is counts


async def test_a_characters_own_channel_counts_since_it_woke():
    """In this life of the database: without a word of the row, a position may be from before a restore."""
    at, since = Position("3", 10), Position("3", 9)
    assert await positions_that_count(Channel(), {"player:1": at, "player:2": at}, {"player:1": since}) == {"player:1": at}
    assert await positions_that_count(Channel(), {"player:1": since}, {"player:1": at}) == {}
    assert await positions_that_count(Channel(), {"player:1": at}, {}) == {}
    assert await positions_that_count(Channel(), {"player:1": at}, {"player:1": EVERYTHING}) == {"player:1": at}


def test_the_row_keeps_the_positions_of_the_characters_location(row):
    """Positions of another location do not count."""
    at = Position("a b", 7)
    own = Position("c d", 9)
    kept = Entrance(row(1), 0, arrival_text("yard", at), beginning_text(at, own))
    assert followed_since(kept) == {HERE: at, "game:broadcast": at, "player:1": own}
    assert followed_since(Entrance(row(1), 0, arrival_text("yards", at), "")) == {}


def test_a_row_of_a_former_release_says_nothing_of_the_own_channel(row):
    """There everything counts, and that stays so; the former release does not misread a row of this one."""
    at = Position("a b", 7)
    assert beginning_text(at, EVERYTHING) == "a b 7"
    assert followed_since(Entrance(row(1), 0, "", "a b 7")) == {"game:broadcast": at, "player:1": EVERYTHING}
    assert beginning_text(at, at).rpartition(" ")[2] == ""


def test_positions_of_this_worker_are_replaced_by_those_of_the_store():
    """A character that woke while broadcast was away would otherwise get a snapshot at each return."""
    here, store, later = Position("~1", 3), Position("3", 9), Position("3", 12)
    assert to_be_noted({"a": store}, {"a": here}) == {"a": store}
    assert to_be_noted({"a": here}, {"a": here}) is None
    assert to_be_noted({"a": later}, {"a": store}) is None
    assert to_be_noted({"a": store, "b": store}, {"a": later}) == {"a": later, "b": store}
