"""The Overpass: a village in its shade, a queue of cars upon it, and the place where it ends."""

from math import pi, sin

from ink import city, nature, sky, things
from ink.lines import Cut, Points, oval, rect, sag, turn
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, FLAME, LEAF, LICHEN, SOOT, tone
from ink.view import View


def pillar_camp(plate: Plate) -> None:
    """Tents and fires among pillars that are painted with who is looked for."""
    sky.sky(plate, 0.7, 0.95, 270, mark=0.08)
    city.skyline(plate, 276, 44, 0.7, 0.84, wide=32)
    view = View(plate, 262, 430, eye=1.7, focal=420, haze=0.72, reach=44)
    plate.fill(rect(-5, 270, 810, 190), plate.fade((0, tone(0.62)), (1, tone(0.2)), y0=270, y1=450), wobble=0)
    view.floor_cuts(-16, 16, 4, 36, 22, tone(0.18), alpha=0.5)
    deck = [view.at(-6.5, 7.4, 2.6), view.at(6.5, 7.4, 2.6), view.at(6.5, 7.4, 70), view.at(-6.5, 7.4, 70)]
    plate.fill(deck, plate.fade((0, tone(0.1)), (1, tone(0.5)), y0=-200, y1=250), wobble=0)
    for side in (-1, 1):
        plate.fill(view.side(side * 6.5, 2.6, 70, 7.4, 9.4), tone(0.34 if side < 0 else 0.16), wobble=0.6)
    for z in (38, 27, 19.5, 14, 10, 7):
        cap = [(-6, 7.4, z), (6, 7.4, z), (6, 6.6, z), (4.4, 6.1, z), (-4.4, 6.1, z), (-6, 6.6, z)]
        view.face(cap, view.air(0.16, z))
        for side in (-1, 1):
            _pillar(view, side * 4.1, z)
    for x, z, wide, light, lit in (
        (-7.4, 22, 4, 0.5, False),
        (6.6, 20, 4, 0.56, True),
        (-6.2, 13.4, 3.6, 0.6, True),
        (6.4, 12.4, 3.8, 0.5, False),
        (-1.8, 19, 2.8, 0.55, False),
    ):
        a, b = view.at(x, 0, z)
        things.tent(plate, a, b, view.size(wide, z), view.size(wide * 0.66, z), light, lean=6, lit=lit)
    run = sag(*view.at(-4.1, 3.6, 10), *view.at(4.1, 3.4, 10), 16, 13)
    plate.lines([run], CHAR, 1.6)
    for i in (1, 3, 8, 10):
        things.sheet(plate, *run[i], 40, 50 if i < 8 else 44, tone(0.95), tone(0.66), sway=4)
    for x, z, s in ((-2.6, 12.4, 18), (2.9, 17, 13), (1.5, 7.6, 34)):
        things.fire(plate, *view.at(x, 0, z), s)
    x, y = view.at(1.5, 0, 7.6)
    plate.lines([[(x - 46, y + 4), (x, y - 92)], [(x + 46, y + 4), (x, y - 92)], [(x, y - 92), (x, y - 70)]], CHAR, 4)
    plate.fill([(x - 30, y - 70), (x + 30, y - 70), (x + 27, y - 44), (x + 14, y - 32), (x - 14, y - 32), (x - 27, y - 44)], CHAR)
    plate.cuts([(x - 24, y - 64, x - 20, y - 46, 4)], tone(0.56))
    sky.smoke(plate, x, y - 74, 150, 40, 0.85, 12, 0.5)
    things.figure(plate, x + 74, y + 6, 98, CHAR, stoop=0.12)
    things.figure(plate, x - 84, y - 6, 84, CHAR, stoop=-0.08)
    for fx, fz in ((-3.4, 12.2), (2.0, 17.2), (3.6, 16.8), (-0.6, 24)):
        a, b = view.at(fx, 0, fz)
        things.figure(plate, a, b, view.size(1.65, fz), view.air(0.02, fz))
    dog = [
        (-1.1, -0.7),
        (-0.8, -0.95),
        (0.5, -0.95),
        (0.75, -1.3),
        (1.2, -1.0),
        (0.85, -0.75),
        (0.7, 0),
        (0.58, 0),
        (0.5, -0.4),
        (-0.6, -0.45),
        (-0.7, 0),
        (-0.84, 0),
        (-0.9, -0.5),
        (-1.4, -1.2),
    ]
    plate.fill([(300 + a * 18, 398 + b * 18) for a, b in dog], CHAR, wobble=0.4)


