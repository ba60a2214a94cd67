"""Places at the edges, further on: gardens on lorries, a white house, a glass pavilion, a weir, and heaps of ash."""

from ink import city, indoor, nature, sky, things
from ink.lines import oval, rect
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, LEAF, LICHEN, tone
from ink.view import View
from ink.water import ripples


def tipper_gardens(plate: Plate) -> None:
    """Lorries in a row, their beds tilted to the noon and green to the tailboards."""
    sky.sky(plate, 0.7, 0.98, 280)
    plate.fill([(-5, 20), (805, -40), (805, 40), (-5, 92)], tone(0.24))
    plate.lines([[(-5, 92), (805, 40)]], CHAR, 6)
    for x, wide in ((120, 46), (470, 40), (720, 50)):
        plate.fill(rect(x, 70, wide, 250), plate.fade((0, tone(0.3)), (1, tone(0.46)), y0=70, y1=320))
    plate.fill(rect(-5, 300, 810, 155), tone(0.46))
    nature.grass(plate, -5, 805, 320, 22, 120, LICHEN)
    for x, y, s in ((620, 318, 0.62), (400, 340, 0.8), (110, 384, 1.15)):
        plate.fill([(x, y - 20 * s), (x + 190 * s, y - 78 * s), (x + 200 * s, y - 44 * s), (x + 8 * s, y + 12 * s)], tone(0.14))
        plate.fill([(x + 4 * s, y - 22 * s), (x + 186 * s, y - 78 * s), (x + 170 * s, y - 92 * s), (x + 10 * s, y - 44 * s)], "#3d2a1c")
        tops = [(x + (14 + i * 15) * s, y - (40 + i * 5) * s) for i in range(12)]
        nature.leaves(plate, tops, LEAF, each=7, reach=18 * s, size=10 * s)
        nature.leaves(plate, tops, LICHEN, each=4, reach=16 * s, size=8 * s)
        for i in range(4):
            nature.creeper(plate, x + (20 + i * 16) * s, y - 10 * s, 5, LEAF, drift=(0, 7 * s), size=6 * s)
        plate.fill(
            [
                (x + 150 * s, y + 14 * s),
                (x + 150 * s, y - 34 * s),
                (x + 214 * s, y - 52 * s),
                (x + 250 * s, y - 10 * s),
                (x + 250 * s, y + 14 * s),
            ],
            CHAR,
        )
        plate.fill([(x + 208 * s, y - 40 * s), (x + 236 * s, y - 8 * s), (x + 204 * s, y - 8 * s)], tone(0.8))
        for at in (30, 84, 226):
            things.wheel(plate, x + at * s, y + 16 * s, 20 * s, CHAR, spokes=5)
    things.figure(plate, 560, 400, 96, CHAR, stoop=0.2)


def show_house(plate: Plate) -> None:
    """One white house with its windows lit, upon the slag."""
    sky.sky(plate, 0.12, 0.5, 300, bow=8)
    plate.fill(rect(-5, 296, 810, 160), plate.speckle(tone(0.14), tone(0.32)))
    city.rubble(plate, -5, 260, 330, 50, 0.16, 16)
    city.rubble(plate, 590, 805, 326, 60, 0.18, 14)
    plate.glow(404, 240, 330, BONE, 0.4, 0.8)
    plate.fill(rect(270, 140, 270, 170), BONE, wobble=0.2)
    plate.fill([(252, 142), (300, 66), (510, 66), (558, 142)], tone(0.3), wobble=0.3)
    plate.fills([rect(318, 36, 26, 34), rect(466, 36, 26, 34)], tone(0.84), wobble=0.2)
    for x in (296, 374, 452):
        city.lit_window(plate, x, 160, 50, 44, 54, 0.7)
    for x in (296, 452):
        city.lit_window(plate, x, 232, 50, 50, 60, 0.7)
        plate.lines([[(x + 25, 232), (x + 25, 282)], [(x, 257), (x + 50, 257)]], CHAR, 2, wobble=0.2)
    plate.fill(rect(378, 228, 46, 82), tone(0.14), wobble=0.2)
    plate.fill([(220, 310), (590, 310), (640, 346), (170, 346)], LICHEN, wobble=0.3)
    plate.fill([(384, 312), (418, 312), (520, 455), (330, 455)], tone(0.9))
    plate.fills([oval(plate.dice.uniform(350, 490), plate.dice.uniform(350, 446), 8, 4, 9) for _ in range(44)], BONE, wobble=0.6)
    plate.lines(
        [[(x, 346), (x, 318)] for x in range(176, 640, 15) if not 372 < x < 430] + [[(172, 326), (372, 326)], [(430, 326), (640, 326)]],
        BONE,
        3,
    )
    things.figure(plate, 610, 404, 110, CHAR)
    sky.flakes(plate, (0, 20, 800, 260), 20, 0.7)


