"""The kinds of timers of the core. Each family declares its own; an extension declares its kinds in the same way (`echoes_timers`)."""

from echoes.game import effect_timers, fight_timers, populating
from echoes.game.timers import TimerSpec

TIMERS: tuple[TimerSpec, ...] = (*populating.TIMERS, *fight_timers.TIMERS, *effect_timers.TIMERS)
