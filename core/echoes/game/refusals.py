"""Words that newcomers type and that are no command: what they mean instead, or what the game answers.

A command or an alias of that name goes before both tables: the change that adds it deletes the row.
"""

MEANS: dict[str, str] = {
    "about": "help beginning",
    "backpack": "inventory",
    "carry": "inventory",
    "character": "look me",
    "eq": "inventory",
    "equipment": "inventory",
    "gear": "inventory",
    "what now": "quests",
    "my quests": "quests",
    "what do i do next": "quests",
    "what next": "quests",
    "what should i do now": "quests",
    "what do i do": "quests",
    "what should i do": "quests",
    "what do i do now": "quests",
    "what to do": "quests",
    "health": "score",
    "help me": "help beginning",
    "hp": "score",
    "items": "inventory",
    "level": "score",
    "pockets": "inventory",
    "tutorial": "help beginning",
    "what do i have": "inventory",
    "where": "look",
    "where am i": "look",
    "who am i": "look me",
    "who is here": "look",
    "who is online": "who",
    "whoami": "look me",
}
"""A line to the line that is understood in its place. Keys may have several words: then they are the whole line."""

_FIGHT = "Your fingers remember how. The city remembers who.", "attack begins a fight; give and trade need no force."
_PAY = "You count your scrap, and nobody holds out a hand for it.", "buy <item> where somebody trades; give <item> to <name> for a player."
_OPEN = (
    "It stays as it is: nothing in the city opens or shuts but the ways that you can walk.",
    "search finds what is hidden; look shows the exits.",
)
_FLAME = "The flame minds its own business: nothing here is lit or put out by hand.", "Look at it, or use it."
_BREAK = "Enough is broken already. You let it be.", "drop <item> lays something down gently."
_PUSH = "You lean into it. It has stood through a fire, and it stands through you.", "search <thing> may turn something up."
_MAKE = (
    "You turn it over in your head, and your hands do not know how yet.",
    "search what stands here; eat, drink, wear and wield what you find.",
)
_BODY = "The city has no answer to that.", "Walk, look, search, or rest."
_SENSE = "Ash, and under the ash more ash. Only your eyes tell you more.", "look, or look at one thing."
_LEAVE = "There is no way out of the city by word. Leave it as you came.", "Close the page, or log out in its menu; your place is kept."
_PAGE = "The city knows nothing of such things.", "Open the page's settings with /settings."
_FAR = "Your voice does not carry through the whole city.", "shout carries through a district, whisper <name> to one person anywhere."
_WARD = "The city cannot judge that for you.", "Walk away from them; report <name> <reason> tells those who run this server."
_ALONE = "Everybody walks the ash alone, side by side.", "who lists who is awake; move <direction> goes where they went."
_FLOW = "Not a drop goes where you want it.", "drink <item> what you carry."

REFUSED: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("steal", "rob"), _FIGHT),
    "pay": _PAY,
    **dict.fromkeys(("close", "lock", "open", "shut", "unlock"), _OPEN),
    **dict.fromkeys(("burn", "douse", "extinguish"), _FLAME),
    **dict.fromkeys(("break", "crush", "cut", "destroy", "smash", "throw", "toss"), _BREAK),
    **dict.fromkeys(("knock", "lift", "pull", "push", "shake", "turn"), _PUSH),
    **dict.fromkeys(("build", "combine", "cook", "craft", "make"), _MAKE),
    **dict.fromkeys(("empty", "wash"), _FLOW),
    **dict.fromkeys(("feel", "hear", "listen", "smell", "sniff", "taste", "touch"), _SENSE),
    **dict.fromkeys(("bye", "exit game", "log off", "log out", "logoff", "logout", "quit", "quit game"), _LEAVE),
    **dict.fromkeys(
        ("afk", "brief", "clear", "color", "colour", "config", "idea", "options", "save", "settings", "typo", "bug", "verbose"), _PAGE
    ),
    **dict.fromkeys(("broadcast", "gossip", "ooc"), _FAR),
    **dict.fromkeys(("block", "ignore", "mute"), _WARD),
    **dict.fromkeys(("follow", "friend", "group", "invite", "lead", "party", "team"), _ALONE),
    **dict.fromkeys(("again", "g", "repeat"), ("The city forgets what you did a moment ago.", "Type the line once more.")),
    "back": ("You look over your shoulder. The ash keeps no footprints.", "Name the direction, or go to <place>; look shows the exits."),
    "climb": ("You find no hold that the fire has left.", "climb up and climb down go where an exit leads that way."),
    "dig": ("You dig with your hands, and the ash runs back in.", "search <thing> looks through what stands here."),
    "fish": ("The river gives back only what it wants to.", "search <thing> where something stands."),
    "fly": ("You lift your arms. Ash falls on them.", "Walk: look shows the exits."),
    "hide": ("There is shadow enough, and everybody has seen you step into it.", "Walk on, or rest."),
    "home": ("Home burnt eleven years ago.", "go to <place> walks to a place where you have been."),
    "jump": ("You jump, and come down on the same ash.", "jump down goes down where an exit leads there."),
    "kiss": ("Nobody here is kissed unasked.", "hug, smile and wave are gestures."),
    "love": ("It is in everything that still stands here.", "hug, smile and wave are gestures."),
    "news": ("Whatever is new, it will be covered in ash by evening.", "look shows what is here; who lists who is awake."),
    "ok": ("So be it.", "help lists what you can do."),
    "okay": ("So be it.", "help lists what you can do."),
    "pet": ("It lets itself be looked at, and no more.", "look at it, or smile at it."),
    "please": ("Politeness has survived the fire. It opens no door.", "help lists what you can do."),
    "reply": ("Name the one you mean.", "whisper <name> <words> speaks to one person anywhere."),
    "r": ("Name the one you mean.", "whisper <name> <words> speaks to one person anywhere."),
    "rules": ("Harm nobody who is at the keyboard; all else the ash forgives.", "help talking tells who hears you."),
    "run away": ("You are free to go.", "Name the direction; look shows the exits."),
    "sleep": ("You close your eyes. The bell that was rung before the fire keeps you awake.", "rest gives your strength back."),
    "sneak": ("Ash takes every step and shows it to everybody.", "Walk: look shows the exits."),
    "sorry": ("It is forgiven, whatever it was.", "say speaks to everybody here."),
    "swim": ("The water here is black and cold, and you stay on this side of it.", "Walk: look shows the exits."),
    "tie": ("Your fingers make a knot and undo it again.", "use <item> where a thing is good for something."),
    "undo": ("What is done has burnt.", "drop what you took, unequip what you put on, walk back."),
    "untie": ("Some knots hold the city together. You let it be.", "search <thing> may turn something up."),
    "wait": ("You wait. Ash settles on your sleeves.", "rest gives your strength back faster."),
    "weather": ("It is snowing, or it is ash: one learns not to ask.", "look tells what there is to see."),
    "whois": ("Names say little here.", "look <name> shows somebody who is here; who lists who is awake."),
    "why": ("Nobody has put it all together yet.", "Read what you find; search what stands here."),
    **dict.fromkeys(("bite", "damn", "fuck", "shit", "spit", "crawl", "roll"), _BODY),
}
"""A word, or two, to the answer and what to do instead: nothing here is carried out, and the answers stay true until a command takes the word."""

ON_FOOT = frozenset({"climb", "crawl", "fly", "jump", "roll", "sneak", "swim"})
"""Words of `REFUSED` that mean walking where a direction follows."""