def _pillar(view: View, x: float, z: float) -> None:
    """Print one pillar with its lines of painted names, one of them crossed out in gold."""
    plate = view.plate
    half = 0.75
    plate.fill(view.front(x - half, x + half, 0, 6.6, z), view.air(0.3, z), wobble=0.8)
    inner = x - half if x > 0 else x + half
    plate.fill(view.side(inner, z, z + 1.4, 0, 6.6), view.air(0.5 if x > 0 else 0.14, z), wobble=0.6)
    if z > 28:
        return
    strokes: list[Points] = []
    gold: list[Points] = []
    for row in range(9):
        y = 3.0 - row * 0.26
        end = x - half * 0.75 + half * 1.5 * plate.dice.uniform(0.5, 1)
        strokes.append([view.at(x - half * 0.75, y, z), view.at(end, y + 0.03, z)])
        if row in (2, 6):
            gold.append([view.at(x - half * 0.85, y - 0.03, z), view.at(end + 0.1, y + 0.07, z)])
    plate.lines(strokes, view.air(0.95, z), max(1.2, view.size(0.08, z)), wobble=0.9, step=7)
    plate.lines(gold, FLAME, max(1.4, view.size(0.06, z)))


def overpass(plate: Plate) -> None:
    """Four lanes that never moved again, and a wall of front doors across them."""
    sky.sky(plate, 0.48, 0.95, 210, bow=10)
    sky.embers(plate, 420, 206, 260, 0.3, 0.4)
    city.skyline(plate, 212, 34, 0.7, 0.86, wide=28)
    city.skyline(plate, 224, 26, 0.56, 0.7, wide=36)
    view = View(plate, 206, 400, eye=3.4, focal=400, haze=0.76, reach=52)
    plate.fill(rect(-5, 222, 810, 240), tone(0.5))
    plate.fill(view.ground(-9, 9, 3, 120), plate.fade((0, tone(0.66)), (1, tone(0.34)), y0=215, y1=450), wobble=0)
    for side in (-1, 1):
        plate.fill(view.side(side * 9, 3, 120, 0, 1.1), tone(0.2 if side > 0 else 0.5), wobble=0.8)
        plate.fill(
            view.poly([(side * 9, 1.1, 3), (side * 9.5, 1.1, 3), (side * 9.5, 1.1, 120), (side * 9, 1.1, 120)]), tone(0.84), wobble=0.8
        )
    for z in (60.0, 40, 28):
        for lane in (-6.3, -2.1, 2.1, 6.3):
            _car(view, lane, z)
    _doors(view, 15.5)
    for i, z in enumerate((12.6, 9.4, 7.0)):
        for k, lane in enumerate((-6.3, -2.1, 2.1, 6.3)):
            if (i, k) == (2, 1):
                continue
            _car(view, lane + plate.dice.uniform(-0.2, 0.2), z + plate.dice.uniform(-0.3, 0.3))
            a, b = view.at(lane, 0, z - 0.5)
            nature.grass(
                plate,
                a - view.size(2, z),
                a + view.size(2, z),
                b,
                view.size(1.0, z),
                13,
                LICHEN if plate.dice.random() < 0.4 else view.air(0.1, z),
                lean=0.1,
                wide=max(1.6, view.size(0.08, z)),
            )
    x, y = view.at(6.3, 0.9, 9.4)
    tips = nature.tree(plate, x, y, 170, SOOT, lean=0.06, forks=4, wide=0.07)
    nature.leaves(plate, tips, LEAF, each=7, reach=15, size=8)
    nature.leaves(plate, tips, BONE, each=2, reach=13, size=5)
    for x0, x1 in ((0, 800), (0, 300), (470, 800)):
        nature.grass(plate, x0, x1, 456, 64, 46, CHAR, lean=0.12, wide=3)
    sky.flock(plate, 190, 80, 90, 6, 16, SOOT)


