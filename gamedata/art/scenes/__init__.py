"""All scenes by location id: every public function of a district's module that takes a plate is one."""

from collections.abc import Callable
from types import ModuleType

from ink.plate import Plate

from scenes import cinder_market

_DISTRICTS: tuple[ModuleType, ...] = (cinder_market,)

SCENES: dict[str, Callable[[Plate], None]] = {
    name: scene
    for module in _DISTRICTS
    for name, scene in vars(module).items()
    if callable(scene) and getattr(scene, "__module__", "") == module.__name__ and not name.startswith("_")
}
