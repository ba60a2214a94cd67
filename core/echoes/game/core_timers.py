"""The kinds of timers of the core. Each family declares its own; an extension declares its kinds in the same way (`echoes_timers`)."""

from echoes.game import countdowns, effect_timers, fight_timers, populating, returning
from echoes.game.timers import TimerSpec

TIMERS: tuple[TimerSpec, ...] = (*populating.TIMERS, *fight_timers.TIMERS, *effect_timers.TIMERS, *returning.TIMERS, *countdowns.TIMERS)
