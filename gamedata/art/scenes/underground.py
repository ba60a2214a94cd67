"""The Underground: a station that has grown ferns, a drowned tunnel, the last tram, and the vault of seeds."""

from math import pi, sin

from ink import city, indoor, nature, sky, things
from ink.lines import Cut, Points, arch, oval, rect
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, FLAME, LEAF, LICHEN, SOOT, tone
from ink.view import View
from ink.water import mirror, ripples


def exchange_station(plate: Plate) -> None:
    """One shaft of day falls on the rails, and ferns sit round it as people would round a fire."""
    plate.fill(rect(-5, -5, 810, 460), tone(0.1), wobble=0)
    view = View(plate, 190, 560, eye=2.3, focal=420, haze=0.2, reach=30)
    plate.fill(view.poly([(-5.2, 0.9, 1.6), (-5.2, 5.4, 1.6), (-5.2, 5.4, 22), (-5.2, 0.9, 22)]), tone(0.5), wobble=0)
    plate.fill(view.poly([(-5.2, 5.4, 1.6), (4, 5.4, 1.6), (4, 5.4, 22), (-5.2, 5.4, 22)]), tone(0.2), wobble=0)
    plate.fill(view.side(4, 1.6, 22, 0, 5.4), tone(0.24), wobble=0)
    plate.fill(view.front(-5.2, 4, 0, 5.4, 22), tone(0.12))
    portal = view.at(1.6, 0, 21.8)
    plate.fill(arch(portal[0], portal[1], 74, 84), CHAR)
    runs: list[Points] = [[view.at(-5.19, y * 0.45, 1.6), view.at(-5.19, y * 0.45, 22)] for y in range(3, 9)]
    z = 2.0
    while z < 20:
        runs.append([view.at(-5.19, 0.9, z), view.at(-5.19, 3.6, z)])
        z *= 1.075
    plate.lines(runs, tone(0.3), 1.1, wobble=0.3, step=120)
    plate.fill(view.side(-5.18, 1.6, 22, 3.7, 4.3), tone(0.68), wobble=0.4)
    ears: list[Cut] = []
    for i in range(14):
        z = 2.9 * 1.14**i
        foot, tip = view.at(-5.17, 3.76, z), view.at(-5.17, 4.25, z)
        for lean in (-0.5, 0, 0.5):
            ears.append((foot[0], foot[1], tip[0] + lean * (foot[1] - tip[1]), tip[1], max(1.2, (foot[1] - tip[1]) * 0.2)))
    plate.cuts(ears, tone(0.2))
    for z0, z1 in ((4.1, 5.6), (6.5, 8.8), (10.4, 14)):
        for grow, ink in ((0.14, tone(0.86)), (0, tone(0.08))):
            a, b = z0 * (1 - grow * 0.3), z1 * (1 + grow * 0.3)
            head = [(-5.16, 2.3 + grow + (1.0 + grow) * sin(pi * k / 8), a + (b - a) * k / 8) for k in range(9)]
            plate.fill(view.poly([(-5.16, 1.3 - grow, a), *head, (-5.16, 1.3 - grow, b)]), ink, wobble=0.6)
        blind = view.side(-5.15, z0 * 1.03, z1 * 0.98, 1.75, 2.75)
        plate.fill(blind, plate.hatch(tone(0.42), tone(0.3), -8, 5, 1.2), wobble=0.6)
        plate.fill(
            view.poly([(-5.2, 1.2, z0 * 0.97), (-4.8, 1.2, z0 * 0.97), (-4.8, 1.2, z1 * 1.03), (-5.2, 1.2, z1 * 1.03)]),
            tone(0.9),
            wobble=0.5,
        )
    plate.fill(
        view.poly([(-5.2, 0.9, 1.6), (-1.2, 0.9, 1.6), (-1.2, 0.9, 22), (-5.2, 0.9, 22)]),
        plate.fade((0, tone(0.6)), (1, tone(0.22)), y0=230, y1=450),
        wobble=0,
    )
    plate.fill(view.side(-1.2, 1.6, 22, 0, 0.9), tone(0.14), wobble=0.5)
    plate.fill(view.poly([(-1.45, 0.91, 1.6), (-1.2, 0.91, 1.6), (-1.2, 0.91, 22), (-1.45, 0.91, 22)]), BONE, wobble=0.6)
    plate.fill(view.ground(-1.2, 4, 1.6, 22), tone(0.1), wobble=0)
    plate.fills([view.front(0.0, 3.3, 0.0, 0.06, z) for z in (3.4, 4, 4.8, 5.8, 7.2, 9, 12)], tone(0.28), wobble=0.6)
    posters = [(-3.6, 4.6, 0.3), (-2.6, 3.5, -0.4), (-4.2, 6.8, 0.2), (-2.3, 7.0, 0.5), (-3.2, 9.6, 0), (-3.9, 3.4, -0.2)]
    for x, z, skew in posters:
        plate.fill(
            view.poly([(x, 0.92, z), (x + 0.9, 0.92, z + skew), (x + 0.8, 0.92, z + 1.2 + skew), (x - 0.1, 0.92, z + 1.2)]),
            tone(0.82),
            wobble=1.4,
            step=12,
        )
    grate = view.poly([(0.4, 5.38, 7.2), (2.8, 5.38, 7.2), (2.8, 5.38, 9.6), (0.4, 5.38, 9.6)])
    plate.fill(grate, tone(1), wobble=0.5)
    plate.lines([[view.at(x, 5.38, 7.2), view.at(x, 5.38, 9.6)] for x in (0.8, 1.2, 1.6, 2.0, 2.4)], CHAR, 3)
    pool = view.ground(0.1, 3.2, 6.0, 9.6)
    sky.shaft(plate, [grate[0], grate[1]], [pool[0], pool[1]], 1, 0.75, 20, 400)
    sky.shaft(plate, [grate[3], grate[2]], [pool[3], pool[2]], 1, 0.5, 20, 360)
    plate.fill(pool, tone(0.98), wobble=2, alpha=0.85)
    view.runs((0.75, 2.35), 2.0, 21.8, tone(0.6), 0.12)
    view.runs((0.75, 2.35), 5.6, 10, tone(1), 0.12)
    for x, z, reach in ((0.1, 9.3, 40), (2.9, 9.2, 44), (1.55, 8.8, 40), (0.0, 7.0, 62), (3.0, 6.9, 66), (1.5, 6.4, 56)):
        a, b = view.at(x, 0, z)
        nature.fern(plate, a, b, reach, 7, LICHEN if z > 7 else LEAF, low=-1.2, high=1.2, droop=0.6)
    sky.flakes(plate, (600, 70, 90, 200), 18, 1, 4)
    lx, ly = portal[0] + 4, portal[1] - 26
    plate.glow(lx, ly, 22, EMBER, 0.7)
    plate.fill(oval(lx, ly, 2.4, 3, 7), FLAME, wobble=0)


