"""All scenes by location id: every public function that a district's module defines is one."""

from collections.abc import Callable
from types import ModuleType

from ink.plate import Plate

from scenes import (
    cinder_market,
    cinder_market_halls,
    deeper,
    depot_ward,
    further_out,
    glasshouses,
    glasshouses_high,
    hospital_hill,
    hospital_rooms,
    old_town,
    old_town_courts,
    outskirts,
    overpass,
    riverside,
    riverside_works,
    underground,
    weir_street,
)

_DISTRICTS: tuple[ModuleType, ...] = (
    cinder_market,
    cinder_market_halls,
    deeper,
    depot_ward,
    further_out,
    glasshouses,
    glasshouses_high,
    hospital_hill,
    hospital_rooms,
    old_town,
    old_town_courts,
    outskirts,
    overpass,
    riverside,
    riverside_works,
    underground,
    weir_street,
)


def _scenes(district: ModuleType) -> dict[str, Callable[[Plate], None]]:
    found = vars(district).items()
    return {name: scene for name, scene in found if not name.startswith("_") and getattr(scene, "__module__", "") == district.__name__}


SCENES = {name: scene for district in _DISTRICTS for name, scene in _scenes(district).items()}
