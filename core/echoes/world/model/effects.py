"""Templates of effects: what bleeds, burns, warms or tires a body."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .basics import Id, Name, Prose

TICKS = ("harm", "heal", "worsen")
"""The rules of the core for what a tick does (`echoes.game.effects`)."""
TICK_PATTERN = r"^([a-z][a-z0-9_]{0,47}\.)?[a-z][a-z0-9_]{1,47}$"
Percent = Annotated[int, Meta(ge=-100, le=500)]


class Tick(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Action that an effect repeats while it lasts."""

    seconds: Annotated[float, Meta(ge=5, le=600)]
    """Seconds between two ticks."""
    hp: Annotated[int, Meta(ge=1, le=100)]
    """Hit points of one tick, for each stack."""
    does: Annotated[str, Meta(pattern=TICK_PATTERN)] = "harm"
    """`harm` takes them, `heal` gives them, `worsen` takes more with each minute; or an extension's `plugin.name`."""
    says: Annotated[str, Meta(max_length=200)] = ""
    """Text for the character at each tick."""


class Changes(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Changes that an effect makes while it lasts, for each stack. The sums of all effects count."""

    health: Percent = 0
    """How much faster hit points return, in percent; -100: not at all."""
    stamina: Percent = 0
    """How much faster stamina returns, in percent."""
    hit: Annotated[int, Meta(ge=-100, le=100)] = 0
    """Added to the chance of hitting, in percentage points."""
    flight: Annotated[int, Meta(ge=-100, le=100)] = 0
    """Added to the chance of getting away, in percentage points."""
    damage: Annotated[int, Meta(ge=-50, le=50)] = 0
    """Added to each blow."""
    armor: Annotated[int, Meta(ge=-50, le=50)] = 0
    """Added to what armour takes of each blow."""
    experience: Percent = 0
    """How much more a defeated enemy teaches, in percent."""


class Inflicts(Struct, frozen=True, forbid_unknown_fields=True):
    """An effect that a blow may cause."""

    effect: Id
    """Which effect."""
    chance: Annotated[int, Meta(ge=1, le=100)]
    """How often a blow that hits causes it, in percent."""


class Effect(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An effect on a body, which bleeds, burns, warms or tires it. One body has 16 at most."""

    name: Name
    """Name of the effect: `bleeding`."""
    description: Prose
    """Description that players read."""
    feels: Annotated[str, Meta(max_length=300)] = ""
    """Text for the character when it begins."""
    seen: Annotated[str, Meta(max_length=60)] = ""
    """Text for others: `on fire` gives "Mara is on fire." Empty: others see nothing."""
    helps: bool = False
    """Whether it is good to have."""
    seconds: Annotated[float, Meta(ge=5, le=86_400)] | None = None
    """How long it lasts. None: until something ends it."""
    stacks: Literal["renew", "add", "extend"] = "renew"
    """Rule for the same effect once more: its time begins again (`renew`), it counts twice (`add`), or it lasts longer (`extend`)."""
    most: Annotated[int, Meta(ge=1, le=10)] = 1
    """For `add`, stacks at most; for `extend`, `seconds` times this at most."""
    tick: Tick | None = None
    """Action that it repeats while it lasts."""
    changes: Changes = Changes()
    """Changes that it makes while it lasts."""
    ends: tuple[Id, ...] = ()
    """Effects that end when this one begins."""
    ends_at_rest: bool = False
    """Whether it ends when the character sits down to rest."""
    load_above: Annotated[float, Meta(gt=0, lt=1)] | None = None
    """It is there exactly while more than this part of the weight or volume is carried; nothing causes or ends it."""
    stamina_below: Annotated[float, Meta(gt=0, lt=1)] | None = None
    """It is there exactly while stamina is below this part of the most; nothing causes or ends it."""

    @property
    def is_condition(self) -> bool:
        """Whether it follows from load or stamina, and is not kept."""
        return self.load_above is not None or self.stamina_below is not None