def tram_subway(plate: Plate) -> None:
    """Ring behind ring of brick, two rails under the water, and a light that does not come nearer."""
    plate.fill(rect(-5, -5, 810, 460), CHAR, wobble=0)
    view = View(plate, 236, 430, eye=1.75, focal=360, haze=0.2, reach=40)
    depths = [1.7, 2.3, 3.1, 4.2, 5.7, 7.8, 10.6, 14.5, 20, 28]
    lights = [0.3, 0.24, 0.32, 0.25, 0.32, 0.25, 0.3, 0.22, 0.26, 0.16]
    indoor.tunnel(view, 2.7, 2.3, depths, lights)
    indoor.ring_cuts(view, 2.7, 2.3, 1.75, 24, 44, tone(0.6), alpha=0.55, wide=2)
    indoor.ring_cuts(view, 2.69, 2.29, 1.75, 24, 24, CHAR, alpha=0.8, wide=2.4)
    for z in (2.3, 4.2, 7.8, 14.5):
        plate.lines([indoor.vault(view, 2.7, 2.3, z)[1:-1]], tone(0.08), max(2, view.size(0.1, z)), wobble=1)
    water = view.ground(-2.7, 2.7, 1.2, 60, 0.12)
    plate.fill(water, plate.fade((0, tone(0.2)), (1, tone(0.04)), y0=240, y1=450), wobble=0)
    plate.fill(view.poly([(2.1, 0.6, 1.2), (2.7, 0.6, 1.2), (2.7, 0.6, 60), (2.1, 0.6, 60)]), tone(0.44), wobble=0.8)
    plate.fill(view.side(2.1, 1.2, 60, 0.12, 0.6), tone(0.12), wobble=0.8)
    view.runs((-0.78, 0.68), 1.4, 60, tone(0.3), 0.16, 0.1)
    ripples(plate, (40, 262, 640, 176), 22, tone(0.66), wide=2.2, alpha=0.6, density=0.3)
    view.runs((-0.78, 0.68), 1.4, 60, tone(0.75), 0.05, 0.1)
    lx, ly = view.at(0.1, 1.55, 34)
    plate.glow(lx, ly, 150, EMBER, 0.6)
    plate.rays(lx, ly, 9, 46, 28, FLAME, 0.8, 1.3)
    plate.fill(oval(lx, ly, 5, 7, 10), BONE, wobble=0.3)
    plate.lines([[(lx, ly - 7), (lx, ly - 13)]], FLAME, 1.6)
    mirror(plate, lx, ly + 24, 14, 176, FLAME, rows=22, alpha=0.75, wide=2.4)
    for z in (2.5, 3.2, 4.1, 5.3, 7.0, 9.4):
        _arrow(view, z)
    for z in (3.0, 4.7, 7.6):
        post = view.side(-2.68, z, z * 1.06, 1.3, 2.0)
        plate.fill(post, tone(0.72), wobble=0.6)
        plate.cuts([(post[0][0] + 2, post[0][1] - 10, post[3][0] - 2, post[2][1] + 12, 2)], SOOT)
    for z in (2.8, 3.7, 5.2):
        a, b = view.at(2.35, 0.6, z)
        s = view.size(0.12, z)
        plate.fill(
            [(a - s * 2, b), (a - s * 1.6, b - s), (a - s * 0.2, b - s * 1.4), (a + s, b - s * 0.7), (a + s * 1.5, b)], CHAR, wobble=0.6
        )
        plate.lines([[(a + s * 1.5, b), (a + s * 3, b - s * 0.4), (a + s * 4, b + s * 0.2)]], CHAR, 1.6)
        plate.fills([oval(a - s * 1.5, b - s * 0.6, 1.8, 1.8, 6), oval(a - s * 1.1, b - s * 0.7, 1.8, 1.8, 6)], FLAME, wobble=0)


