"""Depot Ward: bright rails, a cinema with weather behind it, burnt trams, a round pond, and a drowned iron bell."""

from math import cos, pi, sin

from ink import city, indoor, nature, sky, things
from ink.lines import Cut, Point, Points, arch, oval, rect, sag
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, FLAME, LEAF, SOOT, tone
from ink.view import View
from ink.water import mirror, ripples


def carbarn_road(plate: Plate) -> None:
    """Six tracks bright as cutlery run past a picture palace that is only its front."""
    sky.sky(plate, 0.46, 0.94, 250, bow=8)
    sky.embers(plate, 330, 244, 220, 0.45, 0.4)
    city.skyline(plate, 250, 34, 0.7, 0.84, wide=30)
    city.skyline(plate, 258, 56, 0.54, 0.7, 0, 330, 40)
    view = View(plate, 246, 330, eye=2.0, focal=420, haze=0.74, reach=50)
    plate.fill(rect(-5, 250, 810, 206), plate.fade((0, tone(0.5)), (1, tone(0.2)), y0=250, y1=450), wobble=0)
    view.floor_cuts(-20, 20, 4.2, 40, 26, tone(0.1), alpha=0.5)
    view.floor_cuts(-20, 20, 4.2, 40, 12, tone(0.6), alpha=0.5)
    rails = [x + d for x in (-7.2, -4.2, -1.2, 1.8, 4.8, 7.8) for d in (-0.7, 0.7)]
    view.runs(rails, 2.5, 120, tone(0.05), 0.26)
    view.runs(rails, 2.5, 120, tone(1), 0.13)
    _picture_palace(plate)
    poles = ((-8.8, (26, 17, 11, 7.2, 4.9)), (9.4, (30, 20)))
    for x, depths in poles:
        for z in depths:
            foot, top = view.at(x, 0, z), view.at(x, 7, z)
            w = view.size(0.11, z)
            plate.fill(
                [(foot[0] - w * 1.4, foot[1]), (top[0] - w * 0.7, top[1]), (top[0] + w * 0.7, top[1]), (foot[0] + w * 1.4, foot[1])],
                view.air(0.02, z),
                wobble=0.5,
            )
            arm = view.at(x + (3 if x < 0 else -3), 6.3, z)
            plate.lines([[view.at(x, 6.4, z), arm]], view.air(0.02, z), max(1.4, w))
            plate.fill(rect(foot[0] - w * 2, foot[1] - view.size(1.5, z), w * 4, view.size(0.6, z)), view.air(0.1, z), wobble=0.5)
    spans: list[Points] = []
    for a, b in ((4.9, 7.2), (7.2, 11), (11, 17), (17, 26)):
        for x in (-6, -4.4, -2):
            spans.append(sag(*view.at(x, 6.3, a), *view.at(x, 6.3, b), view.size(1.0, a), 8))
    for z in (4.9, 7.2, 11):
        spans.append(sag(*view.at(-8.8, 6.6, z), *view.at(11, 7.2, z), view.size(1.3, z), 11))
    plate.lines(spans, CHAR, 1.7, wobble=0)
    bx, by = view.at(0.3, 0, 8.4)
    for dx, dy, s in ((0, 0, 20), (54, 10, 23)):
        plate.fill(oval(bx + dx, by - s + dy, s, s, 18), SOOT, wobble=0.6)
        plate.lines(
            [
                oval(bx + dx, by - s + dy, s * 0.72, s * 0.72, 14),
                [(bx + dx - s * 0.6, by - s * 1.2 + dy), (bx + dx + s * 0.6, by - s * 0.8 + dy)],
            ],
            tone(0.5),
            1.6,
        )
    things.figure(plate, bx - 26, by + 5, 44, CHAR, stoop=-0.16)


