"""`ignore`, `unignore`: keep another character's speech from the own one. The list is in the own row, so it holds on every worker and device."""

from collections.abc import Iterable

from echoes.errors import Refused
from echoes.game import arguments, targets
from echoes.game.commands.reporting import character_called
from echoes.game.deed import Deed
from echoes.game.spec import CommandSpec
from echoes.game.targets import Named
from echoes.storage import commits
from echoes.wire import Command, Happening, Outcome, Target

MOST = 100
"""Characters that one character ignores at most."""
HINT = "ignore needs the whole name, as the story shows it."


class Ignore(Command, frozen=True, tag="ignore"):
    """Do not get a character's speech any more; without a name, list the ignored characters."""

    name: Target | None = None


class Unignore(Command, frozen=True, tag="unignore"):
    """Get an ignored character's speech again."""

    name: Target


async def ignore(deed: Deed, command: Ignore) -> Outcome:
    """Add a character to the list. A full list loses first the characters that are gone; then the command is refused."""
    if command.name is None:
        return await _listed(deed)
    found = await character_called(deed.scene.around.database, command.name, HINT)
    if found.id == deed.me.id:
        raise Refused("not_possible", "Your own thoughts are not so easily silenced.", "ignore is for what others say.")
    if found.id in deed.me.ignores:
        deed.message = f"You ignore {found.name} already."
        return deed.outcome()
    kept = deed.me.ignores
    if len(kept) >= MOST:
        known = await commits.names_of(deed.scene.around.database, kept)
        kept = tuple(one for one in kept if one in known)
    if len(kept) >= MOST:
        raise Refused("too_many_ignored", f"You ignore {MOST} players already, the most that can be.", "unignore <name> makes room.")
    _change(deed, (*kept, found.id))
    deed.message = f"You ignore {found.name}: what they say, whisper, shout and act out does not reach you. unignore {found.name} ends it."
    return deed.outcome()


async def unignore(deed: Deed, command: Unignore) -> Outcome:
    """Take a character from the list, by its name or the beginning of it."""
    known = await commits.names_of(deed.scene.around.database, deed.me.ignores)
    among = [(Named(str(id_), name), (id_, name)) for id_, name in known.items()]
    id_, name = targets.pick(
        command.name, among, nothing=f"You do not ignore {command.name}.", otherwise="ignore lists whom you ignore.", code="not_ignored"
    )
    _change(deed, (one for one in deed.me.ignores if one != id_))
    deed.message = f"You hear {name} again."
    return deed.outcome()


async def _listed(deed: Deed) -> Outcome:
    known = await commits.names_of(deed.scene.around.database, deed.me.ignores)
    names = sorted(known.values(), key=str.casefold)
    deed.message = f"You ignore {', '.join(names)}." if names else "You ignore nobody."
    return deed.outcome()


def _change(deed: Deed, ignored: Iterable[int]) -> None:
    """Set the list, and let the worker that holds the session learn of it."""
    deed.change_me(ignores=tuple(ignored))
    deed.tell(deed.me.id, Happening("ignoring", "", version=deed.scene.me.version + 1, ignores=list(deed.me.ignores)))


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "ignore",
        Ignore,
        ignore,
        usage="ignore [name]",
        summary="Keep a player's words from you, or list whom you ignore.",
        aliases=("block", "mute"),
        arguments=arguments.one("name", "ignore [name]", optional=True),
        topic=f"What they say, whisper, shout and act out does not reach you, on any device. They learn of it only when they whisper to you. "
        f"You can ignore {MOST} players; unignore ends it, and report tells those who run this server.",
        cost=3,
    ),
    CommandSpec(
        "unignore",
        Unignore,
        unignore,
        usage="unignore <name>",
        summary="Hear an ignored player again.",
        aliases=("unblock", "unmute"),
        arguments=arguments.one("name", "unignore <name>"),
        topic="ignore without a name lists whom you ignore.",
        cost=3,
    ),
)
