"""Loading of backends and extensions: find, import the chosen ones only, check, hand over typed objects.

Nobody outside this package touches pluggy's untyped `hook`.
"""

from echoes.facilities import Facilities
from echoes.plugins.discovery import known_backends
from echoes.plugins.loading import Backends, Selection, load

__all__ = ["Backends", "Facilities", "Selection", "known_backends", "load"]
