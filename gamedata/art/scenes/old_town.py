"""The Old Town: wax, a leaning tower, ash of paper, wet sheets, and a stair of empty houses."""

from math import pi, sin

from ink import city, indoor, nature, sky, things
from ink.lines import Cut, Point, Points, arch, oval, rect, sag, turn
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, FLAME, LEAF, SOOT, tone
from ink.view import View


def chandlers_lane(plate: Plate) -> None:
    """A crooked slot between tall walls; every sill has its candle and the wax below gives it back."""
    sky.sky(plate, 0.4, 0.8, 200)
    view = View(plate, 250, 372, eye=1.6, focal=470, haze=0.62, reach=34)
    city.ruin(plate, 300, 262, 130, 130, tone(0.5), 0.2)
    plate.fill(view.ground(-1.7, 1.7, 1.5, 22), plate.fade((0, tone(0.46)), (1, tone(0.12)), y0=260, y1=450), wobble=0)
    lights: list[tuple[float, float, float]] = []
    for side in (-1, 1):
        for z0, z1, height in ((15, 22, 6.4), (9, 15, 8.4), (5, 9, 7.2), (2.4, 5, 9), (1.2, 2.4, 9)):
            wall = view.side(side * 1.7, z0, z1, 0, height)
            wall[2] = (wall[2][0], wall[2][1] - view.size(0.3, z1))
            plate.fill(wall, view.air(0.1 if side < 0 else 0.05, z0), wobble=1.2)
            for y in (1.35, 3.9, 6.2):
                if y + 1.3 > height:
                    continue
                a, b = z0 + (z1 - z0) * 0.34, z0 + (z1 - z0) * 0.66
                plate.fill(view.side(side * 1.69, a, b, y, y + 1.25), CHAR, wobble=0.6)
                plate.fill(view.side(side * 1.6, a * 0.97, b * 1.03, y - 0.16, y), view.air(0.5, z0), wobble=0.6)
                x, foot = view.at(side * 1.62, y, (a + b) / 2)
                lights.append((x, foot, view.size(0.28, (a + b) / 2)))
        _wax(view, side)
        indoor.wall_cuts(view, side * 1.69, 1.2, 8, 2.2, 20, 26, tone(0.36), 1.4, 0.6)
    view.floor_cuts(-1.5, 1.5, 2.4, 20, 22, tone(0.72), alpha=0.5)
    for x, y, size in sorted(lights, key=lambda light: light[2]):
        if size > 5:
            plate.glow(x, y - size * 0.6, size * 3.6, EMBER, 0.34)
        plate.fill(rect(x - size * 0.13, y - size * 0.6, size * 0.26, size * 0.6), BONE, wobble=0.2)
        things.flame(plate, x, y - size * 0.58, max(5, size * 0.62))
    view.floor_cuts(-1.6, 1.6, 2.4, 14, 9, FLAME, alpha=0.55, wide=2.4)
    things.figure(plate, 380, 322, 66, CHAR, stoop=0.08)


def _wax(view: View, side: int) -> None:
    """Pour wax down the foot of one wall: a smooth skin with drips above it, that runs out over the stones."""
    upper: list[Point] = []
    lower: list[Point] = []
    drips: list[Cut] = []
    z = 1.3
    while z < 20:
        high = view.plate.dice.uniform(0.62, 0.8)
        upper.append(view.at(side * 1.68, high, z))
        lower.append(view.at(side * view.plate.dice.uniform(1.05, 1.35), 0, z))
        top, foot = view.at(side * 1.68, high + view.plate.dice.uniform(0.3, 1.2), z), view.at(side * 1.66, high - 0.5, z)
        drips.append((*top, *foot, view.size(0.085, z)))
        z *= 1.06
    skin = view.plate.fade((0, tone(0.6)), (1, "#7d5636"), y0=260, y1=450)
    view.plate.fill([*upper, *lower[::-1]], skin, wobble=0.8, step=16)
    view.plate.cuts(drips, "#94683f")
    gleams: list[Cut] = [
        (x, y + 4, x + side * 2, y + 4 + (b - y) * 0.5, 2.2) for (x, y), (_, b) in zip(upper[::2], lower[::2], strict=True)
    ]
    view.plate.cuts(gleams, BONE, alpha=0.75)


