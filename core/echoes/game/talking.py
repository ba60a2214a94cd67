"""Saying, acting, whispering; and who is awake."""

from echoes.errors import Refused
from echoes.game import targets
from echoes.game.deed import Deed
from echoes.game.targets import Named
from echoes.wire import Emote, Outcome, PlayerView, Say, Whisper, Who
from echoes.world.names import bad_character

SHOWN = 100
"""Names that `who` lists; the rest is a number."""


async def say(deed: Deed, command: Say) -> Outcome:
    """Speak to everybody here."""
    text = _spoken(command.text)
    deed.message = f"You say: “{text}”"
    deed.speak("say", text, f"{deed.me.name} says: “{text}”")
    return deed.outcome()


async def emote(deed: Deed, command: Emote) -> Outcome:
    """Act out something for everybody here."""
    text = _spoken(command.text)
    deed.message = f"{deed.me.name} {text}"
    deed.speak("emote", text, deed.message)
    return deed.outcome()


async def whisper(deed: Deed, command: Whisper) -> Outcome:
    """Speak to one person who is awake, wherever they are."""
    text = _spoken(command.text)
    awake = [one for one in await _awake(deed) if one.id != deed.me.id]
    listener = targets.pick(
        command.to, [(Named(str(one.id), one.name), one) for one in awake], nothing=f"Nobody called {command.to} is awake."
    )
    if listener.linkdead:
        raise Refused("not_listening", f"{listener.name} does not hear you.", "They have lost their connection; try again in a while.")
    deed.message = f"You whisper to {listener.name}: “{text}”"
    deed.speak("whisper", text, f"{deed.me.name} whispers to you: “{text}”", to=listener.id)
    return deed.outcome()


async def who(deed: Deed, _: Who) -> Outcome:
    """Who is awake in the city."""
    awake = await _awake(deed)
    names = ", ".join(one.name for one in awake[:SHOWN])
    more = f" and {len(awake) - SHOWN} more" if len(awake) > SHOWN else ""
    deed.message = f"{len(awake)} awake in the city: {names}{more}." if len(awake) > 1 else "Nobody else is awake in the city."
    return deed.outcome(players=awake[:SHOWN])


async def _awake(deed: Deed) -> list[PlayerView]:
    around = deed.scene.around
    found = await around.people(await around.registry.everyone(), deed.me.id)
    return sorted(found, key=lambda one: one.name.casefold())


def _spoken(text: str) -> str:
    words = text.strip()
    if not words:
        raise Refused("nothing_said", "You open your mouth, and say nothing.", "Write what you want to say after the command.")
    if (found := bad_character(words)) is not None:
        raise Refused("bad_text", f"Words cannot contain {found}.", "Control characters are not allowed; write plain text on one line.")
    return words
