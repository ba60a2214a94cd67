"""The Glasshouses: gates that ran and flowered, a palm out of its cage, and two boilers."""

from math import cos, pi, sin

from ink import city, nature, sky, things
from ink.lines import Cut, Points, arch, oval, rect
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, FLAME, LEAF, LICHEN, SOOT, tone


def garden_gate(plate: Plate) -> None:
    """Two leaves of wrought ivy that the fire has let run; real ivy has taken them back."""
    sky.sky(plate, 0.55, 0.98, 300, bow=8)
    sky.halo(plate, 400, 260, 260, 1, 0.6)
    for x, y, r in ((400.0, 300, 150), (250, 306, 70), (560, 306, 76)):
        plate.lines(
            [oval(x, y, r, r * 0.86, 16, pi, pi), oval(x, y, r * 0.6, r * 0.86, 12, pi, pi), oval(x, y, r * 0.22, r * 0.86, 12, pi, pi)],
            tone(0.6),
            2,
        )
    plate.fill([(0, 300), (800, 300), (800, 450), (0, 450)], plate.fade((0, tone(0.84)), (1, tone(0.4)), y0=300, y1=450))
    city.courses(plate, (150, 304, 500, 120), 60, tone(0.5), 1.6, 0.7, 90)
    plate.fill([(372, 450), (392, 302), (410, 302), (446, 450)], tone(0.95), wobble=2, alpha=0.7)
    for side in (-1, 1):
        x = 400 + side * 296
        wall = plate.brick(tone(0.24), tone(0.13), 32, 13)
        plate.fill(rect(min(x, x + side * 130), 190, 130, 270), wall)
        plate.fill(rect(x - 38, 84, 76, 376), plate.brick(tone(0.2), tone(0.1), 30, 14))
        plate.fills([rect(x - 48, 70, 96, 20), rect(x - 30, 54, 60, 18)], tone(0.12))
        plate.fill(oval(x, 34, 22, 24, 14), tone(0.16))
        plate.cuts([(x - 12, 24, x - 16, 44, 4)], tone(0.6))
        city.courses(plate, (x - 36, 90, 30, 330), 16, tone(0.55), 2)
    plate.lines([[(142, 60), (130, 52), (104, 52)]], CHAR, 0.1)
    bars: list[Points] = []
    for i in range(17):
        x = 146 + i * 31.7
        if i == 8:
            continue
        top = 210 - 96 * sin(pi * abs(x - 400) / 520 + pi / 2) ** 2
        run = [(x + 7 * sin(i * 1.9 + t * 1.4) * (t / 5), 440 - (440 - top) * t / 6) for t in range(7)]
        bars.append(run)
    plate.lines(bars, SOOT, 5, wobble=1.4)
    plate.lines(
        [
            [(142, 424), (260, 430), (396, 424)],
            [(404, 424), (520, 418), (658, 426)],
            [(142, 250), (230, 262), (310, 248), (394, 262)],
            [(406, 262), (500, 246), (560, 264), (658, 252)],
        ],
        SOOT,
        8,
        wobble=2,
    )
    plate.lines([[(394, 440), (390, 300), (396, 130)], [(407, 440), (411, 300), (405, 126)]], SOOT, 9, wobble=1.6)
    for x, y, turns, size, flip in (
        (214, 200, 1.5, 46, 1),
        (318, 150, 1.6, 52, -1),
        (484, 146, 1.6, 54, 1),
        (590, 202, 1.5, 46, -1),
        (268, 340, 1.4, 44, -1),
        (350, 344, 1.3, 36, 1),
        (458, 342, 1.4, 40, -1),
        (552, 338, 1.4, 46, 1),
    ):
        run = [
            (x + flip * size * (1 - t / 16) * cos(t * turns * 2 * pi / 16), y + size * (1 - t / 16) * sin(t * turns * 2 * pi / 16))
            for t in range(15)
        ]
        plate.lines([run], SOOT, 5.5, wobble=0.6, round_ends=True)
    for x, y, size, lit in (
        (196, 150, 26, 0),
        (300, 96, 34, 0),
        (398, 88, 46, 1),
        (500, 92, 34, 0),
        (606, 150, 27, 0),
        (240, 300, 22, 0),
        (556, 296, 23, 0),
        (334, 226, 20, 0),
        (470, 222, 20, 0),
    ):
        _iron_flower(plate, x, y, size, bool(lit))
    for x, y, steps, drift in (
        (128, 440, 38, (1.0, -9.4)),
        (84, 440, 34, (0.2, -10)),
        (690, 440, 36, (-0.8, -9.6)),
        (716, 440, 30, (0.6, -10)),
        (206, 440, 22, (3.5, -9)),
        (628, 440, 24, (-3.2, -9)),
        (340, 440, 13, (0.5, -9)),
    ):
        nature.creeper(plate, x, y, steps, LICHEN, drift=drift, size=9, sway=7, each=2)
    nature.leaves(plate, [(100 + plate.dice.uniform(-46, 46), 130 + i * 12) for i in range(26)], LEAF, each=2, reach=22, size=11)
    nature.leaves(plate, [(700 + plate.dice.uniform(-46, 46), 150 + i * 12) for i in range(24)], LEAF, each=2, reach=22, size=11)