def bell_close(plate: Plate) -> None:
    """The tower leans over the close; the plane tree is dead on the side towards it."""
    sky.sky(plate, 0.46, 0.86, 300, bow=8)
    sky.halo(plate, 300, 230, 240, 1, 0.4)
    city.skyline(plate, 312, 54, 0.66, 0.8, ruin=0.6)
    plate.fill([(0, 312), (800, 306), (800, 450), (0, 450)], plate.fade((0, tone(0.5)), (1, tone(0.16)), y0=306, y1=450))
    nave = [(600, 330), (604, 226), (650, 190), (700, 214), (800, 214), (800, 330)]
    plate.fill(nave, plate.brick(tone(0.28), tone(0.2), 34, 14))
    plate.fills([arch(x, 318, 22, 70) for x in (652, 706, 760)], tone(0.1))
    tower = [
        (486, 336),
        (486, 120),
        (480, 116),
        (480, 104),
        (494, 104),
        (494, 92),
        (506, 92),
        (506, 104),
        (522, 104),
        (522, 90),
        (536, 90),
        (536, 104),
        (556, 104),
        (556, 92),
        (570, 92),
        (570, 104),
        (590, 104),
        (590, 116),
        (584, 120),
        (584, 336),
    ]
    lean = [turn([p], 536, 336, -7)[0] for p in tower]
    plate.fill(lean, plate.brick(tone(0.24), tone(0.14), 30, 13), wobble=1.3)
    shade = turn([(546, 336), (550, 104), (590, 104), (584, 336)], 536, 336, -7)
    plate.fill(shade, CHAR, alpha=0.5)
    for y, high, wide in ((178, 50, 40), (262, 40, 16), (336, 44, 34)):
        plate.fill(turn(arch(534, y, wide, high), 536, 336, -7), CHAR)
    plate.fill(turn([(526, 178), (528, 158), (532, 150), (540, 150), (544, 158), (547, 178)], 536, 336, -7), tone(0.42))
    plate.lines([turn([(482, y), (588, y)], 536, 336, -7) for y in (122, 196, 280)], tone(0.5), 2.6)
    things.figure(plate, 466, 346, 34, CHAR)
    plate.lines([sag(x, 372 - i * 3, x + 92, 369 - i * 3, 12, 7) for i, x in enumerate((414, 506, 598, 690))], EMBER, 2.6)
    plate.lines([[(x, 352 - i * 3), (x, 386 - i * 3)] for i, x in enumerate((414, 506, 598, 690, 782))], CHAR, 3.4)
    tips = nature.tree(plate, 216, 372, 330, CHAR, lean=-0.05, forks=5, wide=0.13, spread=0.5)
    living = [tip for tip in tips if tip[0] < 196]
    nature.leaves(plate, living, LEAF, each=11, reach=24, size=12)
    nature.leaves(plate, living, tone(0.8), each=3, reach=22, size=9)
    city.upright(plate, (200, 270, 14, 100), 9, tone(0.5), 2)
    rows = ((330, 22, 7), (352, 32, 6), (382, 46, 5), (420, 66, 5))
    for i, (base, size, count) in enumerate(rows):
        for k in range(count):
            x = 40 + (k + plate.dice.uniform(0.1, 0.8)) * 780 / count
            if 170 < x < 260 or (base < 360 and x > 440):
                continue
            _stone(plate, x, base + plate.dice.uniform(-3, 3), size * plate.dice.uniform(0.8, 1.1), 0.3 - 0.05 * i)
    slabs = [
        [(330, 396), (372, 396), (366, 412), (316, 412)],
        [(300, 420), (366, 420), (356, 444), (280, 444)],
        [(392, 386), (424, 386), (422, 396), (388, 396)],
    ]
    plate.fills(slabs, tone(0.56))
    plate.cuts([(306, 428, 350, 428, 3), (326, 402, 360, 402, 2), (300, 436, 344, 436, 3)], tone(0.24))
    nature.grass(plate, 0, 800, 446, 26, 120, tone(0.08))


