"""Bans of address ranges: rows in PostgreSQL, and what a worker knows of them, so that no request queries PostgreSQL."""

import ipaddress
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Self

import asyncpg
import structlog
from msgspec import Struct

from echoes.errors import Refused
from echoes.storage import audit
from echoes.storage.audit import Act
from echoes.storage.bans import FOREVER, Banned, until_text
from echoes.storage.database import Connection, Database
from echoes.storage.moderation import DoneAlready

log = structlog.get_logger()
MOST = 1000
"""Ranges that are banned at the same time."""
WIDEST = {4: 16, 6: 32}
"""The shortest prefix of a range, by version of the protocol: a wider one would keep out a whole provider."""
HOUSEHOLD = 64
"""The longest prefix of IPv6: a client's address is known as its network of 64 bits (`echoes.web.addresses`)."""
MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
"""Addresses of IPv4 as IPv6 writes them."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NoAddressBan(Refused):
    """There is no such ban."""

    def __init__(self) -> None:
        super().__init__("no_ban", "There is no such ban of addresses.", "It may be over; `echoes ops address-bans` lists those in force.")


class BadAddress(Refused):
    """The text is no address range that can be banned."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_address", message, "Write an address or a range such as 192.0.2.0/24 or 2001:db8::/48.")


class AddressBan(Struct, frozen=True):
    """A ban of an address range. `until` is in words, `at` UTC."""

    id: int
    network: str
    until: str
    notice: str
    operator: str
    at: str


