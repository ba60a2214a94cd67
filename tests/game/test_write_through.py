"""The cache after a commit: known values are written through, the rest invalidated, each under the right version and generation."""

from types import SimpleNamespace

import pytest
from echoes.game.kinds import CHARACTER, GROUND, INVENTORY
from echoes.storage.commits import Receipt, Thing
from echoes.write_through import write_through

BEFORE = 5
"""The generation from before the commit."""


class Told:
    """In place of a cache: what was written to it."""

    def put(self, kind, id, version, value, *, generation):  # noqa: A002
        return kind, id, version, value, generation

    def invalidate(self, kind, id, version):  # noqa: A002
        return kind, id, version


POT, JUG = (Thing(number, 1, "pot", 1) for number in (4, 5))


def told(row, *, places=None, characters=None, mine=None, here=None, after=0, partial=False, decayed=()):
    scene = SimpleNamespace(ground_is_partial=partial)
    deed = SimpleNamespace(me=row(1), mine=mine, here=here, ground_version_after=after, scene=scene)
    receipt = Receipt("done", b"", places or {}, characters or {1: 2}, {"yard": decayed} if decayed else {}, None)
    return list(write_through(Told(), row(1), deed, receipt, BEFORE))


def test_the_actors_row_is_written_through(row):
    assert told(row) == [(CHARACTER, "1", 2, row(1), BEFORE)]


def test_the_actors_changed_things_are_written_through(row):
    assert told(row, mine=["bread"])[1:] == [(INVENTORY, "1", 2, ["bread"], BEFORE)]
    assert told(row, mine=[])[1:] == [(INVENTORY, "1", 2, [], BEFORE)]


def test_others_are_only_known_to_have_changed(row):
    """Their row, and their things."""
    assert told(row, characters={1: 2, 9: 4})[1:] == [(CHARACTER, "9", 4), (INVENTORY, "9", 4)]


@pytest.mark.parametrize(("version", "after", "written"), [(7, 7, True), (8, 7, False), (7, 8, False)])
def test_the_ground_is_written_through_where_no_other_command_changed_it(row, version, after, written):
    """Its version is then the expected one."""
    expected = (GROUND, "yard", 7, [POT], BEFORE) if written else (GROUND, "yard", version)
    assert told(row, places={"yard": version}, here=[POT], after=after)[1:] == [expected]


def test_another_ground_and_one_that_was_not_looked_at_are_invalidated(row):
    assert told(row, places={"road": 7}, here=[POT], after=7)[1:] == [(GROUND, "road", 7)]
    assert told(row, places={"yard": 7}, after=7)[1:] == [(GROUND, "yard", 7)]


def test_decayed_things_are_not_written_through(row):
    assert told(row, places={"yard": 7}, here=[POT, JUG], after=7, decayed=[POT.id])[1:] == [(GROUND, "yard", 7, [JUG], BEFORE)]


def test_a_ground_of_which_a_part_was_read_is_invalidated(row):
    assert told(row, places={"yard": 7}, here=[POT], after=7, partial=True)[1:] == [(GROUND, "yard", 7)]
