"""The plate: what is cut is collected here and printed as one small, self-contained SVG document."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from math import cos, pi, sin
from random import Random

from ink.lines import Cut, Point, Points, lens, numbers, oval, rect, rough, trace
from ink.tones import CHAR, tone

WIDTH, HEIGHT = 800, 450


class Plate:
    """One picture. Everything that looks like chance comes from its name, so it is cut the same way every time."""

    def __init__(self, name: str, title: str) -> None:
        self.dice = Random(name)
        self._title = title
        self._defs: dict[str, str] = {}
        self._body: list[str] = []

    # what is laid on the plate

    def put(self, markup: str) -> None:
        """Lay down markup as it is."""
        self._body.append(markup)

    def fill(self, points: Points, ink: str, *, wobble: float = 1.0, step: float = 54, alpha: float = 1) -> None:
        """Print one area with a hand-drawn edge."""
        self.fills([points], ink, wobble=wobble, step=step, alpha=alpha)

    def fills(self, areas: Iterable[Points], ink: str, *, wobble: float = 1.0, step: float = 54, alpha: float = 1) -> None:
        """Print many areas in one ink."""
        data = "".join(trace(rough(area, self.dice, wobble, step)) for area in areas if len(area) > 2)
        if data:
            self.put(f'<path fill="{ink}"{_alpha(alpha)} d="{data}"/>')

    def lines(
        self,
        runs: Iterable[Points],
        ink: str,
        width: float = 2,
        *,
        wobble: float = 0.8,
        step: float = 54,
        alpha: float = 1,
        round_ends: bool = False,
    ) -> None:
        """Print open lines of one width."""
        data = "".join(trace(rough(run, self.dice, wobble, step, closed=False), closed=False) for run in runs if len(run) > 1)
        ends = ' stroke-linecap="round" stroke-linejoin="round"' if round_ends else ""
        if data:
            self.put(f'<path fill="none" stroke="{ink}" stroke-width="{width:g}"{ends}{_alpha(alpha)} d="{data}"/>')

    def cuts(self, cuts: Iterable[Cut], ink: str, *, bow: float = 0.0, alpha: float = 1) -> None:
        """Print strokes of the gouge, each bent by up to `bow`."""
        data = "".join(lens(cut, self.dice.uniform(-bow, bow) if bow else 0.0) for cut in cuts)
        if data:
            self.put(f'<path fill="{ink}"{_alpha(alpha)} d="{data}"/>')

    def glow(self, x: float, y: float, radius: float, ink: str, alpha: float = 0.6, squash: float = 1.0) -> None:
        """Print a soft light that ends at `radius`."""
        stops = f'<stop stop-color="{ink}"/><stop offset=".35" stop-color="{ink}" stop-opacity=".42"/><stop offset="1" stop-color="{ink}" stop-opacity="0"/>'
        name = self._define("g", f"<radialGradient id=@>{stops}</radialGradient>")
        self.put(f'<ellipse cx="{x:g}" cy="{y:g}" rx="{radius:g}" ry="{radius * squash:g}" fill="{name}"{_alpha(alpha)}/>')

    def rays(self, x: float, y: float, near: float, far: float, count: int, ink: str, alpha: float = 0.5, wide: float = 1.6) -> None:
        """Print short strokes that leave a light in all directions."""
        cuts: list[Cut] = []
        for i in range(count):
            angle = 2 * pi * (i + self.dice.uniform(-0.35, 0.35)) / count
            a, b = near * self.dice.uniform(0.9, 1.3), far * self.dice.uniform(0.6, 1.0)
            cuts.append((x + a * cos(angle), y + a * sin(angle), x + b * cos(angle), y + b * sin(angle), wide))
        self.cuts(cuts, ink, alpha=alpha)

    @contextmanager
    def inside(self, *areas: Points) -> Iterator[None]:
        """Let nothing be printed outside the areas."""
        name = self._define("c", '<clipPath id=@><path d="' + "".join(trace(area) for area in areas) + '"/></clipPath>')
        self.put(f'<g clip-path="{name}">')
        yield
        self.put("</g>")

    # inks with a texture

    def fade(self, *stops: tuple[float, str], y0: float = 0, y1: float = HEIGHT, x0: float = 0, x1: float = 0) -> str:
        """Give an ink that goes through the stops between two points, each stop an offset and an ink; 'none' is clear."""
        parts = "".join(_stop(offset, ink) for offset, ink in stops)
        where = f'x1="{x0:g}" y1="{y0:g}" x2="{x1:g}" y2="{y1:g}"'
        return self._define("f", f'<linearGradient id=@ gradientUnits="userSpaceOnUse" {where}>{parts}</linearGradient>')

    def hatch(self, base: str, mark: str, angle: float = 35, gap: float = 7, wide: float = 1.3, length: float = 44) -> str:
        """Give an ink of parallel gouge strokes on a ground ('none' for no ground)."""
        rows = [(-length * 0.3, gap * 0.5), (length * 0.7, gap * 0.5), (length * 0.2, gap * 1.5)]
        data = "".join(lens((x, y, x + length * 0.88, y + self.dice.uniform(-0.9, 0.9), wide)) for x, y in rows)
        return self._pattern(length, gap * 2, base, f'<path fill="{mark}" d="{data}"/>', angle)

    def brick(self, base: str, joint: str, width: float = 24, height: float = 11, joint_width: float = 1.2) -> str:
        """Give an ink of brick courses."""
        w, h = round(width * 2), round(height * 2)
        data = f"M0 1h{numbers(w)}M0 {numbers(h + 2)}h{numbers(w)}M{numbers(w // 4)} 0v{numbers(h)}M{numbers(w * 3 // 4)} {numbers(h)}v{numbers(h)}"
        marks = f'<path stroke="{joint}" stroke-width="{joint_width:g}" d="{data}"/>'
        return self._pattern(width, height * 2, base, marks, 0)

    def tiles(self, base: str, joint: str, size: float = 16, joint_width: float = 1) -> str:
        """Give an ink of square tiles."""
        marks = f'<path fill="none" stroke="{joint}" stroke-width="{joint_width:g}" d="M0 0h{size:g}M0 0v{size:g}"/>'
        return self._pattern(size, size, base, marks, 0)

    def speckle(self, base: str, mark: str, count: int = 16, size: float = 46, dot: float = 1.2) -> str:
        """Give an ink of aquatint grain."""
        spots = "".join(f"M{numbers(self.dice.randrange(int(size)) * 2, self.dice.randrange(int(size)) * 2)}h.1" for _ in range(count))
        return self._pattern(size, size, base, f'<path stroke="{mark}" stroke-width="{dot:g}" stroke-linecap="round" d="{spots}"/>', 0)

    def _pattern(self, width: float, height: float, base: str, marks: str, angle: float) -> str:
        ground = "" if base == "none" else f'<path fill="{base}" d="M-1-1h{width + 2:g}v{height + 2:g}h-{width + 2:g}z"/>'
        spin = f' patternTransform="rotate({angle:g})"' if angle else ""
        size = f'width="{width:g}" height="{height:g}"'
        return self._define("p", f'<pattern id=@ patternUnits="userSpaceOnUse" {size}{spin}>{ground}{marks}</pattern>')

    def _define(self, letter: str, markup: str) -> str:
        name = self._defs.setdefault(markup, f"{letter}{len(self._defs)}")
        return f"url(#{name})"

    # the print

    def document(self) -> str:
        """Give the finished picture: grain and a darker rim over it, and the uneven edge of the block around it."""
        self.put(f'<path fill="{self.speckle("none", tone(0.9), 18, 90, 0.9)}" opacity=".16" d="M0 0h800v450H0z"/>')
        self.put(f'<path fill="{self.speckle("none", CHAR, 18, 60, 1.3)}" opacity=".3" d="M0 0h800v450H0z"/>')
        rim = f'<stop offset=".55" stop-color="{CHAR}" stop-opacity="0"/><stop offset="1" stop-color="{CHAR}" stop-opacity=".5"/>'
        shade = self._define("g", f'<radialGradient id=@ r=".72">{rim}</radialGradient>')
        self.put(f'<path fill="{shade}" d="M0 0h800v450H0z"/>')
        edge = trace(rough(rect(7, 7, WIDTH - 14, HEIGHT - 14), self.dice, 2.2, 26))
        self.put(f'<path fill="{CHAR}" fill-rule="evenodd" d="M0 0h800v450H0z{edge}"/>')
        defs = "".join(markup.replace("id=@", f'id="{name}"') for markup, name in self._defs.items())
        body = "\n".join(self._body)
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        return f"{head}\n<title>{escape(self._title, quote=False)}</title>\n<defs>{defs}</defs>\n{body}\n</svg>\n"


def _alpha(alpha: float) -> str:
    return "" if alpha >= 1 else f' opacity="{alpha:.2g}"'.replace("0.", ".")


def _stop(offset: float, ink: str) -> str:
    colour = f'stop-color="{CHAR}" stop-opacity="0"' if ink == "none" else f'stop-color="{ink}"'
    return f'<stop offset="{offset:g}" {colour}/>'


def spread(dice: Random, count: int, low: float, high: float) -> list[float]:
    """Give `count` values from low to high, evenly but not quite."""
    step = (high - low) / count
    return [low + (i + dice.uniform(0.15, 0.85)) * step for i in range(count)]


def disc(x: float, y: float, radius: float, count: int = 16) -> list[Point]:
    """Give the points of a circle."""
    return oval(x, y, radius, radius, count)


__all__ = ["HEIGHT", "WIDTH", "Plate", "Sequence", "disc", "spread"]
