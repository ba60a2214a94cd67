"""`search`: things come into the world, once in a while, for the first who searches."""

from echoes.errors import Refused
from echoes.game import arguments, gifts, nouns, targets, views
from echoes.game.deed import Deed
from echoes.game.facts import Searched, Took
from echoes.game.spec import CommandSpec
from echoes.game.targets import Named
from echoes.wire import Command, Outcome, Target
from echoes.world import rules
from echoes.world.model import Interactable


class Search(Command, frozen=True, tag="search"):
    """Search something that stands here."""

    target: Target | None = None


async def search(deed: Deed, command: Search) -> Outcome:
    """Search something; what does not fit into the bag falls to the ground. Without a target, of several things, name those that can be searched."""
    scene = deed.scene
    searchable = {id: thing for id, thing in scene.location.interactables.items() if thing.loot is not None or thing.gives is not None}  # noqa: A001
    if command.target is None and len(searchable) != 1:
        deed.message = choice(list(searchable.values()))
        return deed.outcome()
    id, thing = next(iter(searchable.items())) if command.target is None else _named(deed, command.target)  # noqa: A001
    if thing.gives is not None:
        return await gifts.receive(deed, id, thing)
    if thing.loot is None:
        raise Refused("nothing_to_search", f"The {_lower(thing.name)} hides nothing.", "Look at it instead.")
    if scene.stamina < thing.stamina:
        raise Refused(
            "exhausted",
            f"You are too tired to search: it takes {thing.stamina} stamina and you have {int(scene.stamina)}.",
            "Rest for a while.",
        )
    deed.search(id, thing.refill_minutes * 60, f"Somebody has been through the {_lower(thing.name)} not long ago. Nothing is left.")
    deed.change_me(stamina=scene.stamina - thing.stamina)
    kept: list[str] = []
    fallen: list[str] = []
    for template_id, quantity in rules.draw(scene.world.loot[thing.loot], scene.around.dice, scene.me.intellect).items():
        template = scene.world.items[template_id]
        for part in [quantity] if template.stackable else [1] * quantity:
            mine = deed.mine if deed.mine is not None else await scene.things()
            fits = views.has_room(mine, template_id, template, part, scene.world)
            await deed.create(template_id, part, "search", carried=fits)
            if fits:
                deed.fact(Took(item=template_id, quantity=part, source="search"))
            (kept if fits else fallen).append(template.name if part == 1 else f"{template.name} ×{part}")
    deed.message = _text_of(thing, kept, fallen)
    deed.fact(Searched(location_id=deed.me.location_id, thing=id, found=len(kept) + len(fallen)))
    deed.tell_room("searched", f"{deed.me.name} searches the {_lower(thing.name)}.")
    return deed.outcome()


def choice(searchable: list[Interactable]) -> str:
    """Name the things that can be searched here, and the cost."""
    if not searchable:
        return "You look about you. Nothing here is worth searching."
    names = [f"the {_lower(thing.name)}" + ("" if thing.gives else f" ({thing.stamina} stamina)") for thing in searchable]
    return f"You could search {', '.join(names[:-1])} or {names[-1]}."


def _named(deed: Deed, word: str) -> tuple[str, Interactable]:
    things = deed.scene.location.interactables
    named = [(Named(id, thing.name, thing.aliases), (id, thing)) for id, thing in things.items()]  # noqa: A001
    return targets.pick(
        word, named, nothing=f"There is no {targets.bare(word)} here to search.", otherwise=nouns.to_see(deed.scene.location)
    )


def _text_of(thing: Interactable, kept: list[str], fallen: list[str]) -> str:
    if not kept and not fallen:
        return f"You search the {_lower(thing.name)} and find nothing of use."
    found = f"You search the {_lower(thing.name)} and find {', '.join([*kept, *fallen])}."
    return f"{found} You cannot carry {', '.join(fallen)}; it falls to the ground." if fallen else found


def _lower(name: str) -> str:
    for article in ("The ", "A ", "An "):
        name = name.removeprefix(article)
    return name[0].lower() + name[1:]


_ANYTHING = arguments.AROUND | {
    f"{before}{kind}"
    for before in ("", "for ")
    for kind in (
        "anything",
        "anything useful",
        "clues",
        "items",
        "loot",
        "something",
        "something useful",
        "stuff",
        "supplies",
        "things",
        "treasure",
    )
}
"""Words behind `search` that name nothing in particular."""

SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "search",
        Search,
        search,
        usage="search [thing]",
        summary="Search something that stands here.",
        aliases=("find", "look for", "rummage", "explore"),
        arguments=arguments.one("target", "search [thing]", optional=True, skip={*arguments.AT, "for"}, whole=_ANYTHING),
        topic="Searching costs stamina and may turn something up. What has been searched stays empty for a while, whoever comes.",
        cost=2,
    ),
)
