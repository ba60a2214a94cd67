"""Bodies in the registry follow rows that another commit has brought elsewhere."""

from echoes.errors import FacilityUnavailable
from echoes.game.relocations import relocate


class Bodies:
    """A registry that keeps what it is asked to move, and does not answer for one of them."""

    def __init__(self, away=0) -> None:
        self.moved, self._away = [], away

    async def move(self, character, location, *, version):
        if character == self._away:
            raise FacilityUnavailable
        self.moved.append((character, location, version))


def change(number, op="character", **fields):
    return {"op": op, "id": number, "set": fields}


VERSIONS = {1: 5, 2: 7, 3: 9, 4: 2}


async def test_each_body_moves_to_where_its_row_is():
    """Under the version of the row; a row that stays where it is, and a change of something else, move nothing."""
    bodies = Bodies()
    changes = [change(1, location_id="yard"), change(2, hp=3), change(3, location_id="road"), change(4, op="npc", location_id="yard")]
    await relocate(bodies, changes, VERSIONS)
    assert bodies.moved == [(1, "yard", 5), (3, "road", 9)]


async def test_the_actor_moves_by_its_own_command():
    bodies = Bodies()
    await relocate(bodies, [change(1, location_id="yard"), change(2, location_id="road")], VERSIONS, but=1)
    assert bodies.moved == [(2, "road", 7)]


async def test_the_others_move_though_the_registry_does_not_answer_for_one():
    """The reconciler makes up for that one."""
    bodies = Bodies(away=1)
    await relocate(bodies, [change(1, location_id="yard"), change(2, location_id="road")], VERSIONS)
    assert bodies.moved == [(2, "road", 7)]
