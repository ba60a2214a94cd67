"""Quests and mysteries as content: what `echoes check` finds in them, and how facts advance them."""

import pytest
from cluster import SHIPPED
from echoes.game import quests
from echoes.game.facts import Gave, Handled, Killed, Moved, Searched, Survived, Talked, Took, Used
from echoes.game.quests import Standing
from echoes.storage.commits import Character
from echoes.world.model import Bring, Find, Handle, Kill, Quest, SearchFor, Step, TalkTo
from echoes.world.populations import Populations
from msgspec.structs import replace
from world.small_city import City

QUESTS = "quests/street.yaml"
SOUND = """\
linen:
  title: Clean linen
  at_start: true
  offer: The clinic is open again.
  steps:
    - {go: clinic, says: Go north.}
    - {find: {item: bandage}, says: Have a bandage.}
    - {kill: {npc: rat}, says: Drive the rat off.}
    - {learn: street.car, says: Look at the car.}
    - {use: {item: bandage}, says: Bandage yourself.}
  end: It hardly bleeds.
  reward: {xp: 20, scrap: 5, items: [{item: bandage}]}
second:
  title: Once more
  after: [linen]
  at_start: false
  offer: And again.
  steps:
    - {search: {at: street, thing: car}, says: Search the car.}
  end: So be it.
"""
MYSTERIES = """\
street:
  question: Whose car is it?
  clues:
    car: {at: street, thing: car, says: It has no doors.}
    linen: {item: bandage, says: There is a name on it.}
  answer: Nobody's, now.
"""
BEGINS = """\
rat:
  openings:
    - {to: hello}
  passages:
    hello:
      says: Well?
      choices:
        again: {says: Again., to: hello, does: {begins: second}}
        go: {says: Never mind.}
"""


@pytest.fixture
def city(city: City) -> City:
    city.put(QUESTS, SOUND)
    city.put("mysteries/city.yaml", MYSTERIES)
    city.put("dialogues/rat.yaml", BEGINS)
    return city


def test_a_sound_quest_is_sound(city: City):
    assert city.problems() == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{go: clinic, says", "{go: clinc, says", "linen.steps[0].go: no location 'clinc'; did you mean 'clinic'?"),
        ("{go: clinic, says", "{says", "linen.steps[0]: a step has exactly one goal"),
        ("{go: clinic, says", "{go: clinic, kill: {}, says", "linen.steps[0]: a step has exactly one goal"),
        ("find: {item: bandage}", "find: {quantity: 2}", "linen.steps[1].find: name an item or a type, one of the two"),
        ("find: {item: bandage}", "find: {item: bandge}", "linen.steps[1].find.item: no item 'bandge'; did you mean 'bandage'?"),
        ("kill: {npc: rat}", "talk: {npc: rat}", "linen.steps[2].talk.npc: 'rat' stands in no location"),
        ("kill: {npc: rat}", "bring: {item: bandage, to: rat}", "linen.steps[2].bring.to: 'rat' stands in no location"),
        ("kill: {npc: rat}", "use: {hand: hang}", "linen.steps[2].use: name an item or a type, one of the two"),
        ("kill: {npc: rat}", "use: {hand: hang, type: food}", "linen.steps[2].use: hang needs an item"),
        ("kill: {npc: rat}", "use: {item: bandage, takes: true}", "linen.steps[2].use.takes: use itself uses the thing up"),
        ("kill: {npc: rat}", "use: {item: crowbar}", "linen.steps[2].use.item: 'crowbar' is not used up"),
        ("learn: street.car", "learn: street.boot", "linen.steps[3].learn: no clue 'street.boot'"),
        ("learn: street.car", "learn: road.car", "linen.steps[3].learn: no clue 'road.car'"),
        ("thing: car}, says: Search", "thing: cart}, says: Search", "second.steps[0].search.thing: nothing to search is called 'cart' there; did"),
        ("    - {use: {item: bandage}, says: Bandage yourself.}\n", "", "linen.steps[3]: the last step is one of bring, talk, use, search"),
        ("after: [linen]", "after: [second]", "second.after: this quest would have to be done before itself"),
        ("at_start: false", "at_start: true", "second.at_start: a new character has done no quest"),
        ("items: [{item: bandage}]", "items: [{item: gold}]", "linen.reward.items[0].item: no item 'gold'"),
    ],
)  # fmt: skip
def test_a_quest_that_cannot_be_finished_is_a_problem(city: City, old: str, new: str, said: str):
    """Places, people, things and clues must be there, and for every player."""
    city.change(QUESTS, old, new)
    assert any(said in problem for problem in city.problems()), city.problems()


def test_a_quest_that_nothing_begins_is_a_problem(city: City):
    city.change("dialogues/rat.yaml", ", does: {begins: second}", "")
    assert any("second: nothing begins this quest" in problem for problem in city.problems())


