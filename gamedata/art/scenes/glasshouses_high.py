"""The Glasshouses, on the height: apricots along a wall, and a walk in the air."""

from math import sin

from ink import city, nature, sky, things
from ink.lines import Point, Points, rect, sag
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, FLAME, LEAF, LICHEN, SOOT, tone
from ink.view import View


def orchard_terrace(plate: Plate) -> None:
    """Young trees against a warm wall, a tag on each; then the parapet, the river, and what is beyond."""
    sky.sky(plate, 0.6, 1, 190, mark=0.08, bow=8)
    sky.embers(plate, 620, 176, 190, 0.5, 0.35)
    plate.fill(
        [(420, 176), *((420 + i * 20, 168 - 12 * sin(i * 0.5) - plate.dice.uniform(0, 6)) for i in range(20)), (810, 176)],
        tone(0.74),
        wobble=1,
    )
    city.skyline(plate, 178, 14, 0.62, 0.74, 470, 800, 14)
    plate.fill(rect(-5, 174, 810, 120), tone(0.98), wobble=0)
    plate.cuts(
        [(420 + plate.dice.uniform(0, 340), 180 + i * 4, 480 + plate.dice.uniform(0, 300), 180 + i * 4, 1.6) for i in range(14)], tone(0.76)
    )
    plate.cuts([(600 + plate.dice.uniform(-16, 10), 182 + i * 5, 622 + plate.dice.uniform(0, 20), 182 + i * 5, 2) for i in range(8)], FLAME)
    for base, high, light in ((252, 20, 0.64), (274, 30, 0.5), (300, 40, 0.36)):
        city.skyline(plate, base, high, light, light + 0.16, 300, 810, 26)
    plate.fill([(300, 296), (810, 296), (810, 460), (300, 460)], tone(0.4))
    view = View(plate, 188, 560, eye=2.6, focal=430, haze=0.7, reach=60)
    plate.fill(view.ground(-3.2, 3.1, 2.6, 40), plate.fade((0, tone(0.66)), (1, tone(0.3)), y0=210, y1=450), wobble=0.6)
    view.floor_cuts(-3, 3, 3.4, 30, 22, tone(0.86), alpha=0.5)
    plate.fill(view.side(3.1, 2.6, 40, -1, 1.0), tone(0.2))
    plate.fill(view.poly([(3.0, 1.0, 2.6), (3.5, 1.0, 2.6), (3.5, 1.0, 40), (3.0, 1.0, 40)]), tone(0.86), wobble=0.8)
    city.courses(plate, (690, 270, 110, 160), 16, tone(0.5), 2)
    wall = view.side(-3.2, 1.6, 40, 0, 4.6)
    plate.fill(wall, plate.hatch(tone(0.72), tone(0.88), 24, 13, 3, 60), wobble=1)
    plate.fill(view.poly([(-3.2, 4.6, 1.6), (-3.2, 5.0, 1.6), (-3.2, 5.0, 40), (-3.2, 4.6, 40)]), tone(0.3), wobble=1)
    for z in (28, 20, 15, 11.6, 9.2, 7.4, 6, 4.9, 4.0, 3.2):
        _espalier(view, -3.1, z)
    figure_x, foot = view.at(2.2, 0, 8.6)
    things.figure(plate, figure_x, foot, view.size(1.3, 8.6), CHAR)
    sky.flock(plate, 610, 96, 70, 5, 16, tone(0.2))