def _arrow(view: View, z: float) -> None:
    """Print one arrow in lipstick, low on the left wall."""
    tip, tail = view.at(-2.66, 0.75, z * 1.16), view.at(-2.66, 0.75, z)
    up, low = view.at(-2.66, 0.92, z * 1.09), view.at(-2.66, 0.58, z * 1.09)
    view.plate.lines([[tail, tip], [up, tip, low]], EMBER, max(1.4, view.size(0.045, z)), wobble=0.6, round_ends=True)


def number_nine(plate: Plate) -> None:
    """The last tram, whole and lit, with small coats in her windows in order of size."""
    plate.fill(rect(-5, -5, 810, 460), plate.brick(tone(0.2), tone(0.11), 30, 13), wobble=0)
    plate.fill([(-5, -5), (805, -5), (805, 70), *oval(400, 120, 420, 96, 13, 0, -pi), (-5, 70)], CHAR, wobble=1)
    for x in (36, 764):
        plate.fill(rect(x - 40, 30, 80, 380), tone(0.12))
        city.courses(plate, (x - 38, 40, 76, 350), 22, tone(0.44), 1.8)
    plate.fill(rect(-5, 390, 810, 66), tone(0.12))
    plate.lines([[(0, 52), (800, 44)]], tone(0.5), 2)
    plate.lines([[(430, 112), (508, 48)], [(420, 112), (452, 112)]], SOOT, 5)
    plate.glow(400, 220, 420, EMBER, 0.35, 0.6)
    cream = "#cabf9f"
    body = [(92, 372), (86, 250), (96, 128), (120, 108), (690, 108), (714, 128), (724, 250), (718, 372)]
    plate.fill(body, CHAR, wobble=0.8)
    plate.fill([(100, 126), (120, 112), (690, 112), (710, 126), (704, 136), (106, 136)], tone(0.7))
    plate.fill([(94, 258), (716, 258), (712, 366), (98, 366)], plate.fade((0, "#5d6b50"), (1, "#39432f"), y0=258, y1=366))
    plate.fill([(96, 236), (714, 236), (715, 262), (95, 262)], cream)
    plate.lines([[(100, 270), (710, 270)], [(100, 350), (710, 350)]], "#b7a97e", 2)
    windows = [(176 + i * 92, 84) for i in range(5)]
    for x, w in [*windows, (112, 52), (640, 60)]:
        plate.fill(
            [(x, 236), (x, 152), (x + 8, 144), (x + w - 8, 144), (x + w, 152), (x + w, 236)],
            plate.fade((0, "#b5602c"), (0.5, FLAME), (1, "#c8783a"), y0=144, y1=236),
            wobble=0.6,
        )
    plate.fills([rect(x, 160, w, 3) for x, w in windows], "#7a431f", wobble=0.3)
    size = 46.0
    for i, (x, w) in enumerate(windows):
        for k in range(3):
            hook = x + w * (k + 0.5) / 3
            things.coat(plate, hook, 164, size, CHAR if (i + k) % 2 else SOOT)
            size += 1.55
    lamp_x, lamp_y = 400, 148
    plate.glow(lamp_x, lamp_y + 20, 120, BONE, 0.55)
    plate.fill([(390, 146), (410, 146), (404, 156), (396, 156)], BONE, wobble=0.3)
    plate.fills([rect(x + w - 1, 144, 10, 94) for x, w in windows], cream, wobble=0.4)
    plate.fills([rect(164, 140, 12, 226), rect(634, 140, 8, 226)], cream, wobble=0.4)
    plate.fills([[(110, 366), (110, 264), (160, 264), (160, 366)], [(646, 366), (646, 264), (700, 264), (700, 366)]], "#33402f")
    plate.fill(oval(400, 310, 25, 25, 20), cream, wobble=0.4)
    plate.lines(
        [[(406, 300), (400, 296), (393, 300), (394, 308), (401, 311), (407, 306), (407, 300), (405, 318), (397, 325)]],
        SOOT,
        3.4,
        wobble=0.3,
        round_ends=True,
    )
    things.lantern(plate, 730, 264, 15, glow=5, alpha=0.4)
    plate.fill(rect(84, 364, 640, 12), CHAR)
    for x in (196, 276, 528, 608):
        things.wheel(plate, x, 384, 24, CHAR, spokes=6, rim=0.3)
        plate.lines([oval(x, 384, 18, 18, 9, pi, pi / 2)], tone(0.6), 2)
    plate.fill(rect(210, 372, 52, 14), CHAR)
    plate.fill(rect(542, 372, 52, 14), CHAR)
    plate.fill(rect(-5, 407, 810, 7), tone(0.75), wobble=0.6)
    plate.fill(rect(-5, 414, 810, 40), tone(0.07))
    city.courses(plate, (0, 420, 800, 24), 26, tone(0.4), 2, 0.6, 70)
    ripples(plate, (150, 416, 500, 26), 5, FLAME, wide=2.4, alpha=0.5)
    plate.fill([(700, 372), (752, 372), (752, 380), (740, 380), (740, 408), (716, 408), (716, 380), (700, 380)], SOOT)
    plate.cuts([(140 + i * 120, 121, 220 + i * 120, 120, 3) for i in range(5)], BONE)
    plate.cuts([(116 + i * 76, 280, 168 + i * 76, 279, 2) for i in range(8)], "#8b9262", alpha=0.8)


