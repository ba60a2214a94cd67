"""Which positions of a client count: within an epoch those since the character came, and all of a later epoch."""

import pytest
from echoes.facilities import Position
from echoes.game.resume_positions import arrival_text, beginning_text, followed_since, positions_that_count
from echoes.storage.commits import Entrance

HERE = "location:yard"


class Channel:
    """Goes on in epoch `3`."""

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
    found = await positions_that_count(Channel(), 1, {HERE: asked}, {} if since is None else {HERE: since})
    assert (HERE in found) is counts


async def test_a_characters_own_channel_counts_from_its_beginning():
    """It has no message from before the character."""
    at = Position("3", 0)
    assert await positions_that_count(Channel(), 1, {"player:1": at, "player:2": at}, {}) == {"player:1": at}


def test_the_row_keeps_the_positions_of_the_characters_location(row):
    """Positions of another location do not count."""
    at = Position("a b", 7)
    assert followed_since(Entrance(row(1), 0, arrival_text("yard", at), beginning_text(at))) == {HERE: at, "game:broadcast": at}
    assert followed_since(Entrance(row(1), 0, arrival_text("yards", at), "")) == {}
