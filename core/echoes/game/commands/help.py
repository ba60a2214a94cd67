"""`help`: every command has a page, and so have a few topics that are no command."""

from echoes.errors import Refused
from echoes.game import arguments
from echoes.game.deed import Deed
from echoes.game.sentences import page_of
from echoes.game.spec import CommandSpec
from echoes.game.targets import did_you_mean
from echoes.wire import Command, Outcome, Target
from echoes.world.model import OPPOSITE

TOPICS = {
    "beginning": "Look around, walk through an exit, search what stands there, pick up what you find. Type help and a command's name for its page. "
    "quests says what you are asked to do now. Commands can be shortened: n for north, i for inventory, l for look.",
    "stamina": "Walking and searching cost stamina. It returns by itself, faster while you rest. Food and drink give some back at once.",
    "health": "Blows cost health. It returns by itself outside of a fight, faster while you rest. Medicine gives some back at once.",
    "carrying": "You can carry so much weight and so much volume. What you wear weighs but takes no room, and a worn bag adds room. "
    "Things lie where they were dropped until somebody takes them.",
    "trade": "list shows what somebody here sells and would buy, and for how much scrap; buy 2 bread, sell tile. Search, and sell what you find.",
    "combat": "consider hound says how dangerous it is; attack hound begins. At the start of a round each enemy shows what it is about to do, and to whom; "
    "then attack, defend, use bandage or flee. intents repeats it, with the seconds left. A fighter that does not choose defends. "
    "If you die, you wake in the refuge, and your things lie where you fell: loot takes them back.",
    "levels": "Fights and quests bring experience, and experience levels. Each level brings health, and points: train strength, agility, endurance or intellect. "
    "score shows where you stand.",
    "death": "Who dies wakes in the refuge with half the health, and keeps its level. What was carried lies where you fell: go back and loot. "
    "For ten minutes nobody else may; after an hour it is gone.",
    "typing": "a; b sends two commands, again repeats the last one, n n e walks three steps. Names need not be whole: get lan takes a lantern. "
    "get all, drop lantern and rope take several things.",
    "gestures": "nod, wave to Mara, smile at Marta and many more: help gesture. Everybody here sees them.",
    "connection": "When your connection breaks, your body stays where it is for a while, staring into the distance. Come back and you go on where you were; "
    "what you missed is told again. Sign in somewhere else and the newer one plays on.",
    "talking": "say speaks to everybody here, shout to this part of the city, whisper to one person anywhere, emote shows what you do. who lists who is awake. ignore keeps a player's words from you. "
    "With the city's own people: talk Marta, then the number of what you want to say; ask Marta about the bell.",
}


class Help(Command, frozen=True, tag="help"):
    """The commands, or one topic."""

    topic: Target | None = None


async def page(deed: Deed, command: Help) -> Outcome:
    """The list of commands and topics, or one page; commands of extensions are in it."""
    by_name, by_word = deed.scene.around.catalogue.by_name, deed.scene.around.catalogue.by_word
    if command.topic is None:
        deed.message = f"Commands: {', '.join(sorted(by_name))}. Topics: {', '.join(TOPICS)}. Type help and one of these words."
        return deed.outcome(topics=[*sorted(by_name), *TOPICS])
    word = command.topic.casefold()
    if word in OPPOSITE:
        word = "move"
    if (spec := by_word.get(word)) is not None:
        also = f" Also: {', '.join(spec.aliases)}." if spec.aliases else ""
        deed.message = f"{spec.usage} — {spec.summary}{also}{' ' + spec.topic if spec.topic else ''}"
    elif word in TOPICS:
        deed.message = TOPICS[word]
    elif (nearest := page_of(word.split())) is not None:
        return await page(deed, Help(id=command.id, topic=nearest))
    else:
        known = [*by_word, *TOPICS]
        near = did_you_mean(word, known, most=len(known))
        raise Refused("no_such_topic", f"There is no page about {command.topic}.", near or "Type help for the list.")
    return deed.outcome()


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "help",
        Help,
        page,
        usage="help [topic]",
        summary="The commands, or one topic.",
        aliases=("?", "commands"),
        arguments=arguments.one("topic", "help", optional=True),
    ),
)
