"""Echoes of the Ashes: a multiplayer text RPG, and a plain example of a server with swappable backends."""

import pluggy

hookimpl = pluggy.HookimplMarker("echoes")
"""Marks a plugin's implementation of one of the hooks in `echoes.hookspecs`."""

__version__ = "0.1.0"
__all__ = ["__version__", "hookimpl"]
