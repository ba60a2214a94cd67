"""`talk`, `choose`, `ask`, `greet`: conversations with NPCs, as `dialogues` of the content declare them."""

import re
from typing import Any

from echoes.errors import Refused
from echoes.game import arguments, conversations, normalization, questing, targets, views
from echoes.game.company import Person, npc_meant
from echoes.game.conversations import Conversation
from echoes.game.deed import Deed
from echoes.game.facts import Gave, Talked, Took
from echoes.game.market import Market, as_prose
from echoes.game.spec import CommandSpec
from echoes.game.targets import Named
from echoes.storage.commits import Thing
from echoes.wire import Command, Happening, Outcome, TalkView, Target
from echoes.world import talk as rules
from echoes.world.model import Choice, Consequences, Dialogue, Placement
from echoes.world.model.dialogues import MOST_CHOICES

_ABOUT = re.compile(r"(?:(.*\S)\s+)?\b(?:about|regarding|concerning)\s+(\S.*)", re.IGNORECASE)
_WITH = frozenset({"to", "with"})


class Talk(Command, frozen=True, tag="talk"):
    """Begin a conversation with an NPC in this location; with `about`, ask as `ask` does."""

    to: Target | None = None
    about: Target | None = None


class Choose(Command, frozen=True, tag="choose"):
    """Make a choice of the conversation: by its number, its id or its words. With `passage` only while the conversation stands there."""

    choice: Target
    passage: Target | None = None


class Ask(Command, frozen=True, tag="ask"):
    """Ask an NPC in this location about something."""

    about: Target
    to: Target | None = None


class Greet(Command, frozen=True, tag="greet"):
    """Greet a player or an NPC in this location."""

    to: Target


async def talk(deed: Deed, command: Talk) -> Outcome:
    """Begin a conversation. One with another NPC is over then."""
    if command.about is not None:
        return await ask(deed, Ask(id=command.id, about=command.about, to=command.to))
    person = await _person_here(deed, command.to, "talk [to] <name>")
    npc_id, npc = person
    dialogue = deed.scene.world.dialogues.get(npc_id)
    if dialogue is None:
        if not npc.greetings:
            raise Refused("no_answer", f"{npc.name} has nothing to say to you.", "look shows who else is here.")
        deed.message = f"{npc.name}: “{deed.scene.around.dice.choice(npc.greetings)}”"
        return deed.outcome()
    deed.fact(Talked(npc=npc_id, passage=(first := rules.opening(dialogue, await _speaker(deed)))))
    deed.tell_room("talked", f"{deed.me.name} talks with {npc.name}.")
    view = await _come_to(deed, npc_id, first, dialogue)
    deed.message = conversations.as_prose(view)
    return deed.outcome(talk=view)


async def choose(deed: Deed, command: Choose) -> Outcome:
    """Make a choice that was offered. What it does and where it leads are one commit."""
    world = deed.scene.world
    found = await _standing(deed)
    if found is None:
        raise Refused("not_talking", "You are in no conversation.", "talk <name> begins one; look shows who is here.")
    npc, dialogue = world.npcs[found.npc], world.dialogues[found.npc]
    passage = dialogue.passages.get(found.passage)
    choices = {} if passage is None else {id_: passage.choices[id_] for id_ in found.offered if id_ in passage.choices}
    gone = Refused("choice_gone", f"That can no longer be said to {npc.name}.", f"talk {npc.name} begins again.")
    if passage is None or command.passage not in {None, found.passage}:
        raise gone
    choice_id = _chosen(command.choice, found, choices)
    if choice_id not in choices or not rules.is_offered(choices[choice_id], await _speaker(deed)):
        raise gone
    choice = choices[choice_id]
    happened = await _carry_out(deed, choice.does, found.npc)
    said = [f"You: “{choice.says}”", *happened]
    if choice.to is None:
        deed.change_me(conversation="")
        view = TalkView(found.npc, npc.name)
    else:
        view = await _come_to(deed, found.npc, choice.to, dialogue)
        said.append(conversations.as_prose(view))
    deed.fact(Talked(npc=found.npc, passage=choice.to or "", choice=choice_id))
    deed.tell(deed.me.id, Happening("talked", ""))
    if choice.trade:
        market = await Market.of(deed.scene, (found.npc, npc))
        offers = market.view(deed.mine if deed.mine is not None else await deed.scene.things())
        said.append(as_prose(offers, deed.me.scrap))
    deed.message = " ".join(said)
    return deed.outcome(talk=view, trade=offers if choice.trade else None)


