"""Saying, acting, whispering; and who is awake."""

from echoes.errors import Refused
from echoes.game import targets
from echoes.game.deed import Deed
from echoes.game.targets import Named
from echoes.game.who_pages import SHOWN
from echoes.wire import Emote, Outcome, Say, Whisper, Who
from echoes.world.names import bad_character


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
    """Speak to one person who is awake, wherever they are. The words go to an id, a whole name or a whole word of one; else it is asked who is meant."""
    text = _spoken(command.text)
    who_pages = await deed.scene.around.people_called(command.to, but=deed.me.id)
    nothing = f"Nobody called {command.to} is awake."
    listener = targets.pick(command.to, [(Named(str(one.id), one.name), one) for one in who_pages], nothing=nothing, whole=True)
    if listener.linkdead:
        raise Refused("not_listening", f"{listener.name} does not hear you.", "They have lost their connection; try again in a while.")
    deed.message = f"You whisper to {listener.name}: “{text}”"
    deed.speak("whisper", text, f"{deed.me.name} whispers to you: “{text}”", to=listener.id)
    return deed.outcome()


async def who(deed: Deed, command: Who) -> Outcome:
    """Who is awake in the city."""
    who_pages = await deed.scene.around.who_pages.after(command.after or "")
    listed = await deed.scene.around.people(who_pages.bodies, deed.me.id)
    if who_pages.total <= 1:
        deed.message = "Nobody else is awake in the city."
    elif not listed:
        deed.message = f"{who_pages.total} awake in the city, and no name comes after {command.after}."
    else:
        names = ", ".join(one.name for one in listed)
        more = f"; who {listed[-1].name} tells more" if len(listed) == SHOWN and len(listed) < who_pages.total else ""
        after = f" after {command.after}" if command.after else ""
        deed.message = f"{who_pages.total} awake in the city{after}: {names}{more}."
    return deed.outcome(players=listed)


def _spoken(text: str) -> str:
    words = text.strip()
    if not words:
        raise Refused("nothing_said", "You open your mouth, and say nothing.", "Write what you want to say after the command.")
    if (found := bad_character(words)) is not None:
        raise Refused("bad_text", f"Words cannot contain {found}.", "Control characters are not allowed; write plain text on one line.")
    return words
