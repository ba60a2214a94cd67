"""A yard with hounds in it, and what the tests of fights wait for and add up."""

import asyncio

import msgspec
from cluster import SHIPPED
from echoes.world import content
from echoes.world.model import Damage, Spawn
from postgres import execute

HERE = "kiln_yard"


def city(*, hp=16, low=1, high=4, most=1, xp=15, behaviour="guard", place=HERE, around=()):
    """The shipped city with hounds in the yard, or also in places around it, and no other populations."""
    hound = msgspec.structs.replace(
        SHIPPED.npcs["ash_hound"], behaviour=behaviour, moves_every=3600.0, hp=hp, damage=Damage(low, high), armor=0, xp=xp, inflicts=None
    )
    locations = {id_: msgspec.structs.replace(place, npcs=()) for id_, place in SHIPPED.locations.items()}
    locations[HERE] = msgspec.structs.replace(locations[HERE], npcs=SHIPPED.locations[HERE].npcs)
    spawns = {"hounds": Spawn("ash_hound", most=most, minutes=60.0, locations=(place, *around), least_danger=0)}
    return content.stamped(msgspec.structs.replace(SHIPPED, npcs=SHIPPED.npcs | {"ash_hound": hound}, locations=locations, spawns=spawns))


async def eventually(condition, seconds=20):
    async with asyncio.timeout(seconds):
        while not (found := await condition()):
            await asyncio.sleep(0.05)
    return found


async def hounds(url, number):
    """Wait until this number of hounds is there, and let none of them attack first."""
    await eventually(lambda: execute(url, f"select from npcs having count(*) = {number}"))
    await execute(url, "delete from timers where kind = 'ambush'")


async def settle_scores(url):
    """The sums of the ledger: nothing was made or lost without an entry."""
    wrong = await execute(
        url,
        "select template, sum(n) from (select template, quantity as n from items union all"
        " select template, -quantity from ledger where template <> 'scrap') t group by template having sum(n) <> 0",
    )
    assert wrong == []


async def until_dead(url, mara, most=80):
    """Attack until the character has died once."""
    for _ in range(most):
        if await execute(url, "select from facts where type = 'died'"):
            return
        await mara.type("attack")
    raise AssertionError("alive")
