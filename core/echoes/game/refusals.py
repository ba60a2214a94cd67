"""Words that newcomers type and that are no command: what they mean instead, or what the game answers.

A command or an alias of that name goes before both tables: the change that adds it deletes the row.
"""

MEANS: dict[str, str] = {
    "abilities": "train",
    "about": "help beginning",
    "attributes": "train",
    "backpack": "inventory",
    "carry": "inventory",
    "cash": "score",
    "character": "look me",
    "clothes": "inventory",
    "coins": "score",
    "date": "time",
    "day": "time",
    "eq": "inventory",
    "equipment": "inventory",
    "exp": "score",
    "experience": "score",
    "gear": "inventory",
    "gold": "score",
    "good day": "hello",
    "good evening": "hello",
    "good morning": "hello",
    "haha": "laugh",
    "health": "score",
    "help me": "help beginning",
    "hint": "quests",
    "hints": "quests",
    "hour": "time",
    "hp": "score",
    "items": "inventory",
    "level": "score",
    "lmao": "laugh",
    "lol": "laugh",
    "m": "map",
    "meditate": "rest",
    "money": "score",
    "my quests": "quests",
    "notes": "journal",
    "online": "who",
    "players": "who",
    "pockets": "inventory",
    "points": "score",
    "scrap": "score",
    "skills": "train",
    "stamina": "score",
    "thank you": "thanks",
    "thx": "thanks",
    "tutorial": "help beginning",
    "ty": "thanks",
    "wallet": "score",
    "warm": "rest",
    "what do i do": "quests",
    "what do i do next": "quests",
    "what do i do now": "quests",
    "what do i have": "inventory",
    "what next": "quests",
    "what now": "quests",
    "what should i do": "quests",
    "what should i do now": "quests",
    "what to do": "quests",
    "where": "look",
    "where am i": "look",
    "who am i": "look me",
    "who is here": "look",
    "who is online": "who",
    "whoami": "look me",
    "world": "map",
    "worn": "inventory",
    "xp": "score",
    "y": "yes",
    **dict.fromkeys(("??", "???", "faq", "guide", "how to", "howto", "huh", "instructions", "manual"), "help beginning"),
    **dict.fromkeys(("begin", "next", "next step", "start"), "quests"),
    **dict.fromkeys(("am i alive", "am i hurt", "balance", "how rich am i"), "score"),
    **dict.fromkeys(
        ("agi", "agility", "endurance", "int", "intellect", "level me up", "level up", "spend points", "str", "strength"), "train"
    ),
    **dict.fromkeys(("where is everybody", "where is everyone"), "who"),
    **dict.fromkeys(("arm myself", "change clothes", "get dressed"), "help equip"),
    "exchange": "list",
    "train me": "train",
    "welcome": "hello",
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
_ALONE = "Everybody walks the ash alone, side by side.", "who lists who is awake; move <direction> goes where they went."
_MAGIC = "There was never any magic here but fire, and that has been used up.", "attack begins a fight; use <item> uses what you carry."
_FEET = "Only your own feet know the way.", "go to <place> walks to a place where you have been; map shows them."
_DEATH = "The city takes its time with that.", "help death tells what happens to those who die."
_AWAY = "You stare into the distance, and the distance stares back.", "Close the page: your body waits for a while, and your place is kept."
_KEEPERS = "Nobody here answers to that name.", "report <name> <reason> tells those who run this server."
_NEW_LIFE = "What is burnt does not begin anew.", "A new character is made where you choose yours, before you enter."
_ASKED = "What you were asked stays asked, until it is done.", "quests says what to do now; talk with people for other wishes."
_AWE = "It is a lot to take in.", "look, or look at one thing."
_STILL = "You hold still for a moment. The ash does not.", "flee leaves a fight, stand gets up; everything else waits for your word."
_HELD_UP = "You hold it up, and people look at you instead.", "give <item> to <name>; look <item> shows it to you."
_REAPED = "The city has been reaped by fire.", "search <thing> finds what is left."
_ONWARDS = "You go on being here.", "Name the direction, or go to <place>; quests says what comes next."
_NO_MERCY = "Nothing here takes prisoners.", "defend halves the blows, flee looks for a way out."
_HEARD = "The ash has heard you, and says nothing.", "say speaks to everybody here; help lists what you can do."
_CLEAN = "Ash comes off, and ash comes back.", "look me shows what you wear."
_LATER = "There will be time for that when nothing burns any more.", "help lists what you can do."
_PRICES = "Prices here were agreed on with the fire.", "list shows them; sell <item> brings scrap in."
_NEAR = "You are as near as one can be.", "talk <name> speaks with the city's people; look <name> shows somebody."
_PEACE = "The living do each other no harm here.", "consider <name> and attack <name> are for what is hostile."
_CARE = "Your hands know how, as far as your bag allows.", "use bandage, eat, drink, or rest."
_PUT = "What you carry is in the bag already, or in your hands.", "put on <item> wears it; drop <item> lays it down."
_FLOW = "Not a drop goes where you want it.", "drink <item> what you carry."

REFUSED: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("pickpocket", "rob", "steal"), _FIGHT),
    **dict.fromkeys(("bribe", "donate", "pay", "tip"), _PAY),
    **dict.fromkeys(("cast", "conjure", "enchant", "fireball", "magic", "spell", "spells", "summon"), _MAGIC),
    **dict.fromkeys(("recall", "teleport", "tp", "warp"), _FEET),
    **dict.fromkeys(("die", "respawn", "resurrect", "revive", "suicide"), _DEATH),
    **dict.fromkeys(("afk", "brb", "gtg", "idle"), _AWAY),
    **dict.fromkeys(("admin", "call admin", "call gm", "contact admin", "gm", "mod", "moderator", "staff"), _KEEPERS),
    **dict.fromkeys(("newgame", "new game", "reload", "reset", "restart", "start over"), _NEW_LIFE),
    **dict.fromkeys(("abandon", "accept", "decline", "complete"), _ASKED),
    **dict.fromkeys(("omg", "wow", "wtf", "amazing", "cool", "nice"), _AWE),
    **dict.fromkeys(("cancel", "enough", "never mind", "nevermind", "nvm", "stay", "stop", "..."), _STILL),
    **dict.fromkeys(("carry on", "continue", "go on", "keep going", "keep walking"), _ONWARDS),
    **dict.fromkeys(("submit", "surrender", "yield"), _NO_MERCY),
    **dict.fromkeys(("ah", "excuse me", "oh", "pardon", "uh", "um"), _HEARD),
    **dict.fromkeys(("display", "present", "show"), _HELD_UP),
    **dict.fromkeys(("close", "lock", "open", "shut", "unlock"), _OPEN),
    **dict.fromkeys(("burn", "douse", "extinguish"), _FLAME),
    **dict.fromkeys(("chop", "farm", "grow", "harvest", "hunt", "mine", "plant"), _REAPED),
    **dict.fromkeys(("bathe", "clean", "shave", "shower"), _CLEAN),
    **dict.fromkeys(("bet", "draw", "gamble", "paint", "smoke"), _LATER),
    **dict.fromkeys(("beg", "haggle"), _PRICES),
    **dict.fromkeys(("approach", "join"), _NEAR),
    **dict.fromkeys(("challenge", "duel"), _PEACE),
    **dict.fromkeys(("heal", "cure", "treat"), _CARE),
    **dict.fromkeys(("break", "crush", "cut", "destroy", "smash", "throw", "toss"), _BREAK),
    **dict.fromkeys(("blow", "knock", "lift", "pull", "push", "ring", "shake", "turn"), _PUSH),
    **dict.fromkeys(("build", "combine", "cook", "craft", "make", "sharpen"), _MAKE),
    **dict.fromkeys(("empty", "wash"), _FLOW),
    **dict.fromkeys(("feel", "hear", "listen", "smell", "sniff", "taste", "touch"), _SENSE),
    **dict.fromkeys(
        (
            "bye",
            "bye bye",
            "cya",
            "exit game",
            "farewell",
            "good bye",
            "goodbye",
            "good night",
            "later",
            "see you",
            "see ya",
            "see you later",
            "see you soon",
            "log off",
            "log out",
            "logoff",
            "logout",
            "quit",
            "quit game",
        ),
        _LEAVE,
    ),
    **dict.fromkeys(
        (
            "brief",
            "bug",
            "bug report",
            "report a bug",
            "report bug",
            "changelog",
            "clear",
            "color",
            "colour",
            "config",
            "credits",
            "idea",
            "info",
            "license",
            "load",
            "menu",
            "motd",
            "options",
            "save",
            "server",
            "settings",
            "typo",
            "verbose",
            "version",
        ),
        _PAGE,
    ),
    **dict.fromkeys(("broadcast", "gossip", "ooc"), _FAR),
    **dict.fromkeys(("add", "follow", "friend", "friends", "group", "invite", "lead", "party", "team"), _ALONE),
    **dict.fromkeys(("again", "g", "repeat"), ("The city forgets what you did a moment ago.", "Type the line once more.")),
    "back": ("You look over your shoulder. The ash keeps no footprints.", "Name the direction, or go to <place>; look shows the exits."),
    **dict.fromkeys(
        ("go away", "go back", "turn around", "turn back", "walk back", "way back"),
        (
            "You look over your shoulder. The ash keeps no footprints.",
            "Name the direction, or go to <place>; map shows the places that you know.",
        ),
    ),
    "climb": ("You find no hold that the fire has left.", "climb up and climb down go where an exit leads that way."),
    "dig": ("You dig with your hands, and the ash runs back in.", "search <thing> looks through what stands here."),
    "fish": ("The river gives back only what it wants to.", "search <thing> where something stands."),
    "fly": ("You lift your arms. Ash falls on them.", "Walk: look shows the exits."),
    "hide": ("There is shadow enough, and everybody has seen you step into it.", "Walk on, or rest."),
    "feed": ("Nobody here eats out of your hand.", "give <item> to <name> hands something to a player."),
    "go home": ("Home burnt eleven years ago.", "go to <place> walks to a place where you have been."),
    "home": ("Home burnt eleven years ago.", "go to <place> walks to a place where you have been."),
    "jump": ("You jump, and come down on the same ash.", "jump down goes down where an exit leads there."),
    "kiss": ("Nobody here is kissed unasked.", "hug, smile and wave are gestures."),
    "leave": ("You look at what you carry, and at the way out.", "drop <item> lays something down; out, or a direction, leads away."),
    "love": ("It is in everything that still stands here.", "hug, smile and wave are gestures."),
    "news": ("Whatever is new, it will be covered in ash by evening.", "look shows what is here; who lists who is awake."),
    "k": ("So be it.", "help lists what you can do."),
    "np": ("So be it.", "help lists what you can do."),
    "ok": ("So be it.", "help lists what you can do."),
    "okay": ("So be it.", "help lists what you can do."),
    "pet": ("It lets itself be looked at, and no more.", "look at it, or smile at it."),
    "play": ("You are in the middle of it.", "quests says what is asked of you; help lists what you can do."),
    **dict.fromkeys(("place", "put", "set"), _PUT),
    "step": ("One step, and the ash closes behind it.", "Walk: look shows the exits."),
    "please": ("Politeness has survived the fire. It opens no door.", "help lists what you can do."),
    "send": ("Nothing is carried from here to there but words.", "whisper <name> <words> speaks to one person anywhere."),
    "reply": ("Name the one you mean.", "whisper <name> <words> speaks to one person anywhere."),
    "r": ("Name the one you mean.", "whisper <name> <words> speaks to one person anywhere."),
    "rules": ("Harm nobody who is at the keyboard; all else the ash forgives.", "help talking tells who hears you."),
    "run away": ("You are free to go.", "Name the direction; look shows the exits."),
    "sleep": ("You close your eyes. The bell that was rung before the fire keeps you awake.", "rest gives your strength back."),
    "sneak": ("Ash takes every step and shows it to everybody.", "Walk: look shows the exits."),
    "sorry": ("It is forgiven, whatever it was.", "say speaks to everybody here."),
    "strip": ("It is cold, and the ash gets everywhere.", "unequip <item> takes one thing off."),
    "swim": ("The water here is black and cold, and you stay on this side of it.", "Walk: look shows the exits."),
    "tie": ("Your fingers make a knot and undo it again.", "use <item> where a thing is good for something."),
    "season": ("It is the season of ash.", "time tells the hour."),
    "test": ("It holds.", "help lists what you can do."),
    "undress": ("It is cold, and the ash gets everywhere.", "unequip <item> takes one thing off."),
    "undo": ("What is done has burnt.", "drop what you took, unequip what you put on, walk back."),
    "untie": ("Some knots hold the city together. You let it be.", "search <thing> may turn something up."),
    "wait": ("You wait. Ash settles on your sleeves.", "rest gives your strength back faster."),
    "weather": ("It is snowing, or it is ash: one learns not to ask.", "look tells what there is to see."),
    "whois": ("Names say little here.", "look <name> shows somebody who is here; who lists who is awake."),
    "why": ("Nobody has put it all together yet.", "Read what you find; search what stands here."),
    **dict.fromkeys(("bite", "damn", "fuck", "shit", "spit", "crawl", "roll"), _BODY),
}
"""A word, or two, to the answer and what to do instead: nothing here is carried out, and the answers stay true until a command takes the word."""

ON_FOOT = frozenset({"climb", "crawl", "fly", "jump", "roll", "sneak", "step", "swim"})
"""Words of `REFUSED` that mean walking where a direction follows."""
