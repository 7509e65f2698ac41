"""The hosts whose logs are simulated. Their addresses are private; attackers come from documentation networks."""

from random import Random

from msgspec import Struct

from simulator.servers.line import Wire


class Host(Struct, frozen=True):
    """One machine: what it is decides what it logs and who attacks it."""

    name: str
    role: str  # web, application, mail, database, firewall, ids
    wire: Wire


HOSTS = (
    Host("web-portal-01", "web", Wire.TCP_5424),
    Host("web-portal-02", "web", Wire.TCP_5424),
    Host("igate-app-01", "application", Wire.TCP_5424),
    Host("igate-app-02", "application", Wire.TCP_5424),
    Host("igate-db-01", "database", Wire.TCP_5424),
    Host("idesk-app-01", "application", Wire.TCP_5424),
    Host("imail-01", "mail", Wire.TCP_5424),
    Host("imail-02", "mail", Wire.TCP_3164),
    Host("vilis-app-01", "application", Wire.TCP_3164),
    Host("ecabinet-01", "application", Wire.TCP_5424),
    Host("fw-core-01", "firewall", Wire.UDP_3164),
    Host("fw-dmz-01", "firewall", Wire.UDP_3164),
    Host("ids-01", "ids", Wire.UDP_3164),
)
SERVERS = tuple(host for host in HOSTS if host.role not in {"firewall", "ids"})
WEB_SERVERS = tuple(host for host in HOSTS if host.role in {"web", "application"})
FIREWALLS = tuple(host for host in HOSTS if host.role == "firewall")
SENSOR = HOSTS[-1]

DMZ = "10.66.10."
OFFICES = "10.66.20."


def attacker(rng: Random) -> str:
    """An address of a network that is kept for documentation (RFC 5737)."""
    return rng.choice(("203.0.113.", "198.51.100.")) + str(rng.randint(2, 254))


def office(rng: Random) -> str:
    """An address inside the province's network."""
    return OFFICES + str(rng.randint(2, 254))
