"""From rows and templates to what a client is shown."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from echoes.game.npcs import Seen
from echoes.storage.commits import Character, Thing
from echoes.wire import (
    EffectView,
    ExitView,
    FighterView,
    FightView,
    InventoryView,
    ItemView,
    LocationView,
    PaceView,
    PlaceView,
    PlayerView,
    ThingView,
    You,
)  # fmt: skip
from echoes.world import effects as lasting
from echoes.world import growth, rules
from echoes.world.combat import Choice, Fight
from echoes.world.effects import Lasting
from echoes.world.goods import picture_of
from echoes.world.model import Effect, Item, Location, World

USABLE = {"food", "drink", "medicine", "document"}
LISTED = 50
"""People, and things on the ground, that a view of a location lists; the rest is a number."""
NAMED = 8
"""People, and things, that the line about a place names; of the rest it gives the number."""
BAG = 200
"""Things that one can carry, however light they are; a stack is one."""


def recovered(me: Character, now: float, world: World) -> Character:
    """The character with the hit points that it has at `now`."""
    if me.hp >= me.max_hp:
        return msgspec.structs.replace(me, hp_at=now)
    since = now if me.hp_at is None else me.hp_at
    health = rules.health_at(now, hp=me.hp, since=since, maximum=me.max_hp, paces=_paces(me, since, world, _health_pace))
    return msgspec.structs.replace(me, hp=health.hp, hp_at=health.at)


def _health_pace(me: Character, now: float, world: World) -> float:
    percent = lasting.changes_at(me.effects, world.effects, now).health if me.effects else 0
    return rules.health_per_minute(world.start.body, resting=me.resting, fighting=me.combat > 0, percent=percent)


def _stamina_pace(me: Character, now: float, world: World) -> float:
    percent = lasting.changes_at(me.effects, world.effects, now).stamina if me.effects else 0
    return rules.stamina_per_minute(world.start.body, resting=me.resting, percent=percent)


def _paces(me: Character, since: float, world: World, pace: Callable[[Character, float, World], float]) -> list[rules.Pace]:
    """How fast something grows from a moment on: the pace changes when an effect is over."""
    ends = lasting.cuts(me.effects, since)
    return [rules.Pace(end, pace(me, start, world)) for start, end in zip([since, *ends], [*ends, math.inf], strict=True)]


def conditions(me: Character, things: Iterable[Thing], now: float, world: World) -> list[str]:
    """The effects that follow from what a character carries and from its stamina."""
    return lasting.conditions(world.effects, load(things, world), stamina(me, now, world) / me.max_stamina)


def effect(effect_id: str, template: Effect, one: Lasting | None = None) -> EffectView:
    """An effect as its bearer sees it."""
    return EffectView(
        effect_id, template.name, template.description, template.helps, one.stacks if one else 1,
        round(one.until, 3) if one and one.until else 0.0, template.load_above or 0.0, template.stamina_below or 0.0,
    )  # fmt: skip


def you(me: Character, now: float, world: World) -> You:
    """The character as its own player sees it at `now`."""
    me = recovered(me, now, world)
    current = lasting.standing(me.effects, world.effects, now)
    return You(
        id=me.id, name=me.name, version=me.version, location_id=me.location_id, hp=me.hp, max_hp=me.max_hp,
        stamina=round(stamina(me, now, world), 2), max_stamina=me.max_stamina,
        stamina_per_minute=_stamina_pace(me, now, world), at=round(now, 3),
        resting=me.resting, level=me.level, xp=me.xp, scrap=me.scrap,
        hp_per_minute=_health_pace(me, now, world), hp_at=round(me.hp_at or now, 3),
        strength=me.strength, agility=me.agility, endurance=me.endurance, intellect=me.intellect,
        points=growth.points(me.level, (me.strength, me.agility, me.endurance, me.intellect)),
        effects=[effect(one.id, world.effects[one.id], one) for one in current],
        later=[PaceView(round(end, 3), _health_pace(me, end, world), _stamina_pace(me, end, world)) for end in lasting.cuts(current, now)],
    )  # fmt: skip


def stamina(me: Character, now: float, world: World) -> float:
    """A character's stamina at `now`."""
    paces = _paces(me, me.stamina_at, world, _stamina_pace)
    return rules.stamina_at(now, stamina=me.stamina, since=me.stamina_at, maximum=me.max_stamina, paces=paces)


def item(thing: Thing, world: World) -> ItemView:
    """A thing as it is shown. One whose template the content no longer knows is shown as a keepsake, never lost."""
    template = template_of(thing, world)
    return ItemView(
        id=thing.id, version=thing.version, quantity=thing.quantity, template=thing.template,
        name=name_of(thing, world), type=template.type,
        description=template.description, weight=template.weight, volume=template.volume, slot=template.slot or "",
        worn=bool(thing.slot), durability=thing.durability,
        usable=template.type in USABLE or template.restores is not None, personal=thing.personal,
    )  # fmt: skip


def name_of(thing: Thing, world: World) -> str:
    """A thing's name: its template's, and whose it is where that is known (`remains of Mara`)."""
    name = template_of(thing, world).name
    return f"{name} of {thing.label}" if thing.label else name


def gone(thing: Thing) -> ItemView:
    """The fact that a thing is no longer here."""
    return ItemView(thing.id, thing.version, 0)


def lost(thing: Thing) -> ItemView:
    """The fact that a thing is in its owner's remains now. Getting there has raised its version."""
    return ItemView(thing.id, thing.version + 1, 0)


