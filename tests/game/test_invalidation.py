"""The entries that a worker drops when it receives invalidations on `game:cache`, and its behaviour when it cannot receive or send them."""

import pytest
from echoes.caching import Caching
from echoes.channels import CACHE, CacheDropped, ContentActivated, encode
from echoes.errors import FacilityUnavailable
from echoes.facilities import Gap, Message, Position
from echoes.game.kinds import CHARACTER, GROUND, INVENTORY, ITEM
from echoes.invalidation import Invalidations


class Wire:
    """A broadcast with one listener."""

    def __init__(self) -> None:
        self.published, self.listeners, self.is_away = [], [], False

    async def subscribe(self, channel, sink):
        assert channel == CACHE
        if self.is_away:
            raise FacilityUnavailable("away")
        self.listeners.append(sink)
        return self

    async def publish(self, channel, payload):
        if self.is_away:
            raise FacilityUnavailable("away")
        self.published.append((channel, payload))

    def tell(self, invalidations):
        payload = invalidations if isinstance(invalidations, bytes) else encode(invalidations)
        self.listeners[0](Message(CACHE, Position("1", 1), "", payload))


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def renewals():
    """How often the content was read again."""
    return []


@pytest.fixture
async def invalidations(wire, facilities, renewals):
    invalidations = Invalidations(wire, Caching(facilities.cache), lambda: renewals.append(1))
    await invalidations.listen()
    for kind in (CHARACTER, INVENTORY, ITEM):
        invalidations._caching.keep_near(kind, "7", 3, "kept")
    return invalidations


def kept(invalidations):
    return {kind.name for kind in (CHARACTER, INVENTORY, ITEM) if invalidations._caching.near_copy(kind, "7") is not None}


async def test_a_newer_row_ends_its_near_copies_and_those_of_its_things(invalidations, wire, renewals):
    wire.tell(CacheDropped("character", "7", 4))
    assert kept(invalidations) == {"item"}
    assert not renewals


@pytest.mark.parametrize(
    ("told", "left"), [(CacheDropped("character", "7", 3), 3), (CacheDropped("character", "8", 9), 3), (CacheDropped("new", "7"), 3)]
)
async def test_an_invalidation_without_effect_drops_nothing(invalidations, wire, told, left):
    """Of the kept version, of another character, of a kind that only a newer release knows."""
    wire.tell(told)
    assert len(kept(invalidations)) == left


async def test_an_invalidation_without_a_version_drops_every_version(invalidations, wire, renewals):
    wire.tell(CacheDropped("inventory", "7"))
    assert kept(invalidations) == {"character", "item"}
    wire.tell(CacheDropped("character", "7"))
    assert kept(invalidations) == {"item"}
    assert not renewals


async def test_a_change_of_the_content_renews_it(invalidations, wire, renewals):
    """When other content is in force, or a part of it was dropped."""
    wire.tell(ContentActivated(2, "x"))
    wire.tell(CacheDropped("item", "7"))
    assert len(renewals) == 2
    assert kept(invalidations) == {"character", "inventory"}


async def test_a_gap_ends_everything_near(invalidations, wire, renewals):
    """Any invalidation may be missing."""
    wire.listeners[0](Gap(CACHE, Position("1", 9)))
    assert kept(invalidations) == set()
    assert renewals


async def test_nonsense_ends_nothing(invalidations, wire):
    wire.tell(b"{nonsense")
    assert len(kept(invalidations)) == 3


async def test_a_new_subscription_drops_all_kept_rows(wire, facilities):
    """It retries until it succeeds, and subscribes once."""
    invalidations, wire.is_away = Invalidations(wire, Caching(facilities.cache), lambda: None), True
    with pytest.raises(FacilityUnavailable):
        await invalidations.listen()
    invalidations._caching.keep_near(CHARACTER, "7", 3, "kept")
    wire.is_away = False
    await invalidations.listen()
    assert kept(invalidations) == set()
    invalidations._caching.keep_near(CHARACTER, "7", 3, "kept")
    await invalidations.listen()
    assert kept(invalidations) == {"character"}


async def test_a_change_of_another_character_is_published_with_its_version(invalidations, wire):
    await invalidations.changed_elsewhere(7, 4)
    assert wire.published == [(CACHE, encode(CacheDropped("character", "7", 4)))]
    assert not invalidations._caching.due


async def test_an_invalidation_that_cannot_be_published_raises_the_generation(invalidations, wire):
    wire.is_away = True
    await invalidations.changed_elsewhere(7, 4)
    assert invalidations._caching.due


def test_the_ground_is_not_kept_near():
    """No worker hears of its changes."""
    assert not GROUND.near
