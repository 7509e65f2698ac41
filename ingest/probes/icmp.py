"""Sends echo requests: does the host answer?"""

from collections.abc import Awaitable, Callable

from icmplib.exceptions import ICMPLibError, NameLookupError, SocketPermissionError
from icmplib.models import Host
from icmplib.ping import async_ping

from ingest.probes.outcome import Outcome, ProbeFailure, ProbeNotPermitted, Stopwatch
from ingest.targets import IcmpTarget

_SPACING = 0.2
_send: Callable[..., Awaitable[Host]] = async_ping


async def probe_icmp(target: IcmpTarget, watch: Stopwatch) -> Outcome:
    """Phase: rtt, the mean of the answers. Raises: ProbeFailure, ProbeNotPermitted, OSError."""
    try:
        answer = await _ping(target)
    except NameLookupError as error:
        raise ProbeFailure(f"không phân giải được tên {target.host}") from error
    except ICMPLibError as error:
        raise ProbeFailure(f"không gửi được gói ICMP: {error}") from error
    if answer.packets_received == 0:
        raise ProbeFailure(f"không trả lời {answer.packets_sent} gói ICMP")
    seconds = answer.avg_rtt / 1000
    return Outcome(success=True, duration_seconds=seconds, phases={**watch.phases, "rtt": seconds})


async def _ping(target: IcmpTarget) -> Host:
    """Without privileges where the host lets every user ping, else with them."""
    for privileged in (False, True):
        try:
            return await _send(target.host, count=target.count, interval=_SPACING, timeout=2, privileged=privileged)
        except SocketPermissionError:
            continue
    raise ProbeNotPermitted("neither net.ipv4.ping_group_range nor CAP_NET_RAW lets this user send ICMP")
