"""Phrases of newcomers: whole lines that are no command as they stand, each with the line that is understood in its place."""

import re

from echoes.world.model import OPPOSITE

_IS = r"(?: is| are| was|'s|'re|s)"
_WAY = rf"({'|'.join(sorted({*OPPOSITE} - {'in', 'out'}, key=len, reverse=True))})"
_DOOR = r"(?:door|exit|gate|passage|path|road|stairs?|street|way)"
_GROUND = r"(?:down|here|(?:back )?(?:on|onto|to) the (?:floor|ground))"
_SOME = r"(?:a|an|another|my|some)(?: (?:close|closer|good|little|long|quick|short))?"
ABSTRACT = {
    "combat": "combat|fighting|fights?", "death": "death|dying", "effects": "(?:status )?effects?", "health": "health|hit points|hp",
    "levels": "attributes?|experience|levels?|skills?|xp", "quests": "missions?|quests?", "stamina": "stamina",
    "trade": "currency|money|scrap|trade|trading",
}  # fmt: skip
"""Pages of `help`, each with the words that ask for it as a thing that cannot be looked at."""
SENTENCES = [
    (re.compile(pattern), meaning)
    for pattern, meaning in (
        (
            rf"what{_IS}? (?:this|here|around(?: me| here)?|there|this place|this room)|what place is this|what (?:can|do) (?:i|we|you) see",
            "look",
        ),
        (rf"where are we|who(?:{_IS}|) (?:s?he|it|that|they|this|those)|look (?:again|closely|closer|harder)", "look"),
        (rf"(?:have|take|get) {_SOME} (?:gander|glance|look|peek|peep)((?: .+)?)", r"look\1"),
        (rf"(?:have|take|get) {_SOME} (?:break|breather|nap|rest|seat|sleep)(?: .*)?|lay down", "rest"),
        (rf"(?:have|take) {_SOME} (?:drink|sip|swig)(?: (?:of|from) (.+))?", r"drink \1"),
        (rf"(?:have|take) {_SOME} (?:bite|nibble)(?: (?:of|from) (.+))?", r"eat \1"),
        (rf"(?:have|start|begin|strike up) {_SOME} (?:chat|conversation|talk|word)(?: with (.+))?", r"talk \1"),
        (r"have (?!you\b|i\b|we\b|they\b)(?:some |a |an )?(\S.*)", r"use \1"),
        (r"(?:bandage|patch up) (?:me|myself|my \w+)|patch (?:me|myself) up", "use bandage"),
        (rf"(?:lay|leave|place|put|set) (\S.*?) {_GROUND}", r"drop \1"),
        (r"(?:throw|toss|chuck) (?:away|out) (\S.*)|get rid of (\S.*)|(?:throw|toss|chuck) (\S.*) (?:away|out)", r"drop \1\2\3"),
        (r"(?:begin|pick|start) a fight(?: with (\S.*))?", r"attack \1"),
        (r"(?:draw|get|pull|take) out (?!of\b)(?:the |my )?(\S.*)", r"equip \1"),
        (r"(?:share|split) (\S.*) with (\S.*)", r"give \1 to \2"),
        (r"(?:barter|exchange|swap|trade) \S.* with (\S.*)", r"list \1"),
        (r"give (\S+) an? (bow|grin|high five|hug|nod|salute|smile|wave|wink)", r"\2 \1"),
        (r"give an? (bow|grin|high five|hug|nod|salute|smile|wave|wink) to (\S.*)", r"\1 \2"),
        (r"(?:shake|hold) hands with (\S.*)|shake (\S+?)(?:'?s)? hands?", r"greet \1\2"),
        (r"how are you(?: doing)?(?: today)?[\s,]+(?!doing|feeling|today)(\S.*)", r"greet \1"),
        (r"how are you.*|how(?:'s| is) it going|what(?:'?s| is) up|(?:nice|pleased|good) to meet you.*", "hello"),
        (r"shake hands", "hello"),
        (rf"(?:take|use|follow|try) the (?:{_WAY} {_DOOR}|{_DOOR} (?:to the )?{_WAY})", r"go \1\2"),
        (rf"(?:exit|leave)(?: to the| by the| via the)? {_WAY}(?: {_DOOR})?", r"go \1"),
        (r"(?:get|let|take) (?:me )?out(?: of (?:here|this place))?", "out"),
        (r"(?:bring|guide|lead|take) (?:me|us) to (\S.*)", r"go to \1"),
        (rf"what{_IS} (?:to |in )?(?:the )?{_WAY}(?: of here| from here)?|what{_IS} that way {_WAY}", r"look \1\2"),
        (rf"what{_IS} my name", "look me"),
        (r"block(?: the)? (?:attack|blow|strike|it)|block", "defend"),
        (r"good (?:afternoon|day|evening|morning)(?: to)?(?: (\S.*))?", r"hello \1"),
        (r"(\d{1,2})", r"choose \1"),
        (r"what (?:can|could|may) i (?:do|type|say|use)(?: here| now)?|what are (?:the|my) (?:commands|options)|what commands.*", "help"),
        (rf"what (?:time|day|hour|date|year) is it.*|what{_IS} the (?:time|date|day|hour)", "time"),
        (r"what (?:have|did) i (?:get|got|find|found)|(?:empty|turn out) (?:my |the )?(?:bag|backpack|pockets?)", "inventory"),
        (r"what (?:am i|do i) (?:wear(?:ing)?|carry(?:ing)?|hold(?:ing)?|have|own)(?: on me)?", "inventory"),
        (rf"what{_IS} in my (?:bag|backpack|pockets?|inventory)", "inventory"),
        (r"how much (?:scrap|money|gold|coin|cash).*|how many (?:scrap|coins?|points|kills|deaths).*", "score"),
        (r"how (?:much|many) (?:health|hp|hit points|stamina|xp|experience).*|how (?:am i|hurt am i|tired am i).*", "score"),
        (rf"(?:what|which) level am i|what{_IS} my (?:level|health|hp|score|xp|stamina|status|stats|experience)", "score"),
        (rf"how many (?:players|people|others).*|who{_IS} (?:online|awake|playing|on|logged in).*", "who"),
        (rf"who(?:{_IS}|) (?:here|there|around|with me)", "look"),
        (r"(?:is )?any(?:one|body)(?: else)? (?:here|there|around)", "look"),
        (r"(?:is )?any(?:one|body)(?: else)? (?:online|awake|playing)", "who"),
        (
            r"where (?:can|could|do|does|should|to|will) (?:(?:i|we) )?(?:go\b.*|(?:.* )?(?:lead|exit|go)s?(?: to)?)|(?:what|which) (?:are the )?(?:exits|ways)\b.*",
            "exits",
        ),
        (
            r"(?:look|x|examine)(?: at)?(?: the| for)? (?:exits|ways)|which way.*|how (?:do|can) i (?:get out|leave|go out)(?: of here| from here)?",
            "exits",
        ),
        (rf"what{_IS} my (?:quest|task|goal|mission)s?|what (?:should|must|do|can) i do (?:next|first|now)", "quests"),
        (
            rf"what am i (?:supposed|meant) to do.*|what do i need|what do i (?:need|have) to do.*|what{_IS} (?:the |my )?(?:aim|goal|point|objective|next step)(?: here)?",
            "quests",
        ),
        (r"(?:begin|continue|do|end|finish|new|start|turn in)(?: a| my| the)?(?: new| next)? (?:quest|mission|task)s?(?: .*)?", "quests"),
        (r"what (?:happens|if) .*\b(?:die|dead|died|death|killed)\b.*", "help death"),
        (r"what (?:do you|does \S+|do they|can i) (?:sell|buy).*|how much (?:is|are|does|for) .*|do you (?:sell|buy|have) .*", "list"),
        (
            rf"(?:(?:what|anything|something)(?:{_IS}|) )for sale|what do you have.*|(?:see|show|view)(?: me)?(?: the| your)? (?:goods|shop|stock|wares)",
            "list",
        ),
        (r"how (?:do|can|would) (?:i|you|we|one) (?:get|go|walk|come|travel) (?:to|from|back) .*", "help move"),
        (r"what (?:does|do|is) the (\S.*?) (?:do|for)", r"look \1"),
        (r"what (?:does|do|is) (?!the\b|you\b|i\b|we\b|they\b|it\b|this\b|that\b)(\w+)(?: command)? (?:do|mean|for)", r"help \1"),
        *((rf"what{_IS} (?:the |a |my )?(?:{words})(?: for| good for)?", f"help {page}") for page, words in ABSTRACT.items()),
        (
            r"i need help|help me\b.*|i(?:'m| am|m) stuck|i do(?:n'?t| not) (?:know|understand).*|where do i (?:start|begin)",
            "help beginning",
        ),
        (r"where am i\b.+", "map"),
        (r"exit \S.*", "out"),
        (r"tell me about (?:the )?(\S.*)", r"ask about \1"),
        (rf"(?:who|what){_IS} (?:the |a |an )?(\S.*)", r"look \1"),
        (r"i(?:'m| am|m) (?:hungry|thirsty|starving)", "inventory"),
        (r"i(?:'m| am|m) (?:lost)", "map"),
        (r"i(?:'m| am|m) (?:tired|exhausted|hurt|wounded|bleeding|poisoned|sick|ill|cold|dying|burning)", "score"),
    )
]
"""Whole lines, in small letters, and the line that is understood in their place; the first one that fits."""