async def ask(deed: Deed, command: Ask) -> Outcome:
    """Ask about a topic. The conversation, if there is one, stands where it stood."""
    found = await _standing(deed)
    npc_id, npc = await _person_here(deed, command.to or (found.npc if found else None), "ask <name> about <topic>")
    dialogue = deed.scene.world.dialogues.get(npc_id)
    if dialogue is None:
        raise Refused("no_answer", f"{npc.name} has nothing to say to you.", "look shows who else is here.")
    known = [(Named(id_, conversations.name_of(id_), one.words), (id_, one)) for id_, one in rules.topics(dialogue, await _speaker(deed))]
    names = [name.name for name, _ in known]
    topic_id, topic = targets.pick(
        _asked_for(command.about, [name for name, _ in known]), known,
        nothing=f"{npc.name}: “{dialogue.shrug}”" if dialogue.shrug else f"{npc.name} knows nothing about that.",
        otherwise=f"Ask about {targets.either(names)}." if names else f"talk {npc.name} shows what can be said.",
        code="no_topic",
    )  # fmt: skip
    deed.change_flags(topic.sets)
    deed.change_me()
    deed.fact(Talked(npc=npc_id, topic=topic_id))
    deed.tell_room("talked", f"{deed.me.name} asks {npc.name} about {conversations.name_of(topic_id)}.")
    deed.message = f"{npc.name}: “{topic.says}”"
    return deed.outcome()


async def greet(deed: Deed, command: Greet) -> Outcome:
    """Greet a player or an NPC. All players here see it; an NPC answers the actor."""
    people = [one for one in await deed.scene.people_called(command.to) if targets.fits(command.to, Named(str(one.id), one.name))]
    answer = ""
    if people:
        name = targets.pick(command.to, [(Named(str(one.id), one.name), one.name) for one in people], nothing="")
    else:
        _, npc = await _person_here(deed, command.to, "greet <name>")
        name = npc.name
        answer = f" {name}: “{deed.scene.around.dice.choice(npc.greetings)}”" if npc.greetings else f" {name} looks at you."
    deed.message = f"{deed.me.name} greets {name}.{answer}"
    deed.speak("emote", f"greets {name}.", f"{deed.me.name} greets {name}.")
    return deed.outcome()


async def _person_here(deed: Deed, word: str | None, usage: str) -> Person:
    def talks(person: Person) -> bool:
        return person[0] in deed.scene.world.dialogues

    return await npc_meant(deed.scene, word, talks, missing="There is nobody here to talk with.", usage=usage)


async def _standing(deed: Deed) -> Conversation | None:
    return conversations.standing(deed.me, {seen.id for seen in await deed.scene.npcs()}, deed.scene.world)


async def _speaker(deed: Deed) -> rules.Speaker:
    things = deed.mine if deed.mine is not None else await deed.scene.things()
    return conversations.speaker_of(deed.me, things, deed.scene.world)


async def _come_to(deed: Deed, npc: str, passage_id: str, dialogue: Dialogue) -> TalkView:
    """The conversation now stands at a passage, or is over with it."""
    speaker = await _speaker(deed)
    now, choices = conversations.come_to(npc, passage_id, dialogue, speaker)
    deed.change_me(conversation=conversations.kept(now))
    topics = rules.topics(dialogue, speaker)
    return conversations.shown(npc, passage_id, dialogue.passages[passage_id].says, choices, deed.scene.world, topics)


def _chosen(word: str, found: Conversation, choices: dict[str, Choice]) -> str:
    """The id of the choice that is meant: a number counts the choices as they were offered."""
    if word in found.offered:
        return word
    if word.isdecimal() and len(word) <= 2 and 0 < int(word) <= len(found.offered):
        return found.offered[int(word) - 1]
    named = [(Named(id_, choice.says), id_) for id_, choice in choices.items()]
    return targets.pick(
        word,
        named,
        nothing="There is no such choice.",
        code="no_choice",
        otherwise=f"Choose 1 to {len(found.offered)}, or a choice's words.",
    )


def _asked_for(text: str, known: list[Named]) -> str:
    """The topic's own word, of a whole sentence: `who rang the bell` asks for the bell."""
    if any(targets.fits(text, name) for name in known):
        return text
    words = set(targets.normal(text).split())
    within = [alias for name in known for alias in (name.name, *name.aliases) if set(targets.normal(alias).split()) <= words]
    return max(within, key=len, default=text)