def _stone(plate: Plate, x: float, base: float, size: float, light: float) -> None:
    tilt = plate.dice.uniform(-9, 9)
    plate.fill(turn(arch(x, base, size * 0.6, size, 7), x, base, tilt), tone(light))
    plate.cuts(
        [
            (
                *turn([(x - size * 0.24, base - size * 0.1)], x, base, tilt)[0],
                *turn([(x - size * 0.24, base - size * 0.75)], x, base, tilt)[0],
                size * 0.06,
            )
        ],
        tone(light + 0.3),
    )


def bell_tower(plate: Plate) -> None:
    """Orsola hangs black against the louvres, and the city lies below like a plan."""
    sky.sky(plate, 0.6, 0.94, 240, mark=0.08)
    for base, high, light in ((236, 26, 0.8), (262, 34, 0.68), (292, 38, 0.55), (330, 44, 0.42)):
        city.skyline(plate, base, high, light, light + 0.16, wide=26, ruin=0.45)
    plate.fill(rect(0, 330, 800, 120), tone(0.46))
    city.skyline(plate, 376, 40, 0.3, 0.42, wide=34)
    plate.fill(
        [(330, 246), (420, 262), (470, 292), (520, 300), (640, 340), (640, 352), (510, 312), (462, 304), (410, 272), (330, 254)], tone(0.9)
    )
    plate.lines([[(520, 236), (566, 234)], [(584, 234), (640, 232)]], tone(0.4), 3)
    plate.lines([[(x, 236), (x, 256)] for x in (528, 546, 562, 590, 608, 626)], tone(0.4), 2)
    plate.fill([(400, 322), (404, 300), (408, 284), (418, 284), (422, 300), (426, 322)], tone(0.18))
    plate.fill(rect(409, 314, 8, 8), FLAME)
    sky.smoke(plate, 413, 284, 150, 70, 0.3, 11, 0.9)
    plate.lines([arch(300, 300, 52, 44), arch(300, 300, 34, 40), [(274, 286), (326, 286)]], tone(0.22), 1.8)
    nature.crown(plate, 300, 256, 18, 7, tone(0.14))
    for x, wide in ((-10, 62), (244, 26), (470, 26), (742, 70)):
        plate.fill(rect(x, -5, wide, 460), tone(0.07), wobble=1.6)
        city.upright(plate, (x + 3, 0, wide - 8, 450), 14, tone(0.34), 1.8, 0.7)
    for y in (66, 128, 372):
        for x0, x1 in ((52, 244), (270, 470), (496, 742)):
            if y == 372:
                plate.fill([(x0, y + 14), (x1, y + 10), (x1, y + 22), (x0, y + 26)], tone(0.1))
            elif x0 != 270:
                plate.fill([(x0, y), (x1, y - 8), (x1, y + 2), (x0, y + 12)], tone(0.1))
                plate.cuts([(x0 + 10, y + 2, x1 - 20, y - 6, 2)], tone(0.5))
    plate.fill([(0, 398), (800, 392), (800, 450), (0, 450)], plate.hatch(tone(0.1), tone(0.2), 1, 9))
    plate.fill([(0, -5), (800, -5), (800, 34), (0, 46)], tone(0.05))
    plate.fill([(150, 20), (470, 14), (470, 50), (150, 56)], tone(0.03))
    bell = [
        (206, 330),
        (196, 344),
        (180, 350),
        (182, 336),
        (204, 300),
        (220, 240),
        (224, 170),
        (236, 122),
        (262, 96),
        (296, 86),
        (316, 86),
        (350, 96),
        (376, 122),
        (388, 170),
        (392, 240),
        (408, 300),
        (430, 336),
        (432, 350),
        (416, 344),
        (406, 330),
    ]
    plate.fills(
        [[(280, 90), (284, 54), (328, 54), (332, 90)], bell, oval(306, 344, 126, 16, 20), oval(306, 364, 22, 20, 12)], tone(0.04), wobble=1
    )
    plate.fill(oval(306, 344, 112, 10, 20), tone(0.01))
    gleam: list[Cut] = [(238 - i * 1.4, 150 + i * 8, 252 - i * 1.2 + 18 * (i % 3), 152 + i * 8, 2) for i in range(22)]
    plate.cuts(gleam, tone(0.6), alpha=0.85)
    plate.lines(
        [[(222, 176), (306, 182), (390, 176)], [(206, 300), (306, 310), (406, 300)], [(198, 316), (306, 327), (414, 316)]], tone(0.34), 2.4
    )
    plate.lines([[(604, 30), (606, 120), (602, 210), (608, 268)]], tone(0.7), 6)
    plate.lines([[(604, 30), (606, 120), (602, 210), (608, 268)]], tone(0.3), 1.6)
    plate.lines([[(604, 262), (596, 286)], [(607, 264), (606, 294)], [(610, 262), (616, 284)]], CHAR, 3.4)
    plate.glow(606, 286, 26, EMBER, 0.7)
    sky.flock(plate, 640, 110, 80, 6, 20, tone(0.1))