def _picture_palace(plate: Plate) -> None:
    """Print the front of the Alhambra: horseshoe doors, a dome-headed gable, sky in every window."""
    x0, x1, base = 492, 786, 342
    gable = [
        (x0, base + 4),
        (x0, 120),
        (x0 - 8, 120),
        (x0 - 8, 108),
        (540, 104),
        (540, 78),
        *oval(639, 84, 96, 62, 13, pi, pi),
        (738, 78),
        (738, 100),
        (x1 + 10, 96),
        (x1 + 10, 108),
        (x1, 110),
        (x1, base + 30),
    ]
    plate.fill(gable, plate.hatch(tone(0.22), tone(0.34), 88, 9, 1.5), wobble=1.4)
    bite = [(736, 70), (752, 92), (764, 126), (790, 140), (812, 150), (812, 60)]
    plate.fill(bite, tone(0.72), wobble=2)
    holes: list[Points] = [arch(639, 190, 76, 106), arch(552, 196, 42, 76), arch(726, 198, 42, 76)]
    ink = plate.fade((0, tone(0.72)), (1, tone(0.92)), y0=80, y1=240)
    plate.fills(holes, ink, wobble=1)
    plate.lines([[(639, 84), (639, 190)], [(601, 150), (677, 150)], [(552, 122), (552, 196)], [(726, 122), (726, 198)]], CHAR, 3)
    plate.lines([[*hole, hole[0]] for hole in holes], CHAR, 4)
    plate.fills([rect(x, 108, 14, 220) for x in (504, 588, 678, 762)], tone(0.4), wobble=0.6)
    plate.fill([(500, 214), (786, 218), (800, 236), (800, 262), (486, 254), (486, 230)], CHAR)
    letters = [rect(512 + i * 21, 230 + i * 0.3, 11, 17) for i in range(13) if i not in (4, 9)]
    plate.fills(letters, BONE, wobble=1)
    plate.fills([rect(512 + i * 21 + 4, 234 + i * 0.3, 3, 9) for i in range(0, 13, 2) if i != 4], CHAR, wobble=0.4)
    plate.lines([[(490, 257), (798, 265)]], FLAME, 2.4)
    plate.fills([arch(x, base + 8, 46, 70) for x in (552, 726)], ink)
    plate.fill(arch(639, base + 12, 68, 76), CHAR)
    plate.fill([(616, base + 16), (616, 296), (624, 288), (654, 288), (662, 296), (662, base + 16)], tone(0.46))
    plate.glow(639, 312, 46, EMBER, 0.6)
    plate.fill(arch(639, 326, 24, 26), FLAME)