def _iron_flower(plate: Plate, x: float, y: float, size: float, lit: bool) -> None:
    """Print one flower of molten iron: petals that have run, drops below them."""
    petals: list[Points] = []
    for i in range(6):
        a = i * pi / 3 + plate.dice.uniform(-0.2, 0.2)
        long = size * plate.dice.uniform(0.8, 1.15)
        petals.append(
            [
                (x, y),
                (x + long * 0.6 * cos(a - 0.4), y + long * 0.6 * sin(a - 0.4)),
                (x + long * cos(a), y + long * sin(a)),
                (x + long * 0.66 * cos(a + 0.45), y + long * 0.66 * sin(a + 0.45)),
            ]
        )
    plate.fills(petals, CHAR, wobble=1.4, step=10)
    plate.cuts(
        [
            (x - size * 0.3, y + size * 0.4, x - size * 0.34, y + size * 1.5, size * 0.16),
            (x + size * 0.36, y + size * 0.3, x + size * 0.38, y + size * 1.2, size * 0.13),
        ],
        CHAR,
    )
    gleams: list[Cut] = [
        (p[1][0] * 0.6 + x * 0.4, p[1][1] * 0.6 + y * 0.4, p[2][0] * 0.9 + x * 0.1, p[2][1] * 0.9 + y * 0.1, size * 0.07) for p in petals
    ]
    plate.cuts(gleams, EMBER if lit else tone(0.6))
    plate.fill(oval(x, y, size * 0.2, size * 0.2, 9), FLAME if lit else tone(0.3), wobble=0.6)