def registry(plate: Plate) -> None:
    """Iron shelves over drifts of grey leaves; the safe has kept its mouth shut."""
    view = View(plate, 214, 410, eye=1.8, focal=470, haze=0.66, reach=26)
    indoor.room(view, 6, 7, 2, 22, (0.34, 0.2, 0.16, 0.12, 0.36))
    roof = [view.at(-4.4, 7, 7), view.at(3.6, 7, 6), view.at(3.2, 7, 18), view.at(-0.4, 7, 14), view.at(-3.4, 7, 19)]
    plate.fill(roof, tone(0.93), wobble=4, step=18)
    plate.lines([[view.at(-6, 7, z), view.at(6, 7, z)] for z in (7.5, 11, 16)], tone(0.06), 5)
    sky.shaft(plate, [(330, 40), (560, 10)], [(210, 420), (560, 430)], 0.98, 0.5, 20, 440)
    for z in (18, 14, 10.6, 7.8, 5.6, 4):
        for side in (-1, 1):
            _shelf(view, side, z)
    safe = view.front(-1.35, 1.35, 0, 3.0, 14)
    plate.fill(safe, tone(0.05), wobble=0.6)
    x, y = view.at(0, 1.5, 14)
    plate.lines([view.front(-1.2, 1.2, 0.15, 2.85, 14)], tone(0.5), 2)
    things.wheel(plate, x, y, 17, tone(0.72), spokes=5)
    plate.cuts([(x - 34, y - 44, x - 34, y + 30, 2.6), (x + 34, y - 36, x + 34, y + 34, 2.4)], tone(0.5))
    clock_x, clock_y = view.at(2.6, 5.2, 21)
    things.clock(plate, clock_x, clock_y, 13, 1, 5)
    drifts = (
        (-6, -1.2, 13, 1.2, 0.62),
        (1.2, 6, 11.5, 1.5, 0.58),
        (-6, 0.4, 8, 1.5, 0.68),
        (0.8, 6, 6.6, 1.7, 0.72),
        (-6, -0.6, 4.8, 1.5, 0.8),
        (1.3, 5, 3.9, 1.1, 0.62),
    )
    for x0, x1, z, high, light in drifts:
        run = [
            view.at(x0 + (x1 - x0) * i / 12, high * sin(pi * (0.12 + 0.8 * (i / 12 if x0 > 0 else 1 - i / 12))) ** 1.5, z)
            for i in range(13)
        ]
        low_y = view.at(0, 0, z * 0.86)[1]
        plate.fill(
            [*run, (run[-1][0], low_y), (run[0][0], low_y)],
            plate.fade((0, tone(light)), (1, tone(light - 0.34)), y0=min(p[1] for p in run), y1=low_y),
            wobble=3,
            step=12,
        )
        papers: list[Points] = []
        for _ in range(11):
            px, py = plate.dice.choice(run)
            a, b, s = px + plate.dice.uniform(-20, 20), py + plate.dice.uniform(3, 26), view.size(0.2, z)
            papers.append(turn(rect(a, b, s * 1.3, s * 0.7), a, b, plate.dice.uniform(-40, 40)))
        plate.fills(papers, tone(light + 0.2), wobble=0.4)
    sky.flakes(plate, (230, 60, 320, 260), 26)
    plate.glow(634, 330, 58, EMBER, 0.65, 0.5)
    plate.fill([(604, 342), (612, 326), (636, 318), (660, 322), (668, 312), (674, 322), (684, 330), (676, 338), (660, 342)], CHAR)
    plate.fill(oval(674, 328, 2.2, 1.8, 6), FLAME, wobble=0)