def tram_depot(plate: Plate) -> None:
    """Frames in their bays like combs in a hive; one bay clean, and a rose in it."""
    view = View(plate, 214, 400, eye=2.4, focal=400, haze=0.7, reach=40)
    indoor.room(view, 9, 6.4, 2, 34, (0.34, 0.26, 0.2, 0.16, 0.5))
    plate.fills([arch(400 + x, view.at(0, 0, 33)[1], 34, 52) for x in (-76, -26, 26, 76)], tone(1))
    for x in (-4.6, 4.6):
        for z0, z1 in ((2.6, 3.7), (4.3, 6.1), (7.2, 10), (12, 16), (19, 27)):
            plate.fill(view.poly([(x - 2, 6.38, z0), (x + 2, 6.38, z0), (x + 2, 6.38, z1), (x - 2, 6.38, z1)]), tone(1), wobble=1)
            plate.lines(
                [[view.at(x + d, 6.37, z0), view.at(x + d, 6.37, z1)] for d in (-1, 0, 1)]
                + [[view.at(x - 2, 6.37, (z0 + z1) / 2), view.at(x + 2, 6.37, (z0 + z1) / 2)]],
                CHAR,
                2,
            )
    for z in (4, 6.6, 11, 17.5):
        low, w = 5.3, max(2, view.size(0.14, z))
        web = [view.at(-9 + 18 * i / 12, 6.3 if i % 2 else low, z) for i in range(13)]
        plate.lines([[view.at(-9, low, z), view.at(9, low, z)], [view.at(-9, 6.3, z), view.at(9, 6.3, z)], web], view.air(0.04, z), w)
    view.floor_cuts(-9, 9, 3, 32, 26, tone(0.56), alpha=0.5)
    rails: list[Points] = []
    for x in (-7.4, -4.4, 2.1, 5.6, 7.8):
        for d in (-0.6, 0.6):
            rails.append([view.at(x + d, 0, 3.1), view.at(x + d, 0, 30)])
    for d in (-0.6, 0.6):
        rails += [[view.at(-1.2 + d + k * 0.4, 0, 2.2), view.at(-1.0 + d, 0, 5), view.at(-0.9 + d, 0, 30)] for k in (0,)]
    plate.lines(rails, tone(0.66), 2)
    for z in (20, 14, 9.6, 6.4, 4.2):
        for x in (-7, -3.9, 4.4, 7.6):
            if abs(x) > 7 and z < 5:
                continue
            _frame(view, x, z)
    bay = view.ground(-1.9, 2.3, 4.6, 10)
    top = [view.at(-0.6, 6.3, 7), view.at(1.6, 6.3, 7)]
    plate.fill(bay, tone(0.82), wobble=1.4, alpha=0.85)
    sky.shaft(plate, top, [view.at(-1.8, 0, 5), view.at(2.1, 0, 5)], 1, 0.5, 40, 420)
    x, y = view.at(0.2, 0, 5.6)
    plate.fill([(x - 44, y), (x - 36, y - 12), (x + 40, y - 12), (x + 48, y), (x + 44, y + 9), (x - 40, y + 9)], CHAR)
    plate.fill([(x - 37, y + 1), (x - 31, y - 8), (x + 36, y - 8), (x + 41, y + 1)], tone(0.24))
    plate.lines(
        [
            [(x, y), (x + 4, y - 30), (x - 3, y - 62), (x + 6, y - 94)],
            [(x + 2, y - 34), (x + 22, y - 56)],
            [(x - 2, y - 56), (x - 24, y - 74)],
        ],
        "#3c4430",
        3,
    )
    nature.leaves(
        plate, [(x + 4, y - 30), (x + 20, y - 54), (x - 20, y - 72), (x, y - 66), (x + 4, y - 80)], "#4d5638", each=4, reach=13, size=13
    )
    for dx, dy, s in ((6, -98, 15), (24, -60, 10), (-26, -78, 9)):
        plate.fills(
            [oval(x + dx + s * 0.6 * cos(i * 1.257), y + dy + s * 0.55 * sin(i * 1.257), s * 0.62, s * 0.56, 9) for i in range(5)],
            EMBER,
            wobble=0.6,
        )
        plate.fill(oval(x + dx, y + dy, s * 0.36, s * 0.34, 8), FLAME, wobble=0.4)
    for i in range(3):
        plate.lines([oval(680 + i * 18, 424 - i * 6, 66 - i * 14, 17 - i * 3, 20)], CHAR, 4)
    plate.lines([oval(690, 420, 40, 9, 16)], "#b98a4e", 2)


def _frame(view: View, x: float, z: float) -> None:
    """Print one burnt tramcar: sills, posts, bare roof hoops and rows of sprung seats."""
    plate, ink = view.plate, view.air(0.02, z)
    wide, high, deep = 2.1, 3.1, z * 0.34
    w = max(1.5, view.size(0.085, z))
    runs: list[Points] = []
    for k in range(4):
        at = z + deep * k / 3
        hoop = [
            view.at(x - wide / 2, 0.5, at),
            view.at(x - wide / 2, high - 0.5, at),
            view.at(x - wide / 4, high, at),
            view.at(x + wide / 4, high, at),
            view.at(x + wide / 2, high - 0.5, at),
            view.at(x + wide / 2, 0.5, at),
        ]
        runs.append(hoop if k != 2 else hoop[:3])
    for dx in (-wide / 2, wide / 2):
        runs += [[view.at(x + dx, y, z), view.at(x + dx, y, z + deep)] for y in (0.5, 1.3)]
    runs.append([view.at(x - wide / 2, 1.25, z), view.at(x + wide / 2, 1.25, z)])
    inner = (-1 if x > 0 else 1) * wide / 2
    plate.fill(view.side(x + inner, z, z + deep, 0.3, 1.3), view.air(0.1, z), wobble=1)
    plate.fill(view.front(x - wide / 2, x + wide / 2, 0.3, 1.25, z), view.air(0.14, z), wobble=1)
    plate.lines(runs, ink, w, wobble=1)
    springs = [view.front(x + d - 0.26, x + d + 0.26, 1.25, 1.85, z + 0.2) for d in (-0.55, 0.55)]
    plate.lines(
        [[(a[0][0] + (a[3][0] - a[0][0]) * k / 4, a[0][1] - (a[0][1] - a[1][1]) * (k % 2)) for k in range(5)] for a in springs],
        view.air(0.36, z),
        max(1.2, w * 0.6),
    )
    wheels = [view.at(x + d, 0.3, z) for d in (-0.6, 0.6)]
    plate.fills([oval(a, b, view.size(0.16, z), view.size(0.3, z), 10) for a, b in wheels], ink, wobble=0.3)


