"""Which source an address belongs to."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from zoneinfo import ZoneInfo

from ingest.source_entries import SyslogSource
from ingest.syslog.security import LineReader

_REMEMBERED = 10_000


class Senders:
    """The syslog sources by address; the longest prefix wins."""

    def __init__(self, sources: Iterable[SyslogSource], *, zone: ZoneInfo, kept_for: timedelta) -> None:
        self._networks: list[tuple[IPv4Network | IPv6Network, LineReader]] = []
        for source in sources:
            reader = LineReader(source, ZoneInfo(source.timezone) if source.timezone else zone, kept_for)
            self._networks += [(network, reader) for network in source.networks]
        self._networks.sort(key=lambda item: item[0].prefixlen, reverse=True)
        self._known: OrderedDict[str, LineReader | None] = OrderedDict()

    def reader(self, address: str) -> LineReader | None:
        """The reader of the source that sends from `address`; None when it belongs to none."""
        if address in self._known:
            return self._known[address]
        found = self._find(address)
        self._known[address] = found
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found

    def _find(self, address: str) -> LineReader | None:
        try:
            ip = ip_address(address.partition("%")[0])
        except ValueError:
            return None
        if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        return next((reader for network, reader in self._networks if ip in network), None)