def _shelf(view: View, side: int, z: float) -> None:
    plate = view.plate
    ink = view.air(0.04, z)
    x0, x1 = side * 2.7, side * 6
    posts = [[view.at(x, 0, z), view.at(x + (side * 0.15 if z < 6 else 0), 5.2, z)] for x in (x0, (x0 + x1) / 2, x1)]
    boards = []
    for level in (0.9, 1.9, 2.9, 3.9, 5.0):
        drop = plate.dice.uniform(0.1, 0.6) if plate.dice.random() < 0.25 else 0
        boards.append([view.at(x0, level - drop, z), view.at(x1, level, z)])
    plate.lines([*posts, *boards], ink, max(2, view.size(0.1, z)), wobble=0.6)
    ash = []
    for level in (0.95, 1.95, 2.95, 3.95):
        for _ in range(2):
            a = plate.dice.uniform(0.05, 0.7)
            x = x0 + (x1 - x0) * a
            foot, tip = view.at(x, level, z), view.at(x + side * 0.9, level, z)
            ash.append([foot, (foot[0] * 0.7 + tip[0] * 0.3, foot[1] - view.size(plate.dice.uniform(0.2, 0.5), z)), tip])
    plate.fills(ash, view.air(0.5, z), wobble=1, step=10)


def printers_court(plate: Plate) -> None:
    """The press stands in the court like a horse brought in from the rain."""
    view = View(plate, 236, 400, eye=1.7, focal=430, haze=0.6, reach=40)
    sky.sky(plate, 0.6, 0.84, 150)
    plate.fill(view.front(-5.4, 5.4, 0, 5.6, 13), plate.brick(tone(0.36), tone(0.28), 18, 8))
    plate.fill(view.ground(-5.4, 5.4, 2, 13), plate.fade((0, tone(0.42)), (1, tone(0.16)), y0=290, y1=450), wobble=0)
    end = view.front(-5.4, 5.4, 0, 5.6, 13)
    city.openings(plate, (end[1][0] + 16, end[1][1] + 8, 326, 80), 5, 1, CHAR, lit=[(3, 0)], fill=0.4)
    plate.glow(470, 138, 70, EMBER, 0.4)
    plate.fills([arch(400, end[0][1], 62, 84), rect(270, 226, 26, 66)], tone(0.06))
    for side in (-1, 1):
        city.lane_wall(view, side * 5.4, 2, 13, 8.6, tone(0.2 if side < 0 else 0.13), 4, 3, tone(0.05))
        indoor.wall_cuts(view, side * 5.38, 0, 8, 3.2, 13, 30, tone(0.42), 1.5, 0.5)
    indoor.grid(view, -5.4, 5.4, 3.4, 13, 1.2, tone(0.2), 1.2)
    view.floor_cuts(-5, 5, 3.6, 12, 16, tone(0.72), alpha=0.5)
    for y, z, count, size in ((5.4, 12, 10, 0.8), (4.7, 9.5, 9, 0.85), (4.2, 7.4, 8, 0.9), (3.9, 5.6, 7, 0.95)):
        a, b = view.at(-5.4, y, z), view.at(5.4, y + 0.1, z)
        run = sag(*a, *b, view.size(0.5, z), count * 2 + 3)
        plate.lines([run], CHAR, 1.4, wobble=0)
        for i in range(1, count * 2 + 1, 2):
            if plate.dice.random() < 0.1:
                continue
            x, top = run[i]
            w, h = view.size(size * 0.72, z), view.size(size, z)
            things.sheet(plate, x - w / 2, top, w, h, view.air(0.97, z * 0.5), tone(0.7), sway=-w * 0.12, wave=2)
            bars = [
                [(x - w * 0.3, top + h * (0.2 + 0.13 * j)), (x + w * (0.3 if j < 4 else 0.05), top + h * (0.2 + 0.13 * j))]
                for j in range(5)
            ]
            plate.lines(bars, tone(0.44), max(0.9, h * 0.03), wobble=0.3)
    cloth = [
        (294, 396),
        (300, 340),
        (316, 296),
        (342, 280),
        (352, 232),
        (366, 214),
        (400, 206),
        (434, 214),
        (446, 236),
        (452, 276),
        (486, 286),
        (510, 272),
        (524, 282),
        (522, 306),
        (500, 330),
        (506, 396),
        (470, 402),
        (440, 394),
        (404, 403),
        (360, 395),
        (326, 402),
    ]
    plate.fill([(290, 404), (520, 398), (560, 414), (330, 422)], CHAR, alpha=0.6)
    plate.fills([rect(312, 388, 14, 26), rect(480, 388, 14, 24), rect(400, 392, 14, 26)], CHAR)
    plate.fill(cloth, tone(0.12), wobble=1.5)
    plate.cuts(
        [
            (362, 224, 318, 380, 5),
            (384, 214, 352, 384, 5),
            (404, 212, 402, 390, 5),
            (428, 218, 446, 380, 4),
            (446, 262, 488, 380, 4),
            (344, 286, 308, 360, 3),
            (500, 288, 470, 310, 3),
        ],
        tone(0.5),
        bow=5,
    )
    plate.lines([[(306, 344), (360, 356), (430, 350), (500, 338)]], tone(0.62), 3)
    sky.rain(plate, 60, 0.95, -5, 0.4)


