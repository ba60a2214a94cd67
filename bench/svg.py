"""Plain plots as SVG, the same to the byte for the same numbers: bars, and one line for each series."""

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, LEFT, RIGHT, ROW = 720, 190, 70, 26
INK, PAPER, EMBER, GREY = "#14110f", "#f4eee4", "#b8481a", "#6f665e"


def _page(height: int, title: str, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" font-family="sans-serif" font-size="13" fill="{INK}">'
    body = [f"<title>{escape(title)}</title>", f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>']
    return "\n".join([head, *body, f'<text x="16" y="26" font-size="16">{escape(title)}</text>', *parts, "</svg>", ""])


def bars(title: str, unit: str, values: Mapping[str, float], digits: int = 0) -> str:
    """One bar for each name, with its value; a negative one is drawn grey."""
    most = max([abs(one) for one in values.values()] + [1e-9])
    parts = []
    for number, (name, value) in enumerate(values.items()):
        y = 46 + number * ROW
        wide = (WIDTH - LEFT - RIGHT) * abs(value) / most
        parts.append(f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{wide:.1f}" height="18" fill="{EMBER if value >= 0 else GREY}"/>')
        parts.append(f'<text x="{LEFT + wide + 6:.1f}" y="{y + 14}">{value:.{digits}f}</text>')
    height = 46 + len(values) * ROW + 30
    return _page(height, title, [*parts, f'<text x="{LEFT}" y="{height - 10}" fill="{GREY}">{escape(unit)}</text>'])


def steps(title: str, unit: str, series: Mapping[str, Sequence[float]], most: float) -> str:
    """For each name the moments at which a share of all lives had come so far: x is the moment, y the share."""
    height, top, low = 380, 50, 320
    wide = WIDTH - 60 - RIGHT
    parts = []
    for tenth in range(0, 11, 2):
        y = low - (low - top) * tenth / 10
        parts.append(f'<path d="M60 {y:.1f}H{60 + wide}" stroke="{GREY}" stroke-width=".5"/>')
        parts.append(f'<text x="52" y="{y + 4:.1f}" text-anchor="end">{tenth * 10} %</text>')
    marks = [(60 + wide * number / 6, most * number / 6) for number in range(7)]
    parts += [f'<text x="{x:.1f}" y="{low + 20}" text-anchor="middle">{minute:.0f}</text>' for x, minute in marks]
    total = max([len(found) for found in series.values()] + [1])
    for number, (name, found) in enumerate(series.items()):
        at = [(60 + wide * min(one, most) / most, low - (low - top) * (index + 1) / total) for index, one in enumerate(sorted(found))]
        at = at[:: max(1, len(at) // 100)] + at[-1:]
        if at:
            path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in at)
            parts.append(f'<path d="{path}" fill="none" stroke="{EMBER if number % 2 == 0 else INK}" stroke-width="2"/>')
            parts.append(f'<text x="{min(at[-1][0] + 5, WIDTH - 60):.1f}" y="{at[-1][1] + 4:.1f}">{escape(name)}</text>')
    return _page(height, title, [*parts, f'<text x="60" y="{height - 14}" fill="{GREY}">{escape(unit)}</text>'])