def _espalier(view: View, x: float, z: float) -> None:
    """Print one apricot trained flat: a stem, three pairs of arms, leaves, and its tin tag."""
    plate = view.plate
    half = z * 0.11
    runs: list[Points] = [[view.at(x + 0.05, 0, z), view.at(x + 0.05, 3.2, z)]]
    leaf: list[Point] = []
    for level in (1.0, 1.8, 2.6):
        arm = [view.at(x + 0.05, level + 0.35, z - half), view.at(x + 0.05, level - 0.1, z), view.at(x + 0.05, level + 0.35, z + half)]
        runs.append(arm)
        leaf += [
            arm[0],
            arm[2],
            ((arm[0][0] + arm[1][0]) / 2, (arm[0][1] + arm[1][1]) / 2 - 4),
            ((arm[2][0] + arm[1][0]) / 2, (arm[2][1] + arm[1][1]) / 2 - 4),
        ]
    leaf.append(runs[0][1])
    plate.lines(runs, CHAR, max(1.4, view.size(0.075, z)), wobble=0.8)
    size = view.size(0.2, z)
    nature.leaves(plate, leaf, LICHEN, each=4 if z < 12 else 2, reach=size * 1.5, size=size)
    nature.leaves(plate, leaf[::2], LEAF, each=2, reach=size * 1.5, size=size)
    tx, ty = view.at(x + 0.25, 1.5, z - half * 0.6)
    s = max(2.4, view.size(0.13, z))
    plate.fill(
        [(tx - s * 0.5, ty), (tx, ty - s * 0.5), (tx + s * 0.5, ty), (tx + s * 0.5, ty + s * 1.3), (tx - s * 0.5, ty + s * 1.3)],
        BONE if z < 15 else FLAME,
        wobble=0.3,
    )
    plate.cuts([(tx - s * 0.2, ty + s * 0.3, tx + s * 0.1, ty + s * 1.1, s * 0.3)], EMBER)


def aqueduct_walk(plate: Plate) -> None:
    """A ledge of stone through the air; below it, houses open like drawers."""
    sky.sky(plate, 0.52, 0.96, 200, bow=12)
    city.skyline(plate, 196, 34, 0.74, 0.86, wide=26)
    view = View(plate, 178, 452, eye=20, focal=400, haze=0.8, reach=130)
    plate.fill(rect(-5, 192, 810, 264), plate.fade((0, tone(0.72)), (1, tone(0.34)), y0=192, y1=450), wobble=0)
    for z in (150.0, 104, 74, 55, 42, 33):
        for k in range(-8, 9):
            x = k * 14 + plate.dice.uniform(-2, 2)
            sx = view.at(x, 0, z)[0]
            if abs(x) > 6 and -60 < sx < 860:
                _roofless(view, x, z)
    side_far: list[Point] = [view.at(-1.5, 18.3, z) for z in (2.2, 4, 8, 16, 30, 60, 120)]
    for i, z in enumerate((70, 52, 39, 30, 23, 17.5, 13, 9.6, 7.2)):
        pier = view.poly([(-1.5, 18.0, z), (-1.5, 0, z), (-1.5, 0, z * 1.08), (-1.5, 18.0, z * 1.08)])
        plate.fill(pier, view.air(0.16, z), wobble=0.8)
        nxt = z * 1.32
        span = [
            view.at(-1.5, 18.2, z),
            view.at(-1.5, 10 + i * 0.2, z),
            view.at(-1.5, 15.4, z + (nxt - z) * 0.25),
            view.at(-1.5, 16.4, z + (nxt - z) * 0.55),
            view.at(-1.5, 15.4, z + (nxt - z) * 0.8),
            view.at(-1.5, 10, nxt),
            view.at(-1.5, 18.2, nxt),
        ]
        plate.fill(span, view.air(0.24, z), wobble=0.8)
    del side_far
    deck = view.ground(-1.5, 1.5, 1.9, 150, 18.3)
    plate.fill(deck, plate.fade((0, tone(0.9)), (1, tone(0.56)), y0=190, y1=450), wobble=0)
    plate.fill(view.ground(-0.35, 1.05, 1.9, 150, 18.3), tone(0.2), wobble=0.6)
    plate.fill(view.ground(-0.2, 1.05, 1.9, 150, 17.9), tone(0.4), wobble=0.6)
    for x in (-1.5, 1.5):
        plate.fill(view.side(x, 1.9, 150, 18.3, 18.5), tone(0.3), wobble=0.5)
    plate.fill(view.poly([(1.05, 18.3, 1.9), (1.5, 18.3, 1.9), (1.5, 18.3, 150), (1.05, 18.3, 150)]), tone(0.8), wobble=0.5)
    view.floor_cuts(-1.4, -0.4, 2.3, 60, 26, tone(0.36), alpha=0.8, y=18.3)
    box_x, base = view.at(1.25, 18.3, 11)
    m = view.size(1, 11)
    plate.fills(
        [
            rect(box_x - m * 0.6, base - m * 2.2, m * 1.2, m * 2.2),
            [(box_x - m * 0.8, base - m * 2.1), (box_x, base - m * 2.9), (box_x + m * 0.8, base - m * 2.1)],
        ],
        SOOT,
    )
    plate.fill(rect(box_x - m * 0.2, base - m * 1.7, m * 0.4, m * 0.6), tone(0.7))
    figure_x, foot = view.at(-0.9, 18.3, 14)
    things.figure(plate, figure_x, foot, view.size(1.7, 14), CHAR, stoop=0.12)
    plate.lines([sag(box_x, base - m * 2.8, 232, 84, 26, 10)], CHAR, 1.2, wobble=0)
    plate.fills([[(232, 84), (206, 58), (222, 26), (250, 54)]], EMBER, wobble=0.6)
    plate.fill([(222, 26), (250, 54), (228, 58)], FLAME, wobble=0.4)
    plate.lines([[(232, 84), (222, 26)], [(206, 58), (250, 54)]], CHAR, 1.6)
    tail = [(232 - i * 5 + 7 * sin(i * 1.2), 84 + i * 9) for i in range(10)]
    plate.lines([tail], EMBER, 1.6, wobble=0)
    plate.fills([[(x - 5, y - 3), (x + 5, y + 3), (x + 5, y - 3), (x - 5, y + 3)] for x, y in tail[2::2]], BONE, wobble=0.3)
    plate.cuts([(x, y, x + 90, y - 7, 2) for x, y in ((60, 96), (300, 50), (520, 80), (600, 38), (110, 30))], BONE, bow=8, alpha=0.8)
    sky.flock(plate, 620, 120, 90, 6, 16, SOOT)


