"""The Old Town, high and narrow: a lane of wax, a leaning tower, and a stair of empty houses."""

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
    """Pour wax down the foot of one wall: a skin as high as a knee, that runs out over the stones."""
    upper: list[Point] = []
    lower: list[Point] = []
    z = 1.3
    while z < 20:
        upper.append(view.at(side * 1.68, 0.66 + view.plate.dice.uniform(-0.05, 0.05), z))
        lower.append(view.at(side * view.plate.dice.uniform(1.05, 1.35), 0, z))
        z *= 1.12
    skin = view.plate.fade((0, tone(0.7)), (1, "#8a5f3a"), y0=260, y1=450)
    view.plate.fill([*upper, *lower[::-1]], skin, wobble=0.6, step=40)
    folds: list[Cut] = []
    gleams: list[Cut] = []
    for i, ((x, y), (_, b)) in enumerate(zip(upper, lower, strict=True)):
        folds.append((x, y, x - side * 3, y + (b - y) * 0.8, 5))
        if i % 2:
            gleams.append((x - side * 9, y + 3, x - side * 12, y + (b - y) * 0.55, 2.6))
    view.plate.cuts(folds, "#5d3d27", alpha=0.8)
    view.plate.cuts(gleams, BONE, alpha=0.8)


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


def stair_street(plate: Plate) -> None:
    """Steps between whole houses whose people left in the middle of supper."""
    sky.sky(plate, 0.5, 0.95, 150, bow=7)
    sky.embers(plate, 398, 130, 190, 0.45, 0.6)
    view = View(plate, 330, 398, eye=2.6, focal=420, haze=0.72, reach=40)
    slope, far = 0.45, 40.0
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
    depths = (40.0, 28.0, 20.0, 14.4, 10.2, 7.2, 4.9, 3.1, 1.6)
    for z1, z0 in zip(depths, depths[1:], strict=False):
        for side in (-1, 1):
            _terrace(view, side, z0, z1, slope)
    feet = [(0.0, z * slope, z) for z in (2.4, 3.2, 4.4, 6, 8.4, 12, 18, 28, 40)]
    plate.lines([[view.at(*spot), view.at(spot[0], spot[1] + 0.95, spot[2])] for spot in feet], CHAR, 3)
    rail = [view.at(x, y + 0.95, z) for x, y, z in feet]
    plate.lines([rail], CHAR, 9, wobble=0)
    plate.lines([rail], tone(1), 4.6, wobble=0)
    line = sag(*view.at(-2.3, 8.0, 9.0), *view.at(2.3, 8.2, 9.0), 26, 11)
    plate.lines([line], CHAR, 1.8, wobble=0)
    things.sheet(plate, line[1][0] - 6, line[1][1], 44, 58, tone(0.98), tone(0.7), sway=-8)
    things.shirt(plate, line[4][0] + 4, line[4][1], 40, tone(0.2))
    things.shirt(plate, line[6][0] + 6, line[6][1], 34, EMBER)
    things.sheet(plate, line[8][0] - 8, line[8][1], 38, 50, tone(0.92), tone(0.6), sway=-7)
    view.box(1.5, 7.6 * slope, 7.6, (0.95, 1.9, 0.5), 0.1)
    sky.flock(plate, 400, 50, 30, 3, 13, SOOT)


def _terrace(view: View, side: int, z0: float, z1: float, slope: float) -> None:
    """Print one house of a stepped row: its wall, its gable end above the neighbour, a door and two windows."""
    plate, x = view.plate, side * 2.3
    foot, high = z0 * slope, 5.4 + plate.dice.uniform(-0.4, 0.5) + (z1 - z0) * slope
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
