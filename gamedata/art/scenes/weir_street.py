"""Weir Street: a terrace without its doors, one room that is scrubbed, and the gardens filled with ash."""

from ink import city, nature, sky
from ink.lines import arch, oval, rect, sag
from ink.plate import Plate
from ink.tones import BONE, CHAR, EMBER, FLAME, LEAF, tone
from ink.view import View


def weir_street(plate: Plate) -> None:
    """Sixty houses, sixty doorways, and one flat hose up the middle."""
    sky.sky(plate, 0.5, 0.9, 230, bow=8)
    view = View(plate, 232, 400, eye=1.8, focal=440, haze=0.8, reach=30)
    plate.fill(rect(-5, 232, 810, 222), plate.fade((0, tone(0.7)), (1, tone(0.3)), y0=232, y1=450))
    view.floor_cuts(-5, 5, 3, 34, 24, tone(0.2), alpha=0.45)
    for side in (-1, 1):
        for z in (26, 19, 14, 10.4, 7.6, 5.4, 3.8, 2.6):
            deep = z * 0.34
            high = plate.dice.uniform(4.4, 6)
            plate.fill(view.side(side * 4.2, z, z + deep, 0, high), view.air(0.2 if side < 0 else 0.12, z), wobble=1.6, step=20)
            plate.fill(view.side(side * 4.2, z + deep * 0.2, z + deep * 0.5, 0.15, 2.3), view.air(0.01, z), wobble=0.6)
            plate.fill(view.side(side * 4.2, z + deep * 0.62, z + deep * 0.9, 1.1, 2.3), view.air(0.75, z), wobble=0.6)
            plate.fill(view.side(side * 4.2, z + deep * 0.62, z + deep * 0.9, 3.0, 4.0), view.air(0.8, z), wobble=0.6)
            plate.fill(view.side(side * 4.15, z + deep * 0.52, z + deep * 0.57, 1.6, 1.9), BONE, wobble=0.3)
    plate.fill(view.side(-4.14, 4.16, 4.6, 0.15, 2.2), EMBER, alpha=0.5)
    hose = [view.at(0.3 + 0.1 * (-1) ** i, 0, 2.8 * 1.28**i) for i in range(10)]
    plate.lines([hose], tone(0.08), 7, round_ends=True)
    x, y = view.at(1.2, 0, 4)
    plate.fill([(x - 16, y), (x - 12, y - 60), (x, y - 72), (x + 12, y - 60), (x + 16, y)], CHAR)
    plate.fill(rect(x - 24, y - 48, 48, 11), CHAR)


def number_fourteen(plate: Plate) -> None:
    """Five plates from five houses, and the sun going round the chairs."""
    sky.sky(plate, 0.7, 0.98, 200)
    plate.fill([(-5, 90), (60, 60), (150, 96), (240, 40), (250, 330), (-5, 400)], plate.hatch(tone(0.3), tone(0.2), 88, 12))
    plate.fill([(250, 330), (240, 40), (420, 70), (560, 30), (560, 330)], plate.hatch(tone(0.46), tone(0.36), 88, 16))
    plate.fill([(560, 330), (560, 30), (640, 80), (805, 20), (805, 410)], plate.hatch(tone(0.22), tone(0.14), 88, 12))
    plate.fill([(250, 330), (560, 330), (805, 410), (805, 455), (-5, 455), (-5, 400)], plate.hatch(tone(0.66), tone(0.5), 0, 12))
    plate.fill([(640, 354), (640, 150), (730, 140), (730, 384)], tone(0.9))
    plate.lines([[(640, 356), (640, 150), (730, 140), (730, 386)]], CHAR, 7)
    plate.fill([(640, 356), (730, 386), (520, 440), (330, 400)], BONE, alpha=0.6)
    plate.fills([rect(306, 190, 150, 12), rect(322, 202, 16, 128), rect(424, 202, 16, 128)], tone(0.12))
    plate.fill(rect(338, 202, 86, 128), CHAR)
    plate.fill(rect(366, 168, 26, 22), EMBER)
    plate.fill([(196, 330), (520, 330), (600, 388), (130, 388)], tone(0.2))
    plate.fills([rect(150, 386, 12, 60), rect(560, 386, 12, 60)], CHAR)
    for i, x in enumerate((220.0, 300, 385, 462, 330)):
        y = 348 if i < 4 else 374
        plate.fill(oval(x, y, 27, 8, 18), BONE if i % 2 else tone(0.75), wobble=0.4)
        plate.lines([oval(x, y, 17, 5, 16)], EMBER if i == 2 else tone(0.4), 1.4, wobble=0.2)
    plate.lines([[(440, 351), (484, 345)]], CHAR, 3)
    for x in (130, 610):
        plate.lines(
            [
                [(x, 300), (x, 440)],
                [(x + 40, 296), (x + 40, 432)],
                [(x, 300), (x + 40, 296)],
                [(x, 330), (x + 40, 326)],
                [(x, 376), (x + 40, 372)],
            ],
            CHAR,
            6,
        )


def ash_gardens(plate: Plate) -> None:
    """One level of grey, and a line of footprints that ends."""
    sky.sky(plate, 0.36, 0.72, 200, bow=8)
    city.skyline(plate, 214, 90, 0.26, 0.5, wide=44, ruin=0.85)
    plate.fill(
        [(-5, 206), (200, 212), (420, 204), (640, 212), (805, 206), (805, 455), (-5, 455)],
        plate.fade((0, tone(0.74)), (1, tone(0.5)), y0=205, y1=450),
    )
    view = View(plate, 200, 400, eye=2.4, focal=460, haze=0.75, reach=26)
    view.floor_cuts(-16, 16, 4, 30, 26, tone(0.92), alpha=0.6)
    view.floor_cuts(-16, 16, 4, 30, 12, tone(0.36), alpha=0.35)
    for x0, z0 in ((-6.0, 9.0), (-4.6, 7), (3.4, 10), (5, 7.4)):
        for k in range(4):
            a, b = view.at(x0 + k * 0.5, 0, z0), view.at(x0 + k * 0.5 + 0.2, 2.2, z0)
            plate.lines([[a, b], [view.at(x0 + k * 0.5 + 0.5, 0, z0), b]], tone(0.1), 2.4)
            nature.creeper(plate, a[0], a[1], 9, LEAF, drift=(0.6, (b[1] - a[1]) / 9), sway=4, size=8)
    for x in (120, 400, 690):
        plate.lines([[(x, 290), (x + 4, 150)], [(x - 10, 152), (x + 18, 149)]], CHAR, 5)
    plate.lines([sag(124, 152, 404, 152, 20), sag(404, 152, 694, 152, 24)], CHAR, 1.4, wobble=0)
    plate.lines([[(560, 380), (566, 330), (606, 322), (612, 368)], [(566, 332), (606, 324)]], CHAR, 6, round_ends=True)
    prints = [(view.at(-0.3 + 0.22 * (i % 2) - i * 0.07, 0, 18 / (1 + i * 0.17)), 18 / (1 + i * 0.17)) for i in range(18)]
    plate.fills([oval(x, y, view.size(0.09, z), view.size(0.05, z), 9) for (x, y), z in prints], tone(0.16), wobble=0.3)
    plate.fill(oval(300, 420, 108, 22, 24), tone(0.3), wobble=2)
    plate.fill(oval(300, 425, 96, 15, 24), tone(0.18), wobble=2)
    sky.flakes(plate, (0, 20, 800, 400), 60, 0.95, 5)
    plate.glow(520, 206, 90, EMBER, 0.3, 0.4)
    plate.fill(arch(520, 212, 12, 18), FLAME)