def test_an_item_that_only_lies_on_the_ground_is_no_item_for_every_player(city: City):
    """A quest may not need it, and a clue may not be in it; an interactable that gives it makes it sound."""
    city.put(
        "items/paper.yaml", "note:\n  name: note\n  type: document\n  description: A folded page of a letter.\n  weight: 1\n  volume: 1\n"
    )
    city.change("locations/clinic.yaml", "exits:", "items: [{item: note}]\nexits:")
    city.change(QUESTS, "find: {item: bandage}", "find: {item: note}")
    city.change("mysteries/city.yaml", "item: bandage", "item: note")
    said = city.problems()
    assert any("not every player can have 'note'" in problem for problem in said)
    assert any("not every player can find 'note'" in problem for problem in said)
    desk = "interactables: {desk: {name: a desk, description: A desk with a drawer in it., gives: note}}\nexits:"
    city.change("locations/clinic.yaml", "items: [{item: note}]\nexits:", desk)
    assert city.problems() == []
    city.change("locations/clinic.yaml", "gives: note", "gives: note, loot: car_boot")
    assert any("it gives something or yields from a loot table, not both" in problem for problem in city.problems())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("item: bandage, says", "item: bandage, npc: rat, says", "a clue has exactly one source"),
        ("at: street, thing: car", "at: street", "a clue has exactly one source"),
        ("thing: car", "thing: cars", "nothing is called 'cars' there; did you mean 'car'?"),
    ],
)
def test_a_clue_that_cannot_be_found_is_a_problem(city: City, old: str, new: str, said: str):
    city.change("mysteries/city.yaml", old, new)
    assert any(said in problem for problem in city.problems())


# ── the rules ────────────────────────────────────────────────────────────────────────────────────────────────────────


def me(*, on, flags=(), level=1):
    return Character(
        id=1, name="Mara", version=1, epoch=0, location_id="kiln_yard", hp=1, max_hp=1, stamina=1.0, max_stamina=1, stamina_at=0.0,
        resting=False, level=level, xp=0, scrap=0, explored=(), quests=on, flags=flags,
    )  # fmt: skip


def world(*steps):
    last = Step(says="End.", talk=TalkTo("marta_kell"))
    return replace(SHIPPED, quests={"q": Quest("Q", "Offer.", (*steps, last), "End.")})


def advanced(step, *facts, count=0, here="kiln_yard", flags=(), carried=None):
    """Where a quest stands that stood at this step."""
    found = quests.advance(me(on={"q": (0, count)}), facts, Standing(here, flags, carried), world(step))
    return found.now.get("q", (0, count))


@pytest.mark.parametrize(
    ("step", "fact", "to"),
    [
        (Step("x", kill=Kill()), Killed(npc="cinder_rat", location_id="x"), (1, 0)),
        (Step("x", kill=Kill("ash_hound")), Killed(npc="cinder_rat", location_id="x"), (0, 0)),
        (Step("x", kill=Kill(quantity=3)), Killed(npc="cinder_rat", location_id="x"), (0, 1)),
        (Step("x", talk=TalkTo("odile_marsh")), Talked(npc="odile_marsh", passage="first"), (1, 0)),
        (Step("x", talk=TalkTo("odile_marsh", "note")), Talked(npc="odile_marsh", passage="first"), (0, 0)),
        (Step("x", talk=TalkTo("odile_marsh", "note")), Talked(npc="odile_marsh", passage="note"), (1, 0)),
        (Step("x", bring=Bring("lamp_oil", "pim", 2)), Gave(item="lamp_oil", quantity=1, to="npc:pim"), (0, 1)),
        (Step("x", bring=Bring("lamp_oil", "pim", 2)), Gave(item="lamp_oil", quantity=2, to="npc:pim"), (1, 0)),
        (Step("x", bring=Bring("lamp_oil", "pim")), Gave(item="lamp_oil", quantity=1, to="character:2"), (0, 0)),
        (Step("x", find=Find(type="food")), Took(item="ash_bread", quantity=1), (1, 0)),
        (Step("x", find=Find(type="food")), Took(item="lamp_oil", quantity=1), (0, 0)),
        (Step("x", find=Find(type="food", quantity=3)), Took(item="ash_bread", quantity=2), (0, 2)),
        (Step("x", use=Handle("scratch", "tin_lantern")), Used(item="tin_lantern", location_id="x"), (0, 0)),
        (Step("x", use=Handle(type="food")), Used(item="ash_bread", location_id="x"), (1, 0)),
        (Step("x", use=Handle(item="linen_bandage", at="y")), Used(item="linen_bandage", location_id="x"), (0, 0)),
        (Step("x", use=Handle("hang", "tin_lantern", at="x")), Handled(hand="hang", item="tin_lantern", location_id="x"), (1, 0)),
        (Step("x", use=Handle("hang", "tin_lantern")), Handled(hand="scratch", item="tin_lantern", location_id="x"), (0, 0)),
        (Step("x", search=SearchFor("x", "shelf")), Searched(location_id="x", thing="shelf", found=0), (1, 0)),
        (Step("x", survive=2), Survived(location_id="x"), (0, 1)),
        (Step("x", go="market_square"), Moved(origin="a", to="b"), (0, 0)),
    ],
)  # fmt: skip
def test_a_fact_counts_for_its_step_alone(step, fact, to):
    assert advanced(step, fact) == to


