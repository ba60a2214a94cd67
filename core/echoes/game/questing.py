"""Quests in play: what a command's facts advance, what players read of it, and the reward. `echoes.game.quests` has the rules."""

from collections import Counter
from collections.abc import Iterable, Sequence

from echoes import channels
from echoes.channels import Outgoing
from echoes.game import quests, views
from echoes.game.deed import Deed
from echoes.game.facts import Fact, Levelled, QuestAdvanced, QuestBegun, QuestDone, Took
from echoes.game.quests import CLUE, DONE, Advance, Standing
from echoes.storage.commits import Character, Thing
from echoes.wire import ClueView as Found
from echoes.wire import Happening, MysteryView, Outcome, QuestView
from echoes.world import growth
from echoes.world.model import Quest, Reward, World


def begin(deed: Deed, quest_id: str) -> None:
    """The actor is on a quest from now on; the caller has asked `quests.can_begin`."""
    quest = deed.scene.world.quests[quest_id]
    deed.change_quests({quest_id: (0, 0)})
    deed.fact(QuestBegun(quest=quest_id))
    deed.tell(deed.me.id, happening("quest_begun", begun_text(quest), [view(quest_id, quest, (0, 0))], deed.scene.me.version + 1))


async def follow(deed: Deed, outcome: Outcome) -> Outcome:
    """Advance the actor's quests by the facts of this deed, in the same commit. Nothing is read for an actor that is on none."""
    me, world = deed.me, deed.scene.world
    if not me.quests or not deed.facts:
        return outcome
    carried = None
    if quests.wants_things(me, world):
        carried = carried_of(deed.mine if deed.mine is not None else await deed.scene.things())
    facts = quests.of_character(deed.facts, me.id)
    found = quests.advance(me, facts, Standing(me.location_id, me.flags, carried), world)
    if not found.now:
        return outcome
    done = [id_ for id_, (step, _) in found.now.items() if step >= len(world.quests[id_].steps)]
    deed.change_quests({**found.now, **dict.fromkeys(done)})
    deed.change_flags([*(DONE + id_ for id_ in done), *flags_of(found, world)])
    for fact in facts_of(found):
        deed.fact(fact)
    for id_ in done:
        await _reward(deed, world.quests[id_].reward)
        deed.fact(QuestDone(quest=id_))
    if done and deed.me.level > me.level:
        deed.fact(Levelled(level=deed.me.level))
    deed.change_me()
    for event in events_of(me, deed.me, found, world, deed.scene.me.version + 1):
        deed.events.append(event)
    return deed.as_of_now(outcome)


async def _reward(deed: Deed, reward: Reward) -> None:
    if reward.xp:
        grown = growth.with_xp(deed.me.level, deed.me.xp, reward.xp)
        more = grown.gained * growth.HP_A_LEVEL
        deed.change_me(level=grown.level, xp=grown.xp, max_hp=deed.me.max_hp + more, hp=deed.me.hp + more)
    if reward.scrap:
        deed.change_scrap(reward.scrap, "quest")
    deed.change_flags(reward.sets)
    for one in reward.items:
        template = deed.scene.world.items[one.item]
        for part in [one.quantity] if template.stackable else [1] * one.quantity:
            mine = deed.mine if deed.mine is not None else await deed.scene.things()
            fits = views.has_room(mine, one.item, template, part, deed.scene.world)
            await deed.create(one.item, part, "quest", carried=fits)
            if fits:
                deed.fact(Took(item=one.item, quantity=part, source="reward"))


def facts_of(found: Advance) -> list[Fact]:
    """The facts of the steps that were reached, without their character."""
    return [QuestAdvanced(quest=id_, step=step + 1) for id_, steps in found.reached.items() for step in steps]


def flags_of(found: Advance, world: World) -> list[str]:
    """The flags that the steps set which were reached."""
    return [flag for id_, steps in found.reached.items() for step in steps for flag in world.quests[id_].steps[step].sets]


def carried_of(things: Iterable[Thing]) -> Counter[str]:
    """How many of each item these are."""
    carried: Counter[str] = Counter()
    for thing in things:
        carried[thing.template] += thing.quantity
    return carried


# ── what players read ────────────────────────────────────────────────────────────────────────────────────────────────


def begun_text(quest: Quest) -> str:
    """Text of the story at the beginning of a quest."""
    return f"{quest.title}: {quest.offer} {quest.steps[0].says}"


def events_of(before: Character, me: Character, found: Advance, world: World, version: int) -> list[Outgoing]:
    """One event for each quest that has advanced, for its own player."""
    events = []
    for id_, (step, count) in found.now.items():
        quest = world.quests[id_]
        reached = [quest.steps[one].done for one in found.reached.get(id_, ())]
        if step >= len(quest.steps):
            text = _joined([f"{quest.title}:", *reached, quest.end, _reward_text(quest.reward, world), _levelled(before, me)])
            shown = QuestView(id_, quest.title, len(quest.steps), len(quest.steps), done=True)
            events.append(channels.to_player(me.id, "state_update", happening("quest_done", text, [shown], version)))
            continue
        text = _joined([f"{quest.title}:", *reached, quest.steps[step].says if reached else _counted(quest, step, count)])
        shown = view(id_, quest, (step, count))
        events.append(channels.to_player(me.id, "state_update", happening("quest_advanced", text, [shown], version)))
    return events


def happening(action: str, text: str, shown: Sequence[QuestView], version: int) -> Happening:
    """An event about quests, for the own player."""
    return Happening(action, text, version=version, quests=list(shown))


def view(quest_id: str, quest: Quest, progress: tuple[int, int]) -> QuestView:
    """A quest as its player sees it."""
    step, count = progress
    needed = quests.number_of(quest.steps[step])
    return QuestView(
        quest_id, quest.title, step + 1, len(quest.steps), quest.steps[step].says, count if needed > 1 else 0, needed if needed > 1 else 0
    )


def views_of(me: Character, world: World) -> list[QuestView]:
    """The quests that a character is on."""
    return [view(id_, quest, progress) for id_, (quest, progress) in quests.open_quests(me, world).items()]


def journal_of(me: Character, world: World) -> list[MysteryView]:
    """The mysteries of which a character has found a clue, with the clues that it has found."""
    found = []
    for id_, mystery in world.mysteries.items():
        clues = [Found(clue_id, clue.says) for clue_id, clue in mystery.clues.items() if f"{CLUE}{id_}.{clue_id}" in me.flags]
        if clues:
            whole = len(clues) == len(mystery.clues)
            found.append(MysteryView(id_, mystery.question, clues, len(mystery.clues), mystery.answer if whole else ""))
    return found


def _counted(quest: Quest, step: int, count: int) -> str:
    return f"{count} of {quests.number_of(quest.steps[step])}."


def _reward_text(reward: Reward, world: World) -> str:
    got = [f"{reward.xp} experience"] if reward.xp else []
    got += [f"{reward.scrap} scrap"] if reward.scrap else []
    got += [
        world.items[one.item].name + (f" ×{one.quantity}" if one.quantity > 1 else "") for one in reward.items if one.item in world.items
    ]
    return f"You get {', '.join(got)}." if got else ""


def _levelled(before: Character, me: Character) -> str:
    return f"You are level {me.level} now." if me.level > before.level else ""


def _joined(parts: Iterable[str]) -> str:
    return " ".join(part for part in parts if part)
