"""Are effects sound in themselves, and does something cause and end them?"""

from collections.abc import Iterator

from .draft import Draft, DraftEntry, values
from .graph import references
from .model import TICKS, Effect
from .nearest import did_you_mean
from .problem import Problem, quoted

LONGEST_TICKING = 3600.0
"""Seconds that a ticking effect may last: it must run out while its character is away."""
CAUSES = {"inflicts", "gives", "causes", "rest_gives"}
"""The fields of content that let an effect begin."""


def check_effects(draft: Draft) -> Iterator[Problem]:
    """Find every effect that contradicts itself, and warn of those that nothing causes."""
    named = [(one.name, one.trail[0]) for one in references(draft) if one.kind == "effect"]
    caused = {name for name, field in named if field in CAUSES}
    cured = {name for name, field in named if field not in CAUSES}
    for entry, effect in values(draft.effects):
        yield from _effect(entry, effect, caused, cured)


def _effect(entry: DraftEntry[Effect], effect: Effect, caused: set[str], cured: set[str]) -> Iterator[Problem]:
    if effect.is_condition:
        kept = effect.seconds is not None or effect.tick is not None or effect.most > 1 or effect.ends or effect.ends_at_rest
        if kept or entry.id in caused | cured:
            yield entry.problem(
                (), "an effect with load_above or stamina_below is computed: it has no time and no tick, and nothing causes or ends it"
            )
        return
    yield from _tick(entry, effect)
    yield from _stacks(entry, effect)
    if effect.seconds is None and not effect.ends_at_rest and entry.id not in cured:
        yield entry.problem((), "nothing ends this effect: give it seconds or ends_at_rest, or let an item, a location or an effect end it")
    if entry.id in effect.ends:
        yield entry.problem(("ends",), "it ends itself")
    if entry.id not in caused:
        yield entry.problem((), "nothing causes this effect", severity="warning")


def _tick(entry: DraftEntry[Effect], effect: Effect) -> Iterator[Problem]:
    if effect.tick is None:
        return
    if "." not in effect.tick.does and effect.tick.does not in TICKS:
        yield entry.problem(("tick", "does"), f"no rule {quoted(effect.tick.does)}{did_you_mean(effect.tick.does, TICKS)}")
    if effect.seconds is None or effect.seconds * (effect.most if effect.stacks == "extend" else 1) > LONGEST_TICKING:
        yield entry.problem(("tick",), f"an effect that ticks needs seconds, {LONGEST_TICKING:g} at most in all")


def _stacks(entry: DraftEntry[Effect], effect: Effect) -> Iterator[Problem]:
    if (effect.most > 1) != (effect.stacks != "renew"):
        yield entry.problem(("most",), "most belongs to stacks: add or extend, and these need it")
    if effect.stacks == "extend" and effect.seconds is None:
        yield entry.problem(("stacks",), "stacks: extend needs seconds")