def gasworks(plate: Plate) -> None:
    """Retorts and pipes round a pond that is a little too round."""
    sky.sky(plate, 0.44, 0.86, 240, bow=9)
    sky.halo(plate, 560, 190, 220, 1, 0.35)
    city.skyline(plate, 246, 40, 0.62, 0.78, wide=34)
    frame = [[(640 + i * 20, 240), (640 + i * 20, 140)] for i in range(7)] + [[(640, y), (760, y)] for y in (142, 174, 206)]
    plate.lines(frame, tone(0.5), 2.4)
    plate.fill(rect(-5, 242, 810, 214), plate.fade((0, tone(0.54)), (1, tone(0.24)), y0=242, y1=450), wobble=0)
    house = [(-5, 300), (-5, 124), (60, 124), (84, 100), (148, 100), (172, 124), (332, 126), (340, 150), (352, 156), (352, 296)]
    for x, top in ((40, 22), (118, 8), (270, 44)):
        plate.fill([(x - 15, 130), (x - 11, top), (x + 11, top), (x + 15, 130)], plate.brick(tone(0.22), tone(0.12), 16, 8))
        plate.fill(rect(x - 14, top - 5, 28, 10), tone(0.12))
    plate.fill([(262, 50), (284, 44), (300, 26), (240, 20)], tone(0.56), wobble=2)
    plate.fill(house, plate.brick(tone(0.24), tone(0.14), 24, 10), wobble=1.2)
    for row in range(2):
        for k in range(7):
            x, y = 36 + k * 46, 184 + row * 62
            plate.fill(arch(x, y + 34, 34, 46), CHAR)
            plate.fill(oval(x, y + 13, 12, 13, 14), tone(0.42) if (row + k) % 3 else tone(0.06), wobble=0.6)
            plate.lines([[(x - 14, y + 12), (x + 14, y + 14)]], tone(0.1), 3)
    pipes: list[Points] = [
        [(-5, 162), (352, 162), (392, 168), (392, 296)],
        [(230, 176), (420, 182), (440, 196), (440, 290)],
        [(-5, 148), (380, 152), (470, 160), (486, 176), (486, 282)],
    ]
    plate.lines(pipes, CHAR, 13, wobble=0.6)
    plate.lines([[(x, y - 4) for x, y in pipe] for pipe in pipes], tone(0.56), 2, wobble=0.6)
    plate.fills([rect(x - 5, y - 10, 9, 20) for x, y in ((120, 162), (300, 162), (290, 178), (200, 150), (420, 156))], CHAR)
    board = rect(516, 190, 104, 78)
    plate.fills([rect(526, 260, 9, 40), rect(602, 260, 9, 40)], CHAR)
    plate.fill(board, SOOT)
    for k in range(6):
        things.clock(plate, 535 + (k % 3) * 33, 210 + (k // 3) * 36, 12, 2.6 + k * 1.7, 17 * k, face=BONE if k != 4 else FLAME, marks=False)
    x, y = 424, 352
    plate.fill(oval(x, y, 274, 66, 40), tone(0.1), wobble=1.4)
    plate.fill(oval(x, y + 5, 258, 57, 40), plate.fade((0, tone(0.98)), (1, tone(0.62)), y0=300, y1=410), wobble=0.8)
    for k in range(3):
        plate.lines([oval(x, y + 5, 226 - k * 60, 48 - k * 13, 30, 0.4 + k, pi * 1.2)], tone(0.56), 1.6)
    mirror(plate, 250, 318, 70, 40, tone(0.36), rows=8, alpha=0.6)
    mirror(plate, 486, 306, 14, 40, tone(0.3), rows=7, alpha=0.7)
    for dx, dy, s, face in ((372, 350, 15, 1), (404, 358, 12, 1), (428, 361, 8, 1), (444, 360, 8, 1), (520, 378, 16, -1)):
        duck = [
            (-1, -0.1),
            (-1.15, -0.45),
            (-0.5, -0.3),
            (0.3, -0.4),
            (0.42, -0.95),
            (0.72, -1.05),
            (0.85, -0.8),
            (1.15, -0.7),
            (0.82, -0.6),
            (0.78, -0.2),
            (0.5, 0.1),
            (-0.6, 0.1),
        ]
        plate.fill([(dx + face * a * s, dy + b * s) for a, b in duck], CHAR, wobble=0.3)
        mirror(plate, dx, dy + 5, s * 1.3, 9, tone(0.3), rows=3, wide=1.6)
    nature.grass(plate, 130, 720, 424, 30, 60, SOOT, wide=2.2)
    posts = [(x, 450, 352 + 8 * (i % 2)) for i, x in enumerate(range(20, 820, 110))]
    plate.fills([[(a - 4, b), (a - 3, c), (a + 3, c), (a + 4, b)] for a, b, c in posts], tone(0.9), wobble=0.6)
    plate.lines([sag(0, h, 800, h - 4, 5, 8) for h in (366, 386, 406, 426)], tone(0.86), 1.3, wobble=0.5)
    barbs = [(30 + i * 52, 368 + (i % 4) * 20) for i in range(15)]
    plate.cuts([(a - 4, b - 4, a + 4, b + 4, 1.5) for a, b in barbs] + [(a - 4, b + 4, a + 4, b - 4, 1.5) for a, b in barbs], tone(0.9))
    plate.fill(rect(596, 366, 76, 46), EMBER, wobble=0.8)
    plate.lines([[(608, 382), (660, 381)], [(608, 396), (644, 396)]], BONE, 5)
    things.figure(plate, 712, 308, 46, CHAR)


def gasholder(plate: Plate) -> None:
    """A ring of iron, a ring of water, a ring of sky; a coat where somebody stood."""
    sky.sky(plate, 0.66, 0.98, 260, mark=0.08, bow=8)
    sky.halo(plate, 400, 90, 330, 1, 0.5)
    x, y, rx, ry = 400, 268, 352, 62
    far: list[Points] = []
    tops: list[Point] = []
    for i in range(11):
        a = pi + pi * i / 10
        px, py = x + rx * cos(a), y + ry * sin(a)
        high = 168 + 40 * abs(cos(a))
        tops.append((px, py - high))
        far.append([(px, py), (px, py - high)])
    plate.lines(far, tone(0.36), 6, wobble=0.6)
    for level, width in ((1.0, 6), (0.66, 4), (0.33, 4)):
        plate.lines(
            [[(px, y + ry * sin(pi + pi * i / 10) - (y + ry * sin(pi + pi * i / 10) - py) * level) for i, (px, py) in enumerate(tops)]],
            tone(0.34),
            width,
            wobble=0.6,
        )
    braces: list[Points] = []
    for i in range(10):
        (ax, ay), (bx, by) = tops[i], tops[i + 1]
        fa, fb = y + ry * sin(pi + pi * i / 10), y + ry * sin(pi + pi * (i + 1) / 10)
        braces += [
            [(ax, ay), (bx, by + (fb - by) * 0.34)],
            [(bx, by), (ax, ay + (fa - ay) * 0.34)],
            [(ax, ay + (fa - ay) * 0.34), (bx, by + (fb - by) * 0.67)],
            [(bx, by + (fb - by) * 0.34), (ax, ay + (fa - ay) * 0.67)],
        ]
    plate.lines(braces, tone(0.5), 1.5, wobble=0.3)
    plate.fill([(-5, 262), *oval(x, y, rx + 30, ry + 12, 20, pi, pi), (805, 262), (805, 455), (-5, 455)], tone(0.16), wobble=1)
    plate.fill(oval(x, y + 14, rx + 6, ry + 28, 40), CHAR, wobble=1)
    plate.fill(
        [*oval(x, y, rx + 16, ry + 4, 24, pi, pi), *oval(x, y + 16, rx + 4, ry + 10, 24, 2 * pi, -pi)],
        plate.hatch(tone(0.3), tone(0.5), 88, 10),
        wobble=0.8,
    )
    pool = oval(x, y + 22, rx - 8, ry + 12, 40)
    plate.fill(pool, plate.fade((0, tone(0.42)), (0.5, tone(0.12)), (1, tone(0.04)), y0=214, y1=360), wobble=0.6)
    with plate.inside(pool):
        for px, py in tops[1:-1]:
            mirror(plate, px, py + 190, 9, 56, tone(0.05), rows=8, alpha=0.9, wide=2.6)
        ripples(plate, (60, 226, 680, 130), 16, tone(0.86), alpha=0.5, density=0.24)
    crown = [*oval(x, y + 34, 192, 30, 18, pi, pi), *oval(x, y + 38, 192, 24, 18, 0, pi)]
    plate.fill(crown, plate.hatch(tone(0.3), tone(0.5), 2, 8), wobble=0.8)
    plate.fill([*oval(x, y + 34, 192, 30, 18, pi, pi), *oval(x, y + 36, 192, 4, 12, 0, pi)], tone(0.6), wobble=0.6, alpha=0.75)
    plate.fills([oval(px, py, 2.2, 1.6, 6) for r in (0.35, 0.66, 0.92) for px, py in oval(x, y + 30, 192 * r, 26 * r, 18)], CHAR, wobble=0)
    plate.lines([[(x + 192 * cos(a), y + 36 + 20 * sin(a)), (x, y + 8)] for a in (0.5, 1.1, 1.7, 2.3, 2.8)], tone(0.16), 1.8)
    for px in (24, 776):
        plate.fill(rect(px - 16, -5, 32, 420), CHAR, wobble=0.8)
        plate.lines([[(px - 16 + 32 * (k % 2), 26 + k * 38) for k in range(11)]], tone(0.44), 3)
    plate.lines([[(40, 24), (760, 24)], [(40, 38), (760, 38)]], CHAR, 6)
    plate.lines([[(40 + k * 24, 24 + 14 * (k % 2)) for k in range(31)]], CHAR, 2.4)
    plate.fill([(-5, 398), (805, 388), (805, 455), (-5, 455)], plate.hatch(tone(0.26), tone(0.12), -1, 9, 2), wobble=0.8)
    plate.lines([[(0, 398), (800, 388)]], tone(0.8), 4)
    boots = [oval(440 + d, 424, 10, 15, 12) for d in (0, 30)]
    plate.fills(boots, CHAR, wobble=0.8)
    plate.fills([rect(432 + d, 438, 17, 8) for d in (0, 30)], CHAR, wobble=0.8)
    plate.glow(455, 426, 54, EMBER, 0.4, 0.5)
    plate.lines([[(560, 400), (560, 330)], [(620, 398), (620, 330)], [(540, 352), (640, 350)]], CHAR, 11)
    things.wheel(plate, 590, 286, 62, CHAR, spokes=6, rim=0.16, turned=0.5)
    plate.lines([oval(590, 286, 57, 57, 12, pi, pi * 0.7)], tone(0.66), 2.4)
    things.coat(plate, 566, 232, 158, "#6e3a22")
    plate.cuts([(556, 262, 546, 376, 3), (574, 258, 580, 384, 3.4), (536, 280, 530, 320, 2.4)], EMBER)
    plate.cuts([(590, 252, 602, 300, 2.4), (566, 236, 560, 252, 3)], FLAME)
    nature.leaves(plate, [(40, 392), (740, 386)], LEAF, each=5, reach=14, size=8)
    cuts: list[Cut] = [(60 + k * 92, 404 - k, 120 + k * 92, 402 - k, 2.2) for k in range(8)]
    plate.cuts(cuts, tone(0.6))
