"""`quests` and `journal`: what a character is asked to do, and what it has found out."""

from echoes.errors import Refused
from echoes.game import arguments, questing, targets
from echoes.game.deed import Deed
from echoes.game.quests import DONE
from echoes.game.spec import CommandSpec
from echoes.game.targets import Named
from echoes.wire import Command, MysteryView, Outcome, QuestView, Target


class Quests(Command, frozen=True, tag="quests"):
    """The quests that the character is on, with what to do now."""


class Journal(Command, frozen=True, tag="journal"):
    """The clues that the character has found, by mystery; of one mystery with all that was noted."""

    about: Target | None = None


async def quests(deed: Deed, _: Quests) -> Outcome:
    """List the quests that the actor is on, and the titles of those that are done."""
    world = deed.scene.world
    found = questing.views_of(deed.scene.me, world)
    done = [quest.title for id_, quest in world.quests.items() if DONE + id_ in deed.scene.me.flags]
    lines = [_of_quest(one) for one in found] or ["Nobody asks anything of you now. The city's people have their wishes: talk with them."]
    deed.message = " ".join([*lines, f"Done: {', '.join(done)}."] if done else lines)
    return deed.outcome(quests=found)


async def journal(deed: Deed, command: Journal) -> Outcome:
    """All mysteries with the number of clues, or one with its clues."""
    found = questing.journal_of(deed.scene.me, deed.scene.world)
    if not found:
        deed.message = (
            "Your journal is empty. Look closely at things and read what you find: what belongs together will stand together here."
        )
        return deed.outcome()
    if command.about is None and len(found) > 1:
        deed.message = (
            " ".join(f"{one.question} {len(one.clues)} of {one.of} clues." for one in found) + " journal and a word of one shows it."
        )
        return deed.outcome(journal=found)
    known = [(Named(one.id, one.question), one) for one in found]
    chosen = (
        found[0] if command.about is None
        else targets.pick(
            command.about, known, nothing="Your journal has nothing about that.", code="no_topic",
            otherwise=" ".join(one.question for one in found),
        )
    )  # fmt: skip
    deed.message = _of_mystery(chosen)
    return deed.outcome(journal=[chosen])


def _of_quest(one: QuestView) -> str:
    count = f" ({one.count} of {one.of})" if one.of else ""
    return f"{one.title}, step {one.step} of {one.steps}: {one.says}{count}"


def _of_mystery(one: MysteryView) -> str:
    clues = " ".join(f"{number}: {clue.says}" for number, clue in enumerate(one.clues, 1))
    return f"{one.question} {len(one.clues)} of {one.of} clues. {clues} {one.answer}".rstrip()


def no_arguments(rest: str) -> dict[str, str]:
    """Nothing is read from the rest, but for a word or two."""
    if len(rest.split()) > 2:
        raise Refused("incomplete", "quests takes no name.", "Usage: quests")
    return {}


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "quests",
        Quests,
        quests,
        usage="quests",
        summary="What you are asked to do, and what to do next.",
        aliases=("quest", "mission", "missions", "objective", "objectives", "task", "tasks", "goal", "goals", "todo"),
        arguments=no_arguments,
        topic="Each quest says one step at a time. Steps out of order do not count. The reward comes with the last one.",
    ),
    CommandSpec(
        "journal",
        Journal,
        journal,
        usage="journal [question]",
        summary="The clues that you have found, and which belong together.",
        aliases=("clues", "clue", "diary", "notebook", "log"),
        arguments=arguments.one("about", "journal [question]", optional=True, skip={"about", "for", "on"}),
        topic="Looking closely at things and people, and reading, puts clues into your journal. journal bell shows those about the bell.",
    ),
)