def isolation_pavilion(plate: Plate) -> None:
    """Glass to the left and to the right, and games that were drawn on it in breath."""
    view = View(plate, 206, 400, eye=1.7, focal=430, haze=0.92, reach=26)
    indoor.room(view, 6, 4.2, 2, 18, (0.6, 0.7, 0.66, 0.86, 0.96))
    view.floor_cuts(-6, 6, 2.4, 17, 22, tone(0.34), alpha=0.4)
    plate.fill(view.front(-1, 1, 0, 3, 17.8), tone(0.98))
    for side in (-1, 1):
        z = 15.0
        while z > 2.2:
            near = z * 0.74
            plate.fill(view.side(side * 1.7, near, z, 0, 0.9), view.air(0.36, z))
            plate.fill(view.side(side * 1.7, near, z, 0.9, 2.9), view.air(0.9, z), alpha=0.45)
            plate.lines([view.side(side * 1.7, near, z, 0.9, 2.9)], view.air(0.1, z), max(1.6, view.size(0.06, z)), wobble=0.3)
            x, y, deep = side * 3.6, 0.5, z * 0.9
            view.box(x, y, deep, (1.2, 0.3, 1.0), 0.8)
            z = near
    for side, z in ((-1, 3.6), (1, 4.4), (-1, 5.6), (1, 3.1)):
        marks = []
        for k in (0.33, 0.66):
            marks.append([view.at(side * 1.69, 1.3 + 0.9 * k, z), view.at(side * 1.69, 1.3 + 0.9 * k, z * 1.2)])
            marks.append([view.at(side * 1.69, 1.3, z * (1 + 0.2 * k)), view.at(side * 1.69, 2.2, z * (1 + 0.2 * k))])
        plate.lines(marks, tone(0.2), 2.4, wobble=1)
        x, y = view.at(side * 1.69, 1.75, z * 1.1)
        plate.lines([oval(x, y, 7, 10, 12)], EMBER, 2.4)
    x, y = view.at(0.4, 0, 12)
    things.figure(plate, x, y, view.size(1.7, 12), CHAR, stoop=0.06)
    plate.lines([[(x + 16, y), (x + 16, y - 72)], [(x + 8, y - 72), (x + 24, y - 72)]], CHAR, 2.4)
    sky.shaft(plate, [(330, 0), (470, 0)], [(250, 430), (560, 430)], 1, 0.25, 0, 440)


