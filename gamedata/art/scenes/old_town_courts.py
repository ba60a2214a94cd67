"""The Old Town, where paper was: drifts of ash, and a court hung with wet sheets."""

from math import pi, sin

from ink import city, indoor, sky, things
from ink.lines import Points, arch, oval, rect, sag, turn
from ink.plate import Plate
from ink.tones import CHAR, EMBER, FLAME, tone
from ink.view import View


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
        low_y = max(view.at(0, 0, z * 0.86)[1], 460 if z < 7 else 0)
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