def stair_street(plate: Plate) -> None:
    """Steps between whole houses whose people left in the middle of supper."""
    sky.sky(plate, 0.5, 0.95, 150, bow=7)
    sky.embers(plate, 398, 92, 170, 0.4, 0.5)
    view = View(plate, 352, 398, eye=1.7, focal=460, haze=0.72, reach=40)
    slope, far = 0.6, 40.0
    spots = [(side * 2.3, z * slope, z) for side, z in ((-1, 2.0), (-1, far), (1, far), (1, 2.0))]
    plate.fill(view.poly(spots), plate.fade((0, tone(0.8)), (1, tone(0.4)), y0=100, y1=450), wobble=0)
    risers: list[Points] = []
    z = 2.2
    while z < far:
        deep = 0.5 if z < 9 else 0.9 if z < 18 else 1.8
        risers.append(
            view.poly(
                [
                    (-2.3, z * slope, z),
                    (2.3, z * slope, z),
                    (2.3, (z + deep * 0.5) * slope, z + 0.02),
                    (-2.3, (z + deep * 0.5) * slope, z + 0.02),
                ]
            )
        )
        z += deep
    plate.fills(risers, tone(0.2), wobble=0.5, step=70)
    plate.cuts(
        [(a[0] + plate.dice.uniform(0, 60), a[1] - 1, b[0] - plate.dice.uniform(0, 60), b[1] - 1, 2) for _, _, b, a in risers[:16]],
        BONE,
        alpha=0.7,
    )
    depths = (40.0, 30.0, 22.5, 17.0, 12.8, 9.4, 6.8, 4.7, 3.0, 1.6)
    for z1, z0 in zip(depths, depths[1:], strict=False):
        for side in (-1, 1):
            _terrace(view, side, z0, z1, slope)
    feet = [(0.0, z * slope, z) for z in (2.4, 3.2, 4.4, 6, 8.4, 12, 18, 28, 40)]
    plate.lines([[view.at(*spot), view.at(spot[0], spot[1] + 0.95, spot[2])] for spot in feet], CHAR, 3)
    rail = [view.at(x, y + 0.95, z) for x, y, z in feet]
    plate.lines([rail], CHAR, 9, wobble=0)
    plate.lines([rail], tone(1), 4.6, wobble=0)
    line = sag(*view.at(-2.3, 9.6, 9.0), *view.at(2.3, 9.9, 9.0), 26, 11)
    plate.lines([line], CHAR, 1.8, wobble=0)
    things.sheet(plate, line[1][0] - 6, line[1][1], 44, 58, tone(0.98), tone(0.7), sway=-8)
    things.shirt(plate, line[4][0] + 4, line[4][1], 40, tone(0.2))
    things.shirt(plate, line[6][0] + 6, line[6][1], 34, EMBER)
    things.sheet(plate, line[8][0] - 8, line[8][1], 38, 50, tone(0.92), tone(0.6), sway=-7)
    view.box(1.5, 3.1 * 1.34, 7.0, (0.95, 1.9, 0.5), 0.1)
    sky.flock(plate, 400, 50, 30, 3, 13, SOOT)


