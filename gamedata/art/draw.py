"""
Cut and print the picture of every location: `python gamedata/art/draw.py [id ...]`.

One scene is one function in `scenes/`, named after its location. Pictures are the same to the byte on every run:
chance is seeded with the location's id, and the standard library is all it takes.
"""  # noqa: INP001  # a script, not a package

import re
import sys
from collections.abc import Callable
from pathlib import Path

from ink.plate import Plate
from scenes import SCENES

GAMEDATA = Path(__file__).resolve().parent.parent
_ALT = re.compile(r"^image_alt:[ ]*(.+(?:\n[ ]+.+)*)", re.MULTILINE)


def described(place: str) -> str:
    """Give the text that stands for the picture, from the location's file."""
    for file in sorted((GAMEDATA / "locations").rglob(f"{place}.yaml")):
        if found := _ALT.search(file.read_text(encoding="utf-8")):
            words = re.sub(r"^[>|]-?\s+", "", found[1])
            return " ".join(words.split()).strip("\"'")
    raise SystemExit(f"{place}: no location of that name has an image_alt")


def draw(place: str, scene: Callable[[Plate], None]) -> None:
    """Print one picture."""
    plate = Plate(place, described(place))
    scene(plate)
    target = GAMEDATA / "images" / "locations" / f"{place}.svg"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(plate.document(), encoding="utf-8", newline="\n")


def main(wanted: list[str]) -> None:
    """Print the pictures named, or all."""
    for place in wanted or sorted(SCENES):
        draw(place, SCENES[place])


if __name__ == "__main__":
    main(sys.argv[1:])