def test_steps_that_depend_on_where_one_stands_hold_by_themselves():
    """To be in a place, to carry an item, to know a clue; unknown belongings hold nothing."""
    assert advanced(Step("x", go="kiln_yard")) == (1, 0)
    assert advanced(Step("x", find=Find("lamp_oil", quantity=2)), carried={"lamp_oil": 2}) == (1, 0)
    assert advanced(Step("x", find=Find("lamp_oil", quantity=2)), carried={"lamp_oil": 1}) == (0, 0)
    assert advanced(Step("x", find=Find("lamp_oil"))) == (0, 0)
    assert advanced(Step("x", learn="a.b"), flags=("clue.a.b",)) == (1, 0)


def test_one_commit_reaches_several_steps_and_each_fact_counts_once():
    """A kill does for one step; what comes after it in the commit does for the next; what came before does not."""
    steps = Step("1", kill=Kill()), Step("2", kill=Kill()), Step("3", go="kiln_yard"), Step("4", survive=1)
    on, here = me(on={"q": (0, 0)}), Standing("kiln_yard", ())
    killed, survived = Killed(npc="cinder_rat", location_id="x"), Survived(location_id="x")
    assert quests.advance(on, [killed], here, world(*steps)).now == {"q": (1, 0)}
    assert quests.advance(on, [survived, killed, killed], here, world(*steps)).now == {"q": (3, 0)}
    found = quests.advance(on, [killed, killed, survived], here, world(*steps))
    assert (found.now, found.reached) == ({"q": (4, 0)}, {"q": [0, 1, 2, 3]})


def test_facts_after_the_last_step_count_for_nothing():
    talked = Talked(npc="marta_kell", passage="first")
    assert quests.advance(me(on={"q": (0, 0)}), [talked, talked], Standing("x", ()), world()).now == {"q": (1, 0)}


def test_things_are_read_for_steps_ahead_that_ask_for_them():
    """Not for those that are reached, and not for things of a type, which are counted as they are taken."""
    thing, kind, go = Step("1", find=Find("lamp_oil")), Step("2", find=Find(type="food")), Step("3", go="kiln_yard")
    for steps, at, wanted in ((go, thing), 0, True), ((thing, go), 0, True), ((thing, go), 1, False), ((kind, go), 0, False):
        assert quests.wants_things(me(on={"q": (at, 0)}), world(*steps)) == wanted


def test_facts_belong_to_their_character():
    facts = [Survived(character_id=1, location_id="x"), Survived(character_id=2, location_id="x")]
    assert quests.of_character(facts, 2) == facts[1:]


def test_a_quest_or_step_that_is_gone_is_no_crash():
    """A quest that is gone is passed over; a step that is gone is the last one."""
    assert quests.advance(me(on={"gone": (3, 1)}), [], Standing("x", ()), SHIPPED).now == {}
    assert quests.open_quests(me(on={"q": (7, 2)}), world())["q"][1] == (0, 0)


def test_a_quest_begins_once_and_on_its_conditions():
    quest = Quest("Q", "Offer.", (), "End.", after=("lantern",), level=2)
    assert not quests.can_begin("q", quest, me(on={}, level=2))
    assert not quests.can_begin("q", quest, me(on={}, flags=("quest.lantern",)))
    assert quests.can_begin("q", quest, me(on={}, flags=("quest.lantern",), level=2))
    assert not quests.can_begin("q", quest, me(on={"q": (0, 0)}, flags=("quest.lantern",), level=2))
    assert not quests.can_begin("q", quest, me(on={}, flags=("quest.lantern", "quest.q"), level=2))
    many = {f"q{number}": (0, 0) for number in range(quests.MOST_AT_ONCE)}
    assert not quests.can_begin("q", quest, me(on=many, flags=("quest.lantern",), level=2))


def test_the_first_quest_can_be_done_near_the_start():
    """Its enemies come back within a minute, in a cellar two steps away."""
    assert [id_ for id_, quest in SHIPPED.quests.items() if quest.at_start] == ["lantern"]
    rats = Populations(SHIPPED).by_id["cellar_rats"]
    assert (rats.locations, rats.seconds) == (("umbrella_cellar",), 60)
    assert SHIPPED.locations["market_square"].exits["down"].to == "umbrella_cellar"
