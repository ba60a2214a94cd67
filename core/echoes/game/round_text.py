"""A round of a fight in short sentences, in the order in which it happened."""

from echoes.world.combat import ENEMIES, Event, Fight

_TEXTS = {
    ("attack", "hit"): "{one} hits {other} for {damage}.",
    ("attack", "critical"): "{one} finds the gap: {other} takes {damage}.",
    ("attack", "miss"): "{one} misses {other}.",
    ("heavy", "hit"): "{one} brings everything down on {other} for {damage}.",
    ("heavy", "critical"): "{one} brings everything down on {other} for {damage}.",
    ("heavy", "miss"): "{one} swings with everything and misses {other}.",
    ("attack", "wounded"): "It leaves a mark on {other}: {effect}.",
    ("heavy", "wounded"): "It leaves a mark on {other}: {effect}.",
    ("suffer", "hit"): "{one} loses {damage} more: {effect}.",
    ("defend", "guarded"): "{one} keeps a guard up.",
    ("call", "called"): "{one} calls the others.",
    ("flee", "fled"): "{one} gets away.",
    ("flee", "held"): "{one} tries to get away, and cannot.",
}
_INTENTS = {
    "attack": "{one} watches {other}.",
    "heavy": "{one} gathers itself to strike hard at {other}.",
    "defend": "{one} draws in and guards.",
    "flee": "{one} looks for a way out.",
    "call": "{one} is about to call others of its kind.",
}


def describe(before: Fight, after: Fight, events: tuple[Event, ...]) -> str:
    """Text of a round: its events, and then the enemies' intents or the end of the fight."""
    names = {one.id: one.name for one in before.fighters}
    names |= {wound.effect: wound.name for one in before.fighters for wound in (*one.wounds, one.wound) if wound is not None}
    lines = [_line(event, names) for event in events]
    if after.is_over:
        lines.append("It is quiet again.")
    else:
        lines += intents(after)
    return " ".join(lines)


def intents(fight: Fight) -> list[str]:
    """A sentence for each enemy."""
    names = {one.id: one.name for one in fight.fighters}
    stated = [(one.name, fight.intents[one.id]) for one in fight.side(ENEMIES) if one.id in fight.intents]
    return [_capital(_INTENTS[intent.action].format(one=name, other=names.get(intent.target, "nothing"))) for name, intent in stated]


def _line(event: Event, names: dict[str, str]) -> str:
    if event.outcome == "down":
        return _capital(f"{names[event.fighter]} goes down.")
    text = _TEXTS[event.action, event.outcome]
    return _capital(
        text.format(one=names[event.fighter], other=names.get(event.target, ""), damage=event.damage, effect=names.get(event.effect, ""))
    )


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
