"""Water: rivers, floods and pools, and what stands upside down in them."""

from ink.lines import Cut
from ink.plate import Plate


def ripples(
    plate: Plate,
    box: tuple[float, float, float, float],
    rows: int,
    ink: str,
    *,
    wide: float = 2.0,
    alpha: float = 0.6,
    gather: float = 1.7,
    density: float = 0.45,
) -> None:
    """Cut level strokes into water, closer together and finer the further off: box is left, top, width, height."""
    left, top, width, height = box
    dice = plate.dice
    cuts: list[Cut] = []
    for row in range(rows):
        t = ((row + dice.uniform(0.1, 0.9)) / rows) ** gather
        y = top + height * t
        x = left + dice.uniform(0, 80)
        while x < left + width:
            length = min((24 + 130 * t) * dice.uniform(0.4, 1.1), left + width - x)
            if length > 4:
                cuts.append((x, y, x + length, y + dice.uniform(-0.5, 0.5), wide * (0.35 + 0.65 * t)))
            x += length / density * dice.uniform(0.7, 1.4)
    plate.cuts(cuts, ink, alpha=alpha)


def mirror(
    plate: Plate, x: float, y: float, width: float, height: float, ink: str, *, rows: int = 10, alpha: float = 0.7, wide: float = 3
) -> None:
    """Break a light or a dark thing into strokes below itself, as water does; x is its middle."""
    dice = plate.dice
    cuts: list[Cut] = []
    for row in range(rows):
        t = row / rows
        half = width * (0.5 + 0.35 * t) * dice.uniform(0.5, 1)
        shift = dice.uniform(-1, 1) * width * 0.16
        cuts.append((x - half + shift, y + height * t, x + half + shift, y + height * t + dice.uniform(-0.5, 0.5), wide * (0.5 + 0.7 * t)))
    plate.cuts(cuts, ink, alpha=alpha)