def _car(view: View, x: float, z: float) -> None:
    """Print an abandoned car from behind: boot, cabin, dead lamps."""
    plate = view.plate
    shade = plate.dice.uniform(0.08, 0.36)
    if z < 27:
        plate.fill(
            view.poly([(x - 0.95, 0.95, z), (x + 0.95, 0.95, z), (x + 0.95, 0.95, z + 3.6), (x - 0.95, 0.95, z + 3.6)]),
            view.air(shade + 0.3, z),
            wobble=0.8,
        )
    plate.fill(
        view.poly([(x - 0.75, 0.9, z + 0.7), (x - 0.58, 1.55, z + 1.2), (x + 0.58, 1.55, z + 1.2), (x + 0.75, 0.9, z + 0.7)]),
        view.air(0.02, z),
        wobble=0.6,
    )
    plate.fill(
        view.poly([(x - 0.58, 1.55, z + 1.2), (x + 0.58, 1.55, z + 1.2), (x + 0.58, 1.55, z + 2.6), (x - 0.58, 1.55, z + 2.6)]),
        view.air(shade + 0.42, z),
        wobble=0.8,
    )
    plate.fill(
        view.poly([(x - 0.95, 0.3, z), (x - 0.92, 0.95, z), (x + 0.92, 0.95, z), (x + 0.95, 0.3, z)]), view.air(shade, z), wobble=0.8
    )
    wheels = [
        rect(view.at(x + d, 0.34, z)[0] - view.size(0.13, z), view.at(x, 0.34, z)[1], view.size(0.26, z), view.size(0.36, z))
        for d in (-0.7, 0.7)
    ]
    plate.fills(wheels, view.air(0, z), wobble=0.4)
    if z < 24:
        lamps = [view.front(x + d - 0.14, x + d + 0.14, 0.66, 0.8, z) for d in (-0.72, 0.72)]
        plate.fills(lamps, "#8f4526", wobble=0.4)


def _doors(view: View, z: float) -> None:
    """Print the barrier: dozens of front doors on end, the middle one with a lamp over it."""
    plate = view.plate
    x, count = -9.0, 18
    for i in range(count):
        wide, high = 1.0, plate.dice.uniform(2.5, 3.4)
        middle = i == count // 2
        shade = 0.62 if middle else plate.dice.choice((0.12, 0.2, 0.3, 0.42, 0.55, 0.8))
        a, b = view.at(x + 0.5, 0, z)
        w, h = view.size(wide, z) * 0.97, view.size(3.5 if middle else high, z)
        tilt = 0 if middle else plate.dice.uniform(-3, 3)
        plate.fill(turn(rect(a - w / 2, b - h, w, h), a, b, tilt), EMBER if i in (4, 14) else tone(shade), wobble=0.6)
        panels = [rect(a + d * w - w * 0.15, b - h * e, w * 0.3, h * 0.3) for d in (-0.22, 0.22) for e in (0.9, 0.45)]
        plate.lines([[*(p := turn(panel, a, b, tilt)), p[0]] for panel in panels], CHAR if shade > 0.25 else tone(0.5), 1.1, wobble=0.3)
        plate.fill(oval(a + w * 0.34, b - h * 0.48, 1.8, 1.8, 6), FLAME if middle else BONE, wobble=0)
        x += wide
    plate.lines([[view.at(-9, 1.2, z - 0.1), view.at(0, 1.25, z - 0.1)], [view.at(1, 1.25, z - 0.1), view.at(9, 1.15, z - 0.1)]], CHAR, 3)
    a, b = view.at(0.5, 4.3, z)
    things.lantern(plate, a, b, 12, glow=6, alpha=0.7)


