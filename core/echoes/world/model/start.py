"""Where a life begins, and what a body is like."""

from typing import Annotated

from msgspec import Meta, Struct

from .basics import Id, Placement, Prose


class Body(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Properties of a new character's body."""

    hp: Annotated[int, Meta(ge=1, le=1000)] = 50
    """Hit points."""
    stamina: Annotated[int, Meta(ge=1, le=1000)] = 100
    """Stamina points."""
    stamina_per_minute: Annotated[float, Meta(gt=0, le=6000)] = 30
    """How fast stamina returns."""
    hp_per_minute: Annotated[float, Meta(ge=0, le=6000)] = 3
    """How fast hit points return outside of a fight."""
    rest_multiplier: Annotated[float, Meta(ge=1, le=20)] = 4
    """How much faster stamina and hit points return at rest."""
    carry_weight: Annotated[float, Meta(gt=0, le=1000)] = 25
    """Weight that it can carry, in kilograms."""
    carry_volume: Annotated[float, Meta(gt=0, le=1000)] = 30
    """Volume that it can carry, in litres."""


class Start(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`world.yaml`: where a life begins, and with what."""

    location: Id
    """Where a new character stands."""
    arrival: Prose
    """The first thing that a new player reads."""
    kit: tuple[Placement, ...] = ()
    """Things that a new character carries."""
    body: Body = Body()
    """Properties of a new character's body."""
