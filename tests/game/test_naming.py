"""The names that a new character may have, beside being well-formed: no name of the city, of its staff, or of the game's words."""

from pathlib import Path

import pytest
from echoes.errors import Refused
from echoes.game.catalogue import Catalogue
from echoes.game.naming import Naming
from echoes.world import content


@pytest.fixture(scope="module")
def naming():
    return Naming(Catalogue())


@pytest.fixture(scope="module")
def world():
    return content.load(Path(__file__).parents[2] / "gamedata")


def code(naming, world, name):
    """The code of the refusal; None for a name that can be taken."""
    try:
        naming.require(name, world)
    except Refused as refused:
        return refused.code if refused.message and refused.hint else "no words"
    return None


def test_the_name_of_every_npc_is_reserved(naming, world):
    """Whole, and each capitalised word of it: that is what others would type."""
    for npc in world.npcs.values():
        if len(npc.name) <= 24:
            assert code(naming, world, npc.name) == "name_reserved", npc.name
        for word in npc.name.split():
            if word[0].isupper():
                assert code(naming, world, word) == "name_reserved", word


@pytest.mark.parametrize(
    "name", ["Marta", "MARTA", "Márta", "Marta-Kell", "martakell", "North", "Ne", "Look", "Inventory", "Wave", "Pick up", "Me", "Everybody", "Nobody",
             "Admin", "The Admin", "TheAdmin", "Admins", "Moderator-Bob", "Bob Staff", "Adm\u0131n", "Server"]
)  # fmt: skip
def test_names_that_would_be_taken_for_something_else_are_reserved(naming, world, name):
    """Look-alikes, too."""
    assert code(naming, world, name) == "name_reserved"


@pytest.mark.parametrize(
    "name", ["Martha", "Petra", "Mary North", "Kellen", "Modesty", "Badminton", "Looka", "Rob", "Lone", "Zoë", "さくら花"]
)
def test_other_names_are_free(naming, world, name):
    """Also those that only contain such a word."""
    assert code(naming, world, name) is None


def test_a_malformed_name_is_refused_for_its_form(naming, world):
    """With the reason, before anything else is compared."""
    assert code(naming, world, "N0rth") == "bad_name"


def test_a_name_is_free_when_the_content_no_longer_has_its_npc(naming, world):
    """Only the content in force counts."""
    npc = next(iter(world.npcs.values()))
    names = {id_: one for id_, one in world.npcs.items() if one.name.split()[0] not in npc.name}
    assert code(naming, type("Later", (), {"npcs": names})(), npc.name) is None
