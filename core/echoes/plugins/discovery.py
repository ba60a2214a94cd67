"""The names that installed distributions offer, found without an import of any."""

import difflib
import importlib.metadata
import re
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint

from msgspec import Struct

from echoes.errors import PluginError

BACKENDS = "echoes.backends"
EXTENSIONS = "echoes.plugins"


class Offer(Struct, frozen=True):
    """One name in one of the groups, and the distribution that offers it."""

    name: str
    distribution: str
    """Name and version, for an operator to read."""
    entry_point: EntryPoint


def known_backends(path: Sequence[str] | None = None) -> list[str]:
    """Names offered in the group `echoes.backends`, sorted; nothing is imported."""
    return sorted({offer.name for offer in offers(BACKENDS, path)})


def offers(group: str, path: Sequence[str] | None = None) -> list[Offer]:
    """Return the offers in `group` of the distributions on `path` (None: `sys.path`), in the order in which Python finds them.

    A distribution that is found twice counts once, as for imports.
    """
    where = sys.path if path is None else list(path)
    found: list[Offer] = []
    seen: set[str] = set()
    for distribution in importlib.metadata.distributions(path=where):
        if not distribution.entry_points.select(group=group):
            continue  # its metadata is not read: an environment may have hundreds of distributions
        name = distribution.metadata["Name"]
        if name is None or (normal := re.sub(r"[-_.]+", "-", name).lower()) in seen:
            continue
        seen.add(normal)
        first = next(iter(importlib.metadata.distributions(name=name, path=where)))
        offered = first.entry_points.select(group=group)
        found.extend(Offer(entry_point.name, f"{name} {first.version}", entry_point) for entry_point in offered)
    return found


def choose(name: str, offered: Iterable[Offer], *, kind: str) -> Offer:
    """The one offer of this name. Raises `PluginError` when there is none (suggesting the nearest) or more than one."""
    offered = list(offered)
    matches = [offer for offer in offered if offer.name == name]
    if not matches:
        known = sorted({offer.name for offer in offered})
        raise PluginError(f"unknown {kind} {name!r}; known: {', '.join(known) or 'none'}{nearest(name, known)}")
    if len(matches) > 1:
        rivals = " and ".join(offer.distribution for offer in matches)
        raise PluginError(f"two distributions offer the {kind} {name!r}: {rivals}; uninstall one of them")
    return matches[0]


def nearest(name: str, known: Iterable[str]) -> str:
    """A suggestion to append to an error, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f". Did you mean {close[0]!r}?" if close else ""