def _roofless(view: View, x: float, z: float) -> None:
    """Print a house seen from above: the walls stand, the roof does not, and one looks down into its rooms."""
    plate = view.plate
    wide, deep, high = plate.dice.uniform(8, 11), z * 0.2, plate.dice.uniform(4.5, 7)
    left, right = x - wide / 2, x + wide / 2
    light = plate.dice.uniform(0.22, 0.38)
    plate.fill(view.ground(left, right, z, z + deep, high), view.air(0.0, z), wobble=0)
    plate.fill(view.ground(left, right, z + deep * 0.3, z + deep, high * 0.55), view.air(0.3, z), wobble=0.5)
    back = view.front(left, right, high * 0.5, high, z + deep)
    teeth = [(back[1][0] + (back[2][0] - back[1][0]) * k / 5, back[1][1] - plate.dice.uniform(0, 0.8) * view.size(2, z)) for k in range(6)]
    plate.fill([back[0], *teeth, back[3]], view.air(light + 0.42, z), wobble=0.6)
    far_side, near_side = (right, left) if x < 0 else (left, right)
    for at, tint in ((near_side, 0.3), (x + plate.dice.uniform(-1.5, 1.5), 0.5)):
        plate.fill(
            view.poly([(at, high * 0.5, z + deep * 0.2), (at, high, z + deep * 0.2), (at, high, z + deep), (at, high * 0.5, z + deep)]),
            view.air(light + tint, z),
            wobble=0.5,
        )
    if z < 60:
        a, b = view.at(x - wide * 0.3, high * 0.55, z + deep * 0.55), view.at(x - wide * 0.08, high, z + deep * 0.7)
        plate.lines([[a, (a[0] + (b[0] - a[0]) / 2, a[1]), (a[0] + (b[0] - a[0]) / 2, b[1]), b]], view.air(0.9, z), 2)
    plate.fill(view.side(far_side, z, z + deep, 0, high), view.air(light - 0.14, z), wobble=0.6)
    plate.fill(view.front(left, right, 0, high * 0.8, z), view.air(light, z), wobble=1)
    if z < 110:
        panes = [
            view.front(left + wide * a, left + wide * (a + 0.16), high * b, high * (b + 0.24), z) for a in (0.14, 0.62) for b in (0.1, 0.46)
        ]
        plate.fills(panes, view.air(0.04, z), wobble=0)
