"""Numbers within bounds, as options of commands take them."""

import math
from typing import Any

import rich_click as click


class FiniteRange(click.FloatRange):
    """A number within bounds. `nan`, which no bound refuses, is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read a text. Raises `BadParameter`."""
        found: float = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is no number.", param, ctx)
        return found