def _terrace(view: View, side: int, z0: float, z1: float, slope: float) -> None:
    """Print one house of a stepped row: its wall, its gable end above the neighbour, a door and two windows."""
    plate, x = view.plate, side * 2.3
    foot, high = z0 * slope, 6.2 + plate.dice.uniform(-0.4, 0.5) + (z1 - z0) * slope
    light = 0.3 if side < 0 else 0.17
    wall = view.side(x, z0, z1, foot - 0.5, foot + high)
    plate.fill(
        view.poly([(x, foot, z0), (x, foot + high, z0), (side * 6, foot + high + 2.4, z0), (side * 6, foot, z0)]),
        view.air(light - 0.1, z0),
        wobble=0.8,
    )
    plate.fill(wall, view.air(light, z0), wobble=0.8)
    eaves = view.poly(
        [
            (x - side * 0.25, foot + high - 0.1, z0),
            (x - side * 0.25, foot + high - 0.1, z1),
            (x, foot + high + 0.3, z1),
            (x, foot + high + 0.3, z0),
        ]
    )
    plate.fill(eaves, view.air(0.05, z0), wobble=0.6)
    panes: list[Points] = []
    sills: list[Points] = []
    for part in (0.2, 0.6):
        a, b = z0 + (z1 - z0) * part, z0 + (z1 - z0) * (part + 0.22)
        for level in (0.9, 3.6):
            y = foot + level + (part * (z1 - z0)) * slope
            panes.append(view.side(x - side * 0.02, a, b, y, y + 1.5))
            sills.append(view.side(x - side * 0.08, a * 0.99, b * 1.01, y - 0.2, y))
    plate.fills(panes, view.air(0.02, z0), wobble=0.5)
    plate.fills(sills, view.air(0.62, z0), wobble=0.4)
    if 3 < z0 < 10:
        tables = [
            [
                (p[0][0] * 0.8 + p[3][0] * 0.2, p[0][1] - 2 - view.size(0.4, z0)),
                (p[0][0] * 0.1 + p[3][0] * 0.9, p[3][1] - 2 - view.size(0.34, z0)),
            ]
            for p in panes[::2]
        ]
        plate.lines(tables, view.air(0.6, z0), 2.4)
    left, right = min(p[0] for p in wall), max(p[0] for p in wall)
    city.courses(
        plate,
        (max(left, 0), max(10, wall[1][1]), min(right, 800) - max(left, 0), 300),
        9,
        view.air(light + 0.25, z0),
        1.5,
        0.5,
        (right - left) * 0.5,
    )