def broken_span(plate: Plate) -> None:
    """The road stops; a bus leans out over the end of it."""
    sky.sky(plate, 0.42, 0.96, 330, bow=12, rows=22)
    sky.halo(plate, 590, 250, 240, 1, 0.5)
    sky.embers(plate, 640, 334, 210, 0.4, 0.3)
    city.skyline(plate, 342, 36, 0.72, 0.88, wide=22)
    plate.fill(rect(-5, 336, 810, 120), plate.fade((0, tone(0.84)), (1, tone(0.5)), y0=336, y1=450))
    ink = tone(0.6)
    plate.fills(
        [[(740, 450), (736, 284), (764, 284), (768, 450)], [(700, 262), (805, 256), (805, 284), (712, 288), (704, 278), (694, 272)]],
        ink,
        wobble=1,
    )
    plate.lines([[(704, 266 + i * 5), (684 - i * 4, 270 + i * 7)] for i in range(4)], ink, 2)
    for x, y, s in ((430, 424.0, 1), (520, 434, 1.2), (600, 420, 0.8), (664, 436, 1), (350, 438, 1)):
        hulk = [(-34, 0), (-40, -12), (-20, -9), (14, -10), (40, -16), (32, 0)]
        plate.fill([(x + a * s, y + b * s) for a, b in hulk], tone(0.26), wobble=1)
        plate.lines([[(x + d * s, y - 10 * s), (x + d * s, y - 22 * s)] for d in (-14, -4, 6)], tone(0.26), 1.6)
    plate.fill([(470, 416), (560, 398), (566, 406), (478, 426)], tone(0.94))
    plate.cuts([(482, 418, 510, 412, 1.6), (524, 409, 550, 404, 1.6)], tone(0.5))
    plate.fill(oval(536, 392, 2.4, 2.4, 7), FLAME, wobble=0)
    for x, w, top in ((70, 58, 232), (300, 44, 226)):
        plate.fill(
            [(x - w / 2, 460), (x - w * 0.4, top), (x + w * 0.4, top), (x + w / 2, 460)],
            plate.hatch(tone(0.22), tone(0.34), 88, 9),
            wobble=1,
        )
        plate.fill([(x - w * 1.3, top - 22), (x + w * 1.3, top - 22), (x + w * 0.5, top + 14), (x - w * 0.5, top + 14)], tone(0.14))
        city.upright(plate, (x - w * 0.4, top + 20, w * 0.3, 180), 7, tone(0.6), 2)
    edge = [(470, 184), (478, 192), (468, 200), (480, 206), (466, 216), (452, 222), (440, 230)]
    plate.fill([(-5, 172), (460, 182), *edge, (-5, 238)], plate.hatch(tone(0.16), tone(0.28), 2, 9), wobble=1.2)
    plate.fill([(-5, 166), (462, 178), (470, 186), (-5, 180)], tone(0.8), wobble=1)
    plate.lines([[(-5, 206), (462, 210)]], CHAR, 3)
    rods: list[Points] = []
    for i in range(11):
        y = 184 + i * 4.2
        reach = plate.dice.uniform(26, 92)
        drop = plate.dice.uniform(-22, 44)
        rods.append([(464, y), (464 + reach * 0.5, y + drop * 0.2), (464 + reach, y + drop)])
    plate.lines(rods, EMBER, 2.4, wobble=1.2, step=14)
    plate.lines(rods[::3], "#7d3d22", 2.6, wobble=1.2, step=14)
    pivot, lean = (392, 180), 13
    bus = [(340, 166), (336, 84), (346, 70), (600, 70), (614, 82), (618, 130), (616, 166)]
    plate.fill(turn(bus, *pivot, lean), CHAR, wobble=0.8)
    plate.fill(turn([(342, 140), (614, 140), (614, 160), (342, 160)], *pivot, lean), tone(0.32))
    panes = [turn(rect(352 + i * 36, 84, 28, 34), *pivot, lean) for i in range(6)]
    plate.fills([*panes, turn([(574, 84), (602, 84), (608, 126), (574, 126)], *pivot, lean)], tone(0.84), wobble=0.7)
    plate.fill(turn(rect(540, 73, 54, 8), *pivot, lean), FLAME, wobble=0.4)
    plate.cuts([(*turn([(346, 74)], *pivot, lean)[0], *turn([(580, 73)], *pivot, lean)[0], 4)], tone(0.6))
    for x in (392, 568):
        cx, cy = turn([(x, 166)], *pivot, lean)[0]
        things.wheel(plate, cx, cy, 20, SOOT, spokes=5, rim=0.4)
        plate.lines([oval(cx, cy, 13, 13, 9, pi, pi)], tone(0.6), 2)
    for x, s in ((30, 60), (110, 66), (196, 62)):
        car = [(0, 0), (0.02, -0.3), (0.22, -0.36), (0.34, -0.62), (0.72, -0.62), (0.86, -0.36), (1, -0.3), (1, 0)]
        plate.fill([(x + a * s, 172 + x * 0.02 + b * s) for a, b in car], CHAR, wobble=0.7)
    nature.grass(plate, 0, 300, 174, 26, 50, SOOT, wide=1.8)
    things.figure(plate, 300, 178, 46, CHAR, stoop=0.1)
    martins = [(600, 80), (640, 56), (684, 96), (720, 140), (664, 150), (730, 70)]
    for x, y in martins:
        sky.bird(plate, x, y, 15, CHAR, 2 * sin(x))
    plate.fill(rect(24, 112, 4, 62), CHAR)
    plate.fill([(28, 114), (62, 120), (54, 128), (60, 138), (28, 134)], EMBER, wobble=1)
    cuts: list[Cut] = [(20 + i * 60, 176 + i, 54 + i * 60, 177 + i, 2) for i in range(7)]
    plate.cuts(cuts, CHAR)