def palm_house(plate: Plate) -> None:
    """A cage of iron ribs, and one palm that has grown out of it."""
    sky.sky(plate, 0.5, 0.98, 360, bow=9)
    sky.halo(plate, 470, 150, 280, 1, 0.6)
    sky.embers(plate, 400, 366, 330, 0.4, 0.22)
    city.skyline(plate, 360, 36, 0.72, 0.9, wide=30)
    plate.fill(rect(-5, 356, 810, 100), tone(0.42))
    for x, r, high, light in ((110.0, 100.0, 70, 0.42), (726, 96, 66, 0.42)):
        _ribs(plate, x, 366, r, high, 10, tone(light), 3)
    trunk = [(470, 380), (463, 300), (458, 200), (456, 88), (470, 88), (478, 200), (487, 300), (500, 380)]
    _ribs(plate, 420, 372, 250, 180, 12, tone(0.34), 3, gap=(350, 560))
    plate.fill(trunk, tone(0.08), wobble=1.6, step=10)
    plate.cuts([(460 + (y - 90) * 0.035, y, 476 + (y - 90) * 0.06, y - 3, 2) for y in range(98, 376, 9)], tone(0.55))
    nature.crown(plate, 463, 90, 150, 13, LICHEN, low=-2.1, high=2.1)
    nature.crown(plate, 463, 88, 126, 9, tone(0.12), low=-1.7, high=1.8)
    nature.crown(plate, 463, 86, 100, 6, LEAF, low=-1.2, high=1.1)
    for x, y, face in ((420.0, 62.0, -1), (506, 58, 1)):
        heron = [
            (0, 0),
            (-0.1, -0.5),
            (0.12, -0.85),
            (0.05, -1.3),
            (0.2, -1.55),
            (0.6, -1.5),
            (0.26, -1.4),
            (0.22, -1.1),
            (0.3, -0.8),
            (0.16, -0.4),
            (0.05, -0.3),
            (0.05, 0),
        ]
        plate.fill([(x + face * a * 24, y + b * 24) for a, b in heron], SOOT, wobble=0.3)
    _ribs(plate, 420, 392, 320, 216, 11, CHAR, 6, gap=(330, 570))
    panes: list[Points] = []
    for _ in range(16):
        a, r = plate.dice.uniform(pi * 1.03, pi * 1.97), plate.dice.uniform(0.86, 0.97)
        x, y, s = 420 + 320 * r * cos(a), 392 + 216 * r * sin(a), plate.dice.uniform(8, 18)
        panes.append([(x, y), (x + s, y - s * 0.4), (x + s * 0.7, y + s * 0.9)])
    plate.fills(panes, BONE, wobble=0.4, alpha=0.8)
    plate.fill([(0, 392), *((x, 384 + 8 * sin(x)) for x in range(60, 800, 60)), (800, 390), (800, 450), (0, 450)], SOOT, wobble=2)
    for x0, x1, base, high, n, ink in ((120, 720, 400, 74, 90, tone(0.26)), (0, 800, 430, 70, 90, tone(0.12)), (0, 800, 455, 66, 80, CHAR)):
        nature.grass(plate, x0, x1, base, high, n, ink, lean=0.1, wide=3)
    plate.lines([[(612, 392), (612, 250)]], CHAR, 4)
    spiral = [(612 + 21 * cos(i * 0.8), 392 - i * 4.4) for i in range(33)]
    plate.lines([spiral], CHAR, 4, wobble=0)
    boar = [
        (196, 408),
        (200, 388),
        (214, 374),
        (238, 368),
        (262, 372),
        (282, 384),
        (298, 396),
        (292, 402),
        (276, 402),
        (272, 414),
        (264, 414),
        (262, 404),
        (224, 404),
        (220, 416),
        (212, 416),
        (208, 406),
    ]
    plate.fill(boar, CHAR, wobble=1.4, step=7)
    plate.cuts([(284, 396, 292, 388, 2.4)], BONE)
    plate.fill(oval(277, 388, 1.8, 1.8, 6), FLAME, wobble=0)


def _ribs(
    plate: Plate, x: float, base: float, rx: float, ry: float, count: int, ink: str, width: float, gap: tuple[float, float] = (0, 0)
) -> None:
    """Print the ribs of a domed glasshouse in elevation, with its hoops; hoops fail between the two xs of the gap."""
    runs: list[Points] = []
    for i in range(count + 1):
        part = abs(cos(pi * i / count))
        half = oval(x, base, rx * part, ry, 11, pi if i < count / 2 else 1.5 * pi, pi / 2)
        runs.append(half)
    plate.lines(runs, ink, width, wobble=0.9, step=60)
    hoops: list[Points] = []
    for level in (0.2, 0.45, 0.68, 0.86):
        wide = rx * (1 - level**2) ** 0.5
        y = base - ry * level
        if gap[1] and level > 0.5:
            hoops += [[(x - wide, y), (max(gap[0], x - wide), y)], [(min(gap[1], x + wide), y + 6), (x + wide, y)]]
        else:
            hoops.append([(x - wide, y), (x + wide, y)])
    plate.lines(hoops, ink, width * 0.7, wobble=1.2, step=50)


