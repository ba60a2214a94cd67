"""The client address of a request. Only a trusted proxy may name another address than the connection's own."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

import structlog

from echoes.settings import listed

log = structlog.get_logger()
UNREADABLE = "unreadable"
"""The one address for all clients whose trusted proxy names no readable address."""


class Addresses:
    """Knows the trusted proxies, and reads what they say."""

    def __init__(self, trusted: str) -> None:
        self._networks = [ipaddress.ip_network(one, strict=False) for one in listed(trusted)]
        self._warned = False

    def trusts(self, host: str | None) -> bool:
        """Whether a peer is one of the proxies; None is a peer on a Unix socket, which only this machine's own accounts can reach."""
        if host is None:
            return True
        try:
            address = _readable(host)
        except ValueError:
            return False
        return any(address in network for network in self._networks if network.version == address.version)

    def of(self, scope: Mapping[str, Any]) -> str | None:
        """The client's address; of IPv6 the network of 64 bits that one household has. None: a trusted peer that asks for itself."""
        peer = scope["client"][0] if scope.get("client") else None
        forwarded = list(_listed(scope, b"x-forwarded-for"))
        if not self.trusts(peer):
            self._warn(peer, said=bool(forwarded))
            return household(str(peer))
        for host in reversed(forwarded):
            if not self.trusts(without_port(host)):
                return household(without_port(host))
        return None

    def secure(self, scope: Mapping[str, Any]) -> bool:
        """Whether the client speaks TLS, with us or with a trusted proxy."""
        if scope.get("scheme") in {"https", "wss"}:
            return True
        peer = scope["client"][0] if scope.get("client") else None
        said = list(_listed(scope, b"x-forwarded-proto"))
        return bool(said) and said[-1].casefold() in {"https", "wss"} and self.trusts(peer)

    def _warn(self, peer: str | None, *, said: bool) -> None:
        if said and not self._warned:
            self._warned = True
            log.warning(
                "proxy.untrusted", peer=peer, hint="if this is your proxy, name it in ECHOES_TRUSTED_PROXIES; else nothing is wrong"
            )


def household(host: str) -> str:
    """Return the unit by which connections and attempts are counted: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        address = _readable(host)
    except ValueError:
        return UNREADABLE
    return str(address) if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))


def without_port(host: str) -> str:
    """An address as some proxies write it, `1.2.3.4:5678` or `[2001:db8::1]:5678`, without the port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host


def _readable(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(host)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _listed(scope: Mapping[str, Any], wanted: bytes) -> Iterator[str]:
    for name, value in scope["headers"]:
        if name == wanted:
            yield from listed(value.decode("latin-1"))
