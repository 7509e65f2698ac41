"""Looks at a TLS port: when does its certificate expire, and can it be trusted?"""

import ssl

from ingest.probes.certificate import not_after
from ingest.probes.network import connect, look_at_certificate, peer_certificate, tls_context, why_untrusted
from ingest.probes.outcome import Outcome, Stopwatch
from ingest.targets import TlsTarget


async def probe_tls(target: TlsTarget, watch: Stopwatch) -> Outcome:
    """Phases: resolve, connect, tls. Raises: ProbeFailure, OSError."""
    name = target.server_name or target.host
    context = tls_context(verify=target.verify_tls, ca_file=target.ca_file)
    _, writer = await connect(target.host, target.port, watch)
    try:
        with watch.phase("tls"):
            await writer.start_tls(context, server_hostname=name)
        certificate = peer_certificate(writer) or b""
    except ssl.SSLCertVerificationError as error:
        seen = await look_at_certificate(target.host, target.port, name, Stopwatch())
        return watch.failure(why_untrusted(error), certificate_not_after=not_after(seen))
    finally:
        writer.transport.abort()
    return Outcome(
        success=True,
        duration_seconds=watch.seconds,
        phases=watch.phases,
        certificate_not_after=not_after(certificate),
    )