def boiler_house(plate: Plate) -> None:
    """Victor and Albert side by side; a fern in the one, a swept circle before both."""
    plate.fill(rect(-5, -5, 810, 340), plate.brick(tone(0.3), tone(0.2), 30, 13), wobble=0)
    plate.fill([(0, 320), (800, 320), (800, 450), (0, 450)], plate.fade((0, tone(0.36)), (1, tone(0.16)), y0=320, y1=450))
    plate.fills([arch(400, 170, 92, 126), arch(70, 196, 60, 100), arch(742, 196, 60, 100)], tone(0.98))
    plate.lines([[(x, 60), (x, 170)] for x in (377, 400, 423)] + [[(354, y), (446, y)] for y in (96, 128)], CHAR, 3)
    plate.lines([[(x, 100), (x, 196)] for x in (70, 742)] + [[(x - 30, 148), (x + 30, 148)] for x in (70, 742)], CHAR, 3)
    sky.shaft(plate, [(356, 70), (446, 70)], [(300, 420), (600, 420)], 1, 0.34, 60, 420)
    plate.lines([[(222, 80), (222, 22), (580, 22), (580, 80)]], CHAR, 20, wobble=0.5)
    plate.lines([[(214, 74), (214, 14), (586, 14)]], tone(0.5), 2.5)
    plate.fill(rect(372, -5, 56, 40), CHAR)
    for x in (222, 580):
        plate.fill(oval(x, 208, 142, 140, 34), CHAR, wobble=1)
        plate.fill(oval(x - 3, 205, 130, 128, 34), plate.hatch(tone(0.2), tone(0.32), 78, 8), wobble=0.8)
        plate.fill(oval(x + 5, 212, 118, 114, 30), tone(0.14), wobble=0.8)
        rivets = oval(x, 208, 136, 134, 40)
        plate.fills([oval(a, b, 2.6, 2.6, 6) for a, b in rivets], tone(0.55), wobble=0)
        plate.cuts([(x - 110, 150, x - 60, 96, 5), (x - 120, 190, x - 116, 164, 4)], tone(0.75), bow=5)
        plate.fill(rect(x - 40, 116, 80, 22), FLAME if x < 400 else "#b98a4e", wobble=0.6)
        plate.cuts([(x - 32, 123, x + 30, 123, 3), (x - 26, 130, x + 22, 130, 2.6)], SOOT)
        for dx in (-54, 54):
            things.clock(plate, x + dx, 158, 15, 7 + dx / 30, 20, face=tone(0.9), marks=False)
        plate.fill(arch(x, 290, 96, 104), tone(0.03))
        plate.lines([arch(x, 290, 100, 108)], tone(0.42), 5)
        plate.fill(rect(x - 120, 322, 240, 16), tone(0.1))
    plate.fill([(628, 290), (628, 214), (676, 226), (680, 304)], tone(0.1))
    plate.lines([[(628, 290), (628, 214), (676, 226), (680, 304), (628, 290)]], tone(0.5), 2.4)
    plate.fill(arch(580, 288, 84, 92), tone(0.08))
    plate.lines([[(545 + i * 12, 288), (545 + i * 12, 214)] for i in range(7)], tone(0.3), 2)
    nature.fern(plate, 222, 292, 108, 9, LICHEN, low=-1.5, high=1.5, droop=0.9)
    nature.fern(plate, 224, 290, 84, 7, LEAF, low=-1.2, high=1.2, droop=0.8)
    plate.fill(oval(412, 392, 214, 46, 30), tone(0.62), wobble=2, alpha=0.75)
    plate.cuts(
        [
            (412 + 180 * cos(a), 392 + 38 * sin(a), 412 + 196 * cos(a + 0.3), 392 + 42 * sin(a + 0.3), 2)
            for a in (i * 0.42 for i in range(15))
        ],
        tone(0.36),
    )
    plate.fill(oval(412, 394, 78, 21, 24), CHAR, wobble=0.8)
    plate.fill(oval(412, 389, 76, 20, 24), plate.hatch(tone(0.26), tone(0.5), 0, 7), wobble=0.8)
    plate.lines([oval(412, 389, 60, 15, 20), [(398, 388), (402, 378), (422, 378), (426, 388)]], CHAR, 3)
    for i, x in enumerate((706, 722, 736)):
        foot, top = (x - 16, 420 - i * 5), (x + 30 - i * 14, 128 + i * 10)
        for j in range(9):
            a, b = j / 9, (j + 1) / 9
            plate.lines(
                [
                    [
                        (foot[0] + (top[0] - foot[0]) * a, foot[1] + (top[1] - foot[1]) * a),
                        (foot[0] + (top[0] - foot[0]) * b, foot[1] + (top[1] - foot[1]) * b),
                    ]
                ],
                EMBER if j % 2 else BONE,
                5,
                wobble=0,
            )
    plate.fills(
        [
            rect(60, 392, 50, 8),
            [(84, 392), (58, 446), (64, 446), (88, 398)],
            [(84, 392), (110, 446), (104, 446), (82, 398)],
            rect(72, 368, 28, 24),
            rect(54, 374, 24, 10),
        ],
        CHAR,
    )