async def _carry_out(deed: Deed, does: Consequences, npc: str) -> list[str]:
    """Apply the consequences of a choice to the actor, and return them in sentences. Refuses things that the actor could not carry."""
    said = []
    for one in does.take:
        await _hand_over(deed, one)
        deed.fact(Gave(item=one.item, quantity=one.quantity, to=f"npc:{npc}"))
        said.append(f"You hand over {_counted(deed, one)}.")
    for one in does.give:
        await _receive(deed, one)
        deed.fact(Took(item=one.item, quantity=one.quantity, source="gift"))
        said.append(f"You are given {_counted(deed, one)}.")
    if by := does.earn - does.pay:
        deed.change_scrap(by, "dialogue")
        said.append(f"You are given {by} scrap." if by > 0 else f"You pay {-by} scrap.")
    deed.change_flags(does.sets, does.clears)
    if does.begins is not None:
        questing.begin(deed, does.begins)
    return said


async def _hand_over(deed: Deed, wanted: Placement) -> None:
    """Of several stacks or things alike as many as it takes; `is_offered` has found enough of them."""
    left = wanted.quantity
    things: list[Thing] = list(deed.mine if deed.mine is not None else await deed.scene.things())
    for thing in things:
        if left and thing.template == wanted.item and conversations.can_hand_over(thing, deed.scene.world):
            part = min(left, thing.quantity)
            await deed.use_up(thing, part, "dialogue")
            left -= part


async def _receive(deed: Deed, given: Placement) -> None:
    template = deed.scene.world.items[given.item]
    parts = [given.quantity] if template.stackable else [1] * given.quantity
    for part in parts:
        mine = deed.mine if deed.mine is not None else await deed.scene.things()
        if not views.has_room(mine, given.item, template, part, deed.scene.world):
            raise Refused("too_heavy", f"You cannot carry {_counted(deed, given)} as well.", "Drop something first; the offer stands.")
        await deed.create(given.item, part, "dialogue", carried=True)


def _counted(deed: Deed, one: Placement) -> str:
    name = deed.scene.world.items[one.item].name
    return name if one.quantity == 1 else f"{name} ×{one.quantity}"


def talk_arguments(rest: str) -> dict[str, Any]:
    """`[to] <name> [about <topic>]`."""
    line = normalization.plain(rest)
    if (found := _ABOUT.fullmatch(line)) is not None:
        return {"about": found[2], **_to(found[1])}
    return _to(line)


def ask_arguments(rest: str) -> dict[str, Any]:
    """`[<name>] about <topic>`, or `<name> <question>`."""
    line = normalization.plain(rest)
    if (found := _ABOUT.fullmatch(line)) is not None:
        return {"about": found[2], **_to(found[1])}
    name, question = normalization.parted(line)
    if not question:
        raise Refused("incomplete", "Ask whom, about what?", "Usage: ask <name> about <topic>")
    return {**_to(name.rstrip(",:")), "about": question}


def _to(name: str | None) -> dict[str, Any]:
    word = arguments.without(_WITH, name or "")
    return {} if word.casefold() in {"", *_WITH, *arguments.PRONOUNS} else {"to": word}


def _no_more(rest: str) -> dict[str, Any]:
    if rest:
        raise Refused("no_choice", "A number alone is a choice of a conversation.", "Type the verb first: get 2 bread.")
    return {}


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "talk",
        Talk,
        talk,
        usage="talk [to] <name>",
        summary="Talk with one of the city's people.",
        aliases=("speak", "chat", "converse"),
        arguments=talk_arguments,
        topic="They answer, and you choose what to say by its number: 1. ask Marta about the bell asks about one thing. "
        "say and whisper are for other players.",
        cost=2,
    ),
    CommandSpec(
        "choose",
        Choose,
        choose,
        usage="choose <number or words>",
        summary="Choose what to say in a conversation: the number alone will do.",
        aliases=("answer", "option"),
        arguments=arguments.one("choice", "choose <number or words>", skip={"number", "option"}),
        verbs={str(number): {"choice": str(number)} for number in range(1, MOST_CHOICES + 1)},
        towards=_no_more,
    ),
    CommandSpec(
        "ask",
        Ask,
        ask,
        usage="ask <name> about <topic>",
        summary="Ask one of the city's people about something.",
        aliases=("question",),
        arguments=ask_arguments,
        topic="ask Marta about the bell; ask about the bell, in a conversation. What somebody knows nothing about, somebody else may.",
        cost=2,
    ),
    CommandSpec(
        "greet",
        Greet,
        greet,
        usage="greet <name>",
        summary="Greet somebody here.",
        arguments=arguments.one("to", "greet <name>"),
        topic="Everybody here sees it. The city's people answer when they feel like it.",
        speaks=True,
    ),
)
