"""A small sound city, for tests to break."""

from dataclasses import dataclass
from pathlib import Path

from echoes.world.content import examine

FILES = {
    "world.yaml": """\
location: street
arrival: You wake up among the ashes of what was.
kit:
  - item: bandage
    quantity: 2
""",
    "locations/old_town/street.yaml": """\
name: Ruined Street
district: Old Town
description: Soot lies on everything that still stands.
x: 0
y: 0
exits:
  north: {to: clinic}
  down: {to: cellar, look: Steps go down.}
interactables:
  car:
    name: burnt-out car
    description: Its doors hang open, and its boot is shut.
    loot: car_boot
npcs: [rat]
""",
    "locations/old_town/cellar.yaml": """\
name: Cellar
district: Old Town
description: A cellar that smells of wet stone.
x: 0
y: -1
exits:
  up: {to: street}
""",
    "locations/clinic.yaml": """\
name: Clinic
district: Old Town
description: A white room full of broken glass.
x: 0
y: 1
exits:
  south: {to: street}
""",
    "items/medicine.yaml": """\
bandage:
  name: bandage
  type: medicine
  description: A strip of clean linen, rolled tight.
  weight: 0.1
  volume: 0.2
  stackable: true
  restores: {hp: 5}
""",
    "items/weapons.yaml": """\
crowbar:
  name: crowbar
  type: weapon
  description: Two feet of bent and honest iron.
  weight: 2
  volume: 1
  slot: main_hand
  damage: {low: 2, high: 5}
  durability: 80
""",
    "npcs/animals.yaml": """\
rat:
  name: grey rat
  description: It looks at you as if you were late.
  disposition: hostile
  loot: rat_corpse
""",
    "loot/street.yaml": """\
car_boot:
  entries: [{item: crowbar}, {item: bandage, least: 1, most: 3}]
  nothing: 2
rat_corpse:
  entries: [{item: bandage}]
""",
}


@dataclass(frozen=True)
class City:
    """A content folder and what the checker says about it."""

    folder: Path

    def put(self, file: str, text: str | bytes) -> None:
        """Write a file, with the folders above it."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    def change(self, file: str, old: str, new: str) -> None:
        """Replace a text that stands in a file exactly once."""
        text = (self.folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1
        self.put(file, text.replace(old, new))

    def problems(self) -> list[str]:
        """Examine the folder and give the problems as they print."""
        return [str(problem) for problem in examine(self.folder).problems]


def small_city(folder: Path) -> City:
    """Write the small city into a folder."""
    city = City(folder)
    for file, text in FILES.items():
        city.put(file, text)
    return city