def seed_vault(plate: Plate) -> None:
    """Drawers from floor to vault, and a schoolroom in a ring of cots."""
    plate.fill(rect(-5, -5, 810, 460), tone(0.1), wobble=0)
    x, y = 400, 196
    plate.fill([(60, 400), (60, 210), *oval(x, 210, 340, 206, 22, pi, pi), (740, 400)], tone(0.22), wobble=0.8)
    wall = [(196, 336), (196, 176), *oval(x, 176, 204, 140, 18, pi, pi), (604, 336)]
    runs: list[Points] = []
    for i in range(19):
        angle = pi + pi * i / 18
        a = oval(x, 176, 204, 140, 2, angle, 0.001)[0]
        b = oval(x, 210, 340, 206, 2, angle, 0.001)[0]
        runs.append([a, b])
    for t in (0.16, 0.34, 0.55, 0.78):
        runs.append(
            [
                (196 - 136 * t, 336 + 64 * t),
                (196 - 136 * t, 176 + 34 * t),
                *oval(x, 176 + 34 * t, 204 + 136 * t, 140 + 66 * t, 16, pi, pi),
                (604 + 136 * t, 176 + 34 * t),
                (604 + 136 * t, 336 + 64 * t),
            ]
        )
    for k in range(1, 9):
        y0, y1 = 176 + k * 20, 210 + k * 23.75
        runs += [[(196, y0), (60, y1)], [(604, y0), (740, y1)]]
    plate.lines(runs, tone(0.5), 1.5, wobble=0.5, step=90)
    labels: list[Cut] = []
    for k in range(8):
        for j in range(5):
            t = (0.07, 0.24, 0.44, 0.65, 0.88)[j]
            yy = 187 + 37 * t + k * (20 + 3.7 * t)
            w = 5 + 9 * t
            labels += [(196 - 136 * t - w, yy + 1, 196 - 136 * t + w, yy - 1, 4), (604 + 136 * t - w, yy - 1, 604 + 136 * t + w, yy + 1, 4)]
    plate.cuts(labels, tone(0.86))
    plate.fill(wall, tone(0.34), wobble=0.8)
    with plate.inside(wall):
        plate.fill(rect(190, 30, 420, 310), plate.tiles(tone(0.32), tone(0.12), 17, 2), wobble=0)
        plate.cuts(
            [
                (202 + i * 17 + 1, 51 - 7 + j * 17 + plate.dice.uniform(-0.5, 0.5), 213 + i * 17, 51 - 7 + j * 17, 4.6)
                for i in range(24)
                for j in range(17)
                if plate.dice.random() < 0.62
            ],
            tone(0.82),
            alpha=0.9,
        )
        plate.fills([rect(191 + i * 17, 35 + j * 17, 15, 15) for i, j in ((5, 9), (16, 6), (9, 12))], CHAR)
    ladder = [[(520, 338), (552, 110)], [(542, 338), (570, 110)]]
    plate.lines(
        [*ladder, *([(520 + 32 * t, 338 - 228 * t), (542 + 28 * t, 338 - 228 * t)] for t in (k / 12 for k in range(1, 12)))], CHAR, 3.4
    )
    plate.fill(
        [(-5, 380), (60, 372), (196, 334), (604, 334), (740, 372), (805, 380), (805, 455), (-5, 455)],
        plate.fade((0, tone(0.56)), (1, tone(0.2)), y0=334, y1=450),
    )
    plate.lines([[(88, 400 - 26 * k - 3 * (k % 2)), (112 + 6 * (k % 3), 398 - 26 * k - 3 * (k % 2))] for k in range(7)], FLAME, 2.6)
    plate.glow(400, 330, 210, EMBER, 0.5, 0.55)
    board = rect(264, 240, 104, 72)
    plate.fills([[(270, 312), (258, 352), (264, 352), (278, 312)], [(354, 312), (366, 352), (372, 352), (362, 312)]], CHAR)
    plate.fill(board, CHAR)
    plate.lines([[*board, board[0]]], tone(0.6), 4)
    plate.lines(
        [
            [(278, 262), (300, 262)],
            [(306, 256), (306, 268)],
            [(300, 262), (312, 262)],
            [(320, 258), (336, 256), (334, 270)],
            [(278, 284), (322, 283)],
            [(330, 281), (344, 281)],
            [(330, 287), (344, 287)],
        ],
        BONE,
        2.2,
        wobble=0.6,
    )
    for i, (angle, s) in enumerate((pi * a, 0.7 + 0.55 * sin(pi * a)) for a in (-0.02, 0.09, 0.2, 0.33, 0.67, 0.8, 0.91, 1.02)):
        cx, cy = oval(400, 372, 262, 46, 2, angle, 0.001)[0]
        _cot(plate, cx, cy, 58 * s, i)
    plate.fills([rect(428, 262, 46, 78), rect(444, 120, 14, 146), rect(422, 256, 58, 8), rect(424, 336, 54, 8)], CHAR)
    plate.fill(arch(451, 318, 24, 28), FLAME)
    plate.rays(451, 306, 22, 64, 22, FLAME, 0.6, 1.4)
    for x0, x1, top in ((286, 352, 372), (352, 424, 362), (424, 512, 350)):
        plate.fill([(x0, top), (x0 + 6, top - 9), (x1 + 6, top - 9), (x1, top)], tone(0.86), wobble=0.5)
        plate.fills([rect(x0, top, x1 - x0, 6), rect(x0 + 3, top + 5, 6, 400 - top), rect(x1 - 9, top + 5, 6, 400 - top)], SOOT, wobble=0.5)


def _cot(plate: Plate, x: float, y: float, size: float, number: int) -> None:
    """Print a cot: two iron ends, a mattress, a blanket."""
    half = size * 0.62
    plate.fill(
        [(x - half, y - size * 0.28), (x - half * 0.86, y - size * 0.4), (x + half, y - size * 0.4), (x + half, y - size * 0.28)],
        tone(0.92),
        wobble=0.8,
    )
    plate.fill(
        [
            (x - half * 0.3, y - size * 0.29),
            (x - half * 0.22, y - size * 0.42),
            (x + half, y - size * 0.42),
            (x + half, y - size * 0.1),
            (x - half * 0.3, y - size * 0.1),
        ],
        EMBER if number == 6 else tone(0.5 + 0.1 * (number % 3)),
        wobble=1,
    )
    ends = [
        [(a, y), (a, y - size * high), (a + size * 0.12, y - size * high - 3), (a + size * 0.12, y - 3)]
        for a, high in ((x - half, 0.72), (x + half, 0.56))
    ]
    plate.lines([*ends, [(x - half, y - size * 0.16), (x + half, y - size * 0.16)]], CHAR, max(2, size * 0.06), wobble=0.4)
