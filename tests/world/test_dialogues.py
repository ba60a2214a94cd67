"""Dialogues: their rules, and what `echoes check` finds in them."""

import pytest
from echoes.world import talk
from echoes.world.model import Choice, Consequences, Dialogue, Needs, Opening, Passage, Placement, Topic
from echoes.world.talk import Speaker
from world.small_city import City

TALK = "dialogues/rat.yaml"
RAT = """\
rat:
  openings:
    - {to: fed, needs: {flags: [fed]}}
    - {to: hello}
  passages:
    hello:
      says: Well?
      choices:
        feed: {says: Eat., to: fed, needs: {without: [fed]}, does: {take: [{item: bandage}], sets: [fed]}}
        go: {says: Never mind.}
    fed: {says: It chews.}
  topics:
    street: {says: Mine., needs: {has: [{item: crowbar}]}, sets: [knows]}
"""


def speaker(*, carried=None, loose=None, scrap=0, flags=()):
    return Speaker(carried or {}, loose or {}, scrap, flags)


@pytest.mark.parametrize(
    ("needs", "fits"),
    [
        (Needs(), True),
        (Needs(has=(Placement("rope", 2),)), True),
        (Needs(has=(Placement("rope", 3),)), False),
        (Needs(has=(Placement("rope"), Placement("rope", 2))), False),
        (Needs(has=(Placement("rope"), Placement("wax"))), False),
        (Needs(scrap=5), True),
        (Needs(scrap=6), False),
        (Needs(flags=("met",)), True),
        (Needs(flags=("met", "fed")), False),
        (Needs(without=("fed",)), True),
        (Needs(without=("fed", "met")), False),
        (Needs(scrap=5, flags=("met",), without=("met",)), False),
    ],
)
def test_all_conditions_must_hold(needs, fits):
    """Things named twice are needed twice."""
    assert talk.holds(needs, speaker(carried={"rope": 2}, scrap=5, flags=("met",))) is fits


def test_a_choice_is_offered_to_a_character_that_can_pay_for_it():
    """With loose things, not with worn ones."""
    choice = Choice("Here.", does=Consequences(take=(Placement("rope"),), pay=3))
    assert talk.is_offered(choice, speaker(carried={"rope": 1}, loose={"rope": 1}, scrap=3))
    assert not talk.is_offered(choice, speaker(carried={"rope": 1}, scrap=3))
    assert not talk.is_offered(choice, speaker(loose={"rope": 1}, scrap=2))
    assert not talk.is_free(choice)
    assert not talk.is_free(Choice("Here.", needs=Needs(scrap=1)))
    assert talk.is_free(Choice("Here.", does=Consequences(earn=1, sets=("met",))))


def test_the_first_opening_that_fits_begins():
    dialogue = Dialogue(
        openings=(Opening("rich", Needs(scrap=9)), Opening("met", Needs(flags=("met",))), Opening("first")),
        passages={name: Passage(name) for name in ("rich", "met", "first")},
        topics={"rope": Topic("Hemp."), "rest": Topic("Later.", needs=Needs(flags=("met",)))},
    )
    assert [talk.opening(dialogue, one) for one in (speaker(), speaker(flags=("met",)), speaker(scrap=9, flags=("met",)))] == [
        "first",
        "met",
        "rich",
    ]
    assert [id_ for id_, _ in talk.topics(dialogue, speaker())] == ["rope"]
    assert [id_ for id_, _ in talk.topics(dialogue, speaker(flags=("met",)))] == ["rope", "rest"]


def test_a_sound_dialogue_has_no_problems(city: City):
    city.put(TALK, RAT)
    assert city.problems() == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rat:\n", "rta:\n", "1:1 rta: no npc 'rta'; did you mean 'rat'?: a dialogue has the id of its npc"),
        ("to: hello}", "to: helo}", "4:12 rat.openings[1].to: no passage 'helo'; did you mean 'hello'?"),
        ("says: Eat., to: fed", "says: Eat., to: fde", "9:32 rat.passages.hello.choices.feed.to: no passage 'fde'; did you mean 'fed'?"),
        ("item: crowbar", "item: crowbra", "13:48 rat.topics.street.needs.has[0].item: no item 'crowbra'; did you mean 'crowbar'?"),
        ("item: bandage", "item: bnadage", "9:83 rat.passages.hello.choices.feed.does.take[0].item: no item 'bnadage'; did you mean 'bandage'?"),
        ("        go: {says: Never mind.}\n", "", "7:7 rat.passages.hello: every choice has conditions or a price: a player could be left without any"),
        ("go: {says: Never mind.}", "go: {says: Never mind., to: hello}", "7:7 rat.passages.hello: no end can be reached from here by choices without conditions"),
        ("    fed: {says: It chews.}\n", "    fed: {says: It chews.}\n    lost: {says: Where?}\n", "12:11 rat.passages.lost: no opening and no choice leads to this passage"),
        ("- {to: hello}", "- {to: hello, needs: {scrap: 1}}", "4:26 rat.openings[1].needs: the last opening has no conditions: it is for all other players"),
        ("flags: [fed]", "flags: [fde]", "3:33 rat.openings[0].needs.flags[0]: nothing sets the flag 'fde'; did you mean 'fed'?"),
        ("without: [fed]", "without: [starved]", "9:55 rat.passages.hello.choices.feed.needs.without[0]: nothing sets the flag 'starved'"),
        ("says: Well?", "says: ''", "7:13 rat.passages.hello.says: must have at least 1 characters, has 0"),
    ],
)  # fmt: skip
def test_a_dialogue_that_leads_nowhere_is_a_problem(city: City, old: str, new: str, said: str):
    """Each at its place, before the server starts."""
    assert RAT.count(old) == 1
    city.put(TALK, RAT.replace(old, new))
    assert f"{TALK}:{said}" in city.problems()


def test_dialogues_have_bounds(city: City):
    """Choices of a passage, and flags of all dialogues together."""
    many = "".join(f"        c{number}: {{says: Go.}}\n" for number in range(9))
    city.put(TALK, RAT.replace("        go: {says: Never mind.}\n", many))
    assert any("must have at most 8 entries, has 10" in problem for problem in city.problems())
    city.put(TALK, RAT.replace("sets: [knows]", f"sets: [{', '.join(f'f{number}' for number in range(600))}]"))
    assert f"{TALK}:1:1 rat: all dialogues together set 601 flags; at most 500 are possible" in city.problems()


def test_a_person_with_a_name_and_no_dialogue_is_a_warning(city: City):
    """An animal and a hostile NPC need none."""
    city.change("npcs/animals.yaml", "name: grey rat", "name: Mister Grey")
    assert city.problems() == []
    city.change("npcs/animals.yaml", "disposition: hostile", "disposition: wary")
    assert city.problems() == ["npcs/animals.yaml:1:1 warning: rat: this npc has a name and no dialogue"]
    city.put(TALK, RAT)
    assert city.problems() == []