def the_weir(plate: Plate) -> None:
    """The whole of the upper river comes over in one sheet."""
    sky.sky(plate, 0.5, 0.92, 150)
    city.skyline(plate, 168, 44, 0.42, 0.66, wide=34, ruin=0.8)
    plate.fill(rect(-5, 160, 810, 66), plate.fade((0, tone(0.86)), (1, "#8a7354"), y0=160, y1=226))
    ripples(plate, (-5, 164, 810, 58), 9, tone(1), wide=1.8)
    plate.fill(
        [(-5, 222), (805, 214), (805, 330), (-5, 344)], plate.fade((0, "#8a7354"), (0.5, tone(0.6)), (1, tone(0.98)), y0=216, y1=336)
    )
    plate.cuts(
        [(x, 226, x + plate.dice.uniform(-4, 8), plate.dice.uniform(280, 336), 4) for x in range(0, 800, 13)], tone(0.98), alpha=0.55
    )
    plate.fill(rect(-5, 330, 810, 126), tone(0.44))
    for i in range(9):
        sky.cloud(plate, 40 + i * 92, 352 + 10 * (i % 2), 120, 34, 0.98, 0.6)
    ripples(plate, (-5, 350, 810, 96), 10, tone(1), wide=3)
    plate.lines([[(-5, 208), (620, 198)], [(-5, 184), (620, 174)]] + [[(x, 210), (x, 180)] for x in range(20, 620, 75)], CHAR, 5)
    plate.fill([(612, 120), (724, 116), (724, 230), (612, 232)], plate.brick(tone(0.3), tone(0.18)))
    plate.fill([(598, 122), (668, 70), (738, 118)], CHAR)
    city.lit_window(plate, 636, 146, 26, 28)
    plate.fill([(-5, 392), (120, 372), (330, 414), (430, 455), (-5, 455)], tone(0.7))
    for x, y in ((60, 420), (160, 424), (250, 440)):
        plate.fill(oval(x, y, 44, 9, 16), tone(0.46), wobble=2)
    sky.smoke(plate, 250, 436, 120, 20, 0.95, 8, 0.5)


def sifting_yard(plate: Plate) -> None:
    """Heaps with numbers, a slope of bed springs, and ash thrown at it by the shovel."""
    sky.sky(plate, 0.5, 0.86, 240, bow=7)
    city.skyline(plate, 250, 110, 0.24, 0.5, wide=52, ruin=0.85)
    plate.fill(rect(-5, 246, 810, 210), plate.fade((0, tone(0.66)), (1, tone(0.4)), y0=246, y1=450))
    for x, base, wide, high in ((90, 300, 190, 90), (700, 310, 240, 110), (300, 286, 140, 56), (560, 284, 120, 50)):
        plate.fill(
            [
                (x - wide / 2, base),
                (x - wide * 0.2, base - high * 0.8),
                (x, base - high),
                (x + wide * 0.25, base - high * 0.7),
                (x + wide / 2, base),
            ],
            plate.speckle(tone(0.56), tone(0.36)),
            wobble=3,
        )
        plate.lines([[(x, base - high), (x, base - high - 34)]], CHAR, 3)
        plate.fill(rect(x - 12, base - high - 46, 24, 18), BONE)
    frame = [(300, 420), (380, 236), (520, 244), (470, 436)]
    plate.fill(frame, tone(0.3), alpha=0.5)
    plate.lines([frame + frame[:1]], CHAR, 8)
    springs = [oval(330 + j * 30 + i * 13, 404 - i * 28 + j * 3, 11, 9, 12) for i in range(6) for j in range(5)]
    plate.lines(springs, CHAR, 2.2)
    sky.cloud(plate, 420, 250, 210, 60, 0.9, 0.5)
    sky.flakes(plate, (300, 170, 300, 240), 60, 0.3, 4)
    things.figure(plate, 590, 430, 170, CHAR, stoop=0.22)
    plate.lines([[(560, 340), (500, 296)]], CHAR, 5)
    plate.fill([(510, 306), (488, 298), (480, 280), (502, 282)], CHAR)
    plate.fill(rect(30, 378, 210, 12), tone(0.2))
    for i in range(9):
        plate.fill(oval(46 + i * 22, 372, 5 + i % 3 * 2, 6, 9), (BONE, EMBER, tone(0.8))[i % 3], wobble=0.6)
    nature.grass(plate, -5, 280, 446, 18, 30, LICHEN)
    nature.leaves(plate, [(760, 430), (730, 440)], LEAF, each=3)
