"""Loading of backends and extensions: find them, import only the selected ones, check them, return typed objects.

No code outside this package uses pluggy's untyped `hook`.
"""

from echoes.facilities import Facilities
from echoes.plugins.discovery import known_backends
from echoes.plugins.loading import Backends, Selection, load

__all__ = ["Backends", "Facilities", "Selection", "known_backends", "load"]