def template_of(thing: Thing, world: World) -> Item:
    """A thing's template."""
    known = world.items.get(thing.template)
    return (
        known
        if known is not None
        else Item(thing.template.replace("_", " "), "trinket", "Something from before, hard to make out now.", 0.1, 0.1)
    )


def load(things: Iterable[Thing], world: World) -> rules.Load:
    """Kilograms that these things weigh on their owner."""
    return rules.load_of(((template_of(thing, world), thing.quantity, bool(thing.slot)) for thing in things), world.start.body)


def has_room(things: Sequence[Thing], template_id: str, template: Item, quantity: int, world: World) -> bool:
    """Whether a character with these things can carry this many more of a kind. They join a stack that is neither worn nor personal."""
    joins = template.stackable and any(one.template == template_id and not one.slot and not one.personal for one in things)
    return (joins or len(things) < BAG) and load(things, world).fits(template, quantity)


def inventory(things: Sequence[Thing], world: World) -> InventoryView:
    """The bag and what is worn."""
    carried = load(things, world)
    return InventoryView([item(thing, world) for thing in things], carried.weight, carried.max_weight, carried.volume, carried.max_volume)


def location(
    location_id: str,
    place: Location,
    explored: Sequence[str],
    players: Sequence[PlayerView],
    ground: Sequence[Thing],
    world: World,
    *, npcs: Sequence[Seen] = (), fight: FightView | None = None, more_players: int = 0, lying: int = 0,
) -> LocationView:  # fmt: skip
    """A location as a character that has been in `explored` sees it. `lying`: how many things lie there; `ground` may be a part of them."""
    shown = shown_of(ground)
    return LocationView(
        id=location_id, name=place.name, district=place.district, description=place.description, danger_level=place.danger_level,
        image=picture_of(location_id, place), image_alt=place.image_alt, x=place.x, y=place.y,
        exits=[
            ExitView(direction, way.to, way.stamina, world.locations[way.to].name if way.to in explored else "", way.look)
            for direction, way in place.exits.items()
        ],
        things=[ThingView(id, thing.name, thing.loot is not None or thing.gives is not None) for id, thing in place.interactables.items()],  # noqa: A001
        npcs=[npc.view for npc in npcs],
        players=list(players), more_players=more_players,
        items=[item(thing, world) for thing in shown], more_items=max(lying, len(ground)) - len(shown),
        around=around(place, npcs, players, more_players, ground, world), fight=fight,
    )  # fmt: skip


def around(
    place: Location, npcs: Sequence[Seen], players: Sequence[PlayerView], more_players: int, ground: Sequence[Thing], world: World
) -> str:
    """Exits, people and things of a place in one line of prose; of many the first `NAMED`."""
    exits = f"Exits: {', '.join(place.exits)}." if place.exits else "There is no way out."
    kinds = Counter(npc.npc.name for npc in npcs)
    people = [*(name if number == 1 else f"{name} ×{number}" for name, number in kinds.items()), *(one.name for one in players)]
    things = [name if thing.quantity == 1 else f"{name} ×{thing.quantity}" for thing in ground for name in [name_of(thing, world)]]
    standing = [thing.name for thing in place.interactables.values()]
    lines = [exits, _some("Here", people, more_players), _some("You see", standing), _some("On the ground", things)]
    return " ".join(line for line in lines if line)


def _some(kind: str, names: Sequence[str], more: int = 0) -> str:
    left = len(names) - NAMED + more if len(names) > NAMED else more
    return f"{kind}: {', '.join(names[:NAMED])}{f' and {left} more' if left > 0 else ''}." if names else ""


def fight(combat_id: int, fought: Fight, until: float) -> FightView:
    """A fight as clients see it."""
    fighters = []
    for one in fought.fighters:
        intent = fought.intents.get(one.id) or Choice("defend")
        shown = FighterView(one.id, one.name, one.side, one.hp, one.max_hp, chosen=one.id in fought.choices)
        if one.id in fought.intents:
            shown = msgspec.structs.replace(shown, intent=intent.action, target=intent.target)
        fighters.append(shown)
    return FightView(combat_id, fought.round, round(until, 3), fighters, over=fought.is_over)


def shown_of(ground: Sequence[Thing]) -> Sequence[Thing]:
    """The things that a view lists of it: those of the place first, then the newest."""
    if len(ground) <= LISTED:
        return ground
    chosen = {thing.id for thing in sorted(ground, key=lambda thing: (thing.laid > 0, -thing.laid))[:LISTED]}
    return [thing for thing in ground if thing.id in chosen]


def chart(explored: Sequence[str], world: World) -> list[PlaceView]:
    """The map: what has been explored, and the coordinates of what lies beside it."""
    known = [place_id for place_id in explored if place_id in world.locations]
    places = {place_id: _place(place_id, world) for place_id in known}
    for place_id in known:
        for way in world.locations[place_id].exits.values():
            beside = world.locations[way.to]
            places.setdefault(way.to, PlaceView(way.to, beside.x, beside.y))
    return list(places.values())


def _place(place_id: str, world: World) -> PlaceView:
    place = world.locations[place_id]
    exits = {str(direction): way.to for direction, way in place.exits.items()}
    return PlaceView(
        place_id, place.x, place.y, explored=True, name=place.name, district=place.district, danger_level=place.danger_level, exits=exits
    )
