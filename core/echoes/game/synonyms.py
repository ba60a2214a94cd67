"""Synonyms of verbs: words that newcomers type, each with the word of the command that it means; what follows stays as it is.

A command or an alias of that name goes before this table. No word here means a command that speaks: its words would not stay as they were typed.
"""

from echoes.game.commands.gestures import GESTURES
from echoes.game.refusals import MEANS

THIRD = {
    seen: word
    for word, (alone, _) in GESTURES.items()
    for seen in [alone.split()[0].rstrip(",")]
    if seen not in {*GESTURES, *MEANS} and seen[:-1].startswith(word[:-1]) and seen.endswith("s")
}
"""`nods` and `waves`: what others see, to the gesture's word."""
VERBS: dict[str, str] = {
    **dict.fromkeys(("behold", "gaze", "glance", "peek", "peer", "see", "stare"), "look"),
    **dict.fromkeys(("frisk", "investigate", "ransack", "scour", "seek"), "search"),
    **dict.fromkeys(("acquire", "fetch", "obtain", "pickup", "retrieve", "scoop", "snatch"), "get"),
    **dict.fromkeys(("chuck", "ditch", "dump"), "drop"),
    **dict.fromkeys(("lend", "pass"), "give"),
    **dict.fromkeys(("chew", "devour", "gobble", "gulp", "have", "munch", "nibble", "peruse", "quaff", "sip", "swallow"), "use"),
    **dict.fromkeys(("brandish", "ready", "unsheathe"), "equip"),
    **dict.fromkeys(("dash", "hike", "hurry", "jog", "march", "proceed", "sprint", "stride", "stroll", "trek", "wander"), "move"),
    **dict.fromkeys(("assault", "bash", "clobber", "lunge", "murder", "slay", "swing", "whack"), "attack"),
    **dict.fromkeys(("dodge", "shield"), "defend"),
    "browse": "list",
    "interrogate": "ask",
    **dict.fromkeys(("increase", "upgrade"), "train"),
    **dict.fromkeys(("greetings", "hey", "heya", "hiya", "howdy", "sup", "yo"), "hello"),
    **dict.fromkeys(("cuddle", "embrace"), "hug"),
    **dict.fromkeys(("hm", "hmm"), "ponder"),
    **dict.fromkeys(("chuckle", "rofl"), "laugh"),
    "weep": "cry",
    **THIRD,
}  # fmt: skip
"""A word that is no command, to one that is."""