def range_of(text: str) -> Network:
    """The range that a text means; a single IPv6 address means its network of 64 bits, one of IPv4 written as IPv6 that of IPv4.

    Raises `BadAddress`.
    """
    try:
        network = _as_known(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        raise BadAddress(f"{text.strip()!r} is no address and no range.") from None
    if network.prefixlen < WIDEST[network.version]:
        raise BadAddress(f"{network} is too wide: a range has a prefix of at least {WIDEST[network.version]} bits.")
    if network.version == 6 and network.prefixlen > HOUSEHOLD:
        return network.supernet(new_prefix=HOUSEHOLD)
    return network


def _as_known(network: Network) -> Network:
    """A range in the way in which clients are known: `::ffff:192.0.2.7` is 192.0.2.7."""
    if isinstance(network, ipaddress.IPv4Network):
        return network
    if MAPPED.subnet_of(network):
        raise BadAddress(f"{network} is too wide: it has all addresses of IPv4.")
    if network.subnet_of(MAPPED):
        return ipaddress.IPv4Network((int(network.network_address) % 2**32, network.prefixlen - MAPPED.prefixlen))
    return network


def single_of(text: str) -> str:
    """The one address that a text means, as it is kept with a session: of IPv4, or a network of 64 bits. Raises `BadAddress` for a range."""
    network = range_of(text)
    if network.version == 4 and network.prefixlen == 32:
        return str(network.network_address)
    if network.version == 6 and network.prefixlen == HOUSEHOLD:
        return str(network)
    raise BadAddress(f"{network} is a range, and players are looked for by one address.")


LIST = """
select id, network::text as network, until, notice, operator, to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at
  from address_bans where until > extract(epoch from clock_timestamp()) order by id desc
"""


async def add(database: Database, network: Network, seconds: float | None, notice: str, act: Act) -> AddressBan:
    """Ban a range for some seconds, or for good (None). Refuses one that is banned, and one too many. Bans that are over are removed."""
    async with database.transaction("address.ban") as connection:
        await connection.execute("update world set address_bans = address_bans + 1")
        now: float = await connection.fetchval("select extract(epoch from clock_timestamp())::double precision")
        await connection.execute("delete from address_bans where until <= $1", now)
        known = await connection.fetchrow("select until, operator, notice from address_bans where network = $1", network)
        if known is not None:
            raise DoneAlready(
                f"{network} is banned {until_text(known['until'])}, by {known['operator']}: {known['notice']}",
                "To change a ban, end it first.",
            )
        if await connection.fetchval("select count(*) from address_bans") >= MOST:
            raise Refused("too_many", f"{MOST} ranges are banned already.", "End bans that are no longer needed, or ban one wider range.")
        until = FOREVER if seconds is None else now + seconds
        row = await connection.fetchrow(
            "insert into address_bans (network, until, notice, operator) values ($1, $2, $3, $4)"
            " returning id, to_char(at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as at",
            network, until, notice, act.operator,
        )  # fmt: skip
        assert row is not None  # noqa: S101 - an insert returns its row
        await audit.enter(connection, act, network=str(network), until=until_text(until), notice=notice)
    return AddressBan(row["id"], str(network), until_text(until), notice, act.operator, row["at"])


async def end(database: Database, ban_id: int, act: Act) -> str:
    """End a ban, and return its range. Raises `NoAddressBan`."""
    async with database.transaction("address.unban") as connection:
        await connection.execute("update world set address_bans = address_bans + 1")
        row = await connection.fetchrow("delete from address_bans where id = $1 returning network::text as network, notice", ban_id)
        if row is None:
            raise NoAddressBan
        await audit.enter(connection, act, network=row["network"], notice=row["notice"])
    return str(row["network"])


async def in_force(database: Database) -> Sequence[AddressBan]:
    """Return the bans in force, newest first."""
    rows = await database.rows("address.bans", LIST)
    return [AddressBan(**{**dict(row), "until": until_text(row["until"])}) for row in rows]


class _Ban(Struct, frozen=True):
    """A ban as a worker remembers it: until when, by the worker's monotonic clock."""

    over: float
    until: float
    notice: str


End = Callable[[Banned], None]


class AddressBans:
    """The bans that this worker knows. The world poll has it read them again when they have changed."""

    column = "address_bans"
    """The column of `world` that grows with each change."""

    def __init__(self) -> None:
        self._number = -1
        self._by_prefix: dict[tuple[int, int], dict[int, _Ban]] = {}
        """By version and length of the prefix: its bits, and the ban. So a look-up takes one step for each length in use."""
        self._watched: dict[str, dict[object, End]] = {}

    @classmethod
    async def known(cls, database: Database) -> Self:
        """Read the bans before this worker serves its first client."""
        found = cls()
        async with database.transaction("address.known") as connection:
            await found.read(connection, await connection.fetchval("select address_bans from world"))
        return found

    def ban_of(self, address: str | None) -> Banned | None:
        """The refusal of a client from this address (`echoes.web.addresses`); None where there is none, or the address is not known."""
        if not self._by_prefix or not address:
            return None
        try:
            network = ipaddress.ip_network(address)
        except ValueError:
            return None
        bits, now = int(network.network_address), time.monotonic()
        for (version, length), bans in self._by_prefix.items():
            if version == network.version and length <= network.prefixlen:
                ban = bans.get(bits >> (network.max_prefixlen - length))
                if ban is not None and ban.over > now:
                    return Banned(ban.until, ban.notice, "Your network is")
        return None

    def require(self, address: str | None) -> None:
        """Raise `Banned` for a client from a banned range."""
        if (banned := self.ban_of(address)) is not None:
            raise banned

    @contextmanager
    def watched(self, address: str, end: End) -> Iterator[None]:
        """Call `end`, once, when the address is banned while the body runs."""
        key = object()
        self._watched.setdefault(address, {})[key] = end
        try:
            yield
        finally:
            here = self._watched.get(address, {})
            here.pop(key, None)
            if not here:
                self._watched.pop(address, None)

    async def read(self, connection: "Connection | asyncpg.Connection[asyncpg.Record]", number: int) -> None:
        """Read the bans again when `number` is not the one of before, and end the connections from banned ranges."""
        if number == self._number:
            return
        rows = await connection.fetch(
            "select network, until, notice, until - extract(epoch from clock_timestamp())::double precision as left from address_bans"
        )
        self._number = number
        self._by_prefix = {}
        for row in rows:
            network, ban = row["network"], _Ban(time.monotonic() + row["left"], row["until"], row["notice"])
            bits = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
            self._by_prefix.setdefault((network.version, network.prefixlen), {})[bits] = ban
        for address in list(self._watched):
            if (banned := self.ban_of(address)) is not None:
                ended = self._watched.pop(address)
                for end_one in ended.values():
                    end_one(banned)
                log.info("address.ended", connections=len(ended))
