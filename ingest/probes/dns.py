"""Looks a name up: does the resolver answer, and with what is expected?"""

import dns.asyncresolver
import dns.exception
import dns.resolver

from ingest.probes.outcome import Outcome, ProbeFailure, Stopwatch
from ingest.targets import DnsTarget

_FILE = "/etc/resolv.conf"


async def probe_dns(target: DnsTarget, watch: Stopwatch) -> Outcome:
    """Phase: resolve. Raises: ProbeFailure, OSError."""
    try:
        resolver = dns.asyncresolver.Resolver(_FILE, configure=target.server is None)
        if target.server is not None:
            resolver.nameservers = [target.server]
            resolver.port = target.port
        with watch.phase("resolve"):
            answer = await resolver.resolve(target.query, target.record, search=False, lifetime=60.0)
    except dns.resolver.NXDOMAIN as error:
        raise ProbeFailure(f"tên {target.query} không tồn tại") from error
    except dns.resolver.NoAnswer as error:
        raise ProbeFailure(f"tên {target.query} không có bản ghi {target.record}") from error
    except dns.resolver.NoResolverConfiguration as error:
        raise ProbeFailure("máy này không có máy chủ phân giải tên") from error
    except dns.exception.DNSException as error:
        raise ProbeFailure(f"máy chủ phân giải tên không trả lời: {error}") from error
    found = sorted(record.to_text().strip('"').rstrip(".") for record in answer)
    if target.answers and not {one.rstrip(".") for one in target.answers} & set(found):
        raise ProbeFailure(f"tên {target.query} cho {', '.join(found)[:200]}, không như mong đợi")
    return Outcome(success=True, duration_seconds=watch.seconds, phases=watch.phases)
