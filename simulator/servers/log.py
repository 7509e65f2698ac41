"""What all servers log in a stretch of time: the ordinary noise of a working network, and attacks. Pure."""

from collections.abc import Callable
from functools import lru_cache
from random import Random

from simulator.episodes import Episode, Episodes
from simulator.seeding import poisson, random_of
from simulator.servers.attacks import AUTH, BRUTE_FORCE, DAEMON, INFO, KINDS, LOCAL0, LONGEST, MALWARE, attack_lines
from simulator.servers.hosts import DMZ, HOSTS, Host, office
from simulator.servers.line import LogLine

MINUTE = 60
SECOND = 1_000_000
NOISE_PER_MINUTE = 18.0
ATTACKS_PER_DAY = 26.0
FIRST_ATTACK = (30, 80)
"""Seconds after the start at which a first brute force comes, so that nobody waits for one."""
FIRST_GRAVE = (240, 480)
"""The same of a first malware detection."""


class ServerLog:
    """The servers' log of a seed. `start` is when real time begins; what lies before is an archive."""

    def __init__(self, seed: int, start: int) -> None:
        self.start = start
        self._seed = seed
        self._attacks = Episodes(seed, "attacks", per_day=ATTACKS_PER_DAY, seconds=(1, LONGEST), kinds=KINDS)
        rng = random_of(seed, "first-attacks", start)
        firsts = ((BRUTE_FORCE, start + rng.randint(*FIRST_ATTACK)), (MALWARE, start + rng.randint(*FIRST_GRAVE)))
        self._firsts = tuple(Episode(start=at, end=at + LONGEST, kind=kind) for kind, at in firsts)
        self._noise = lru_cache(maxsize=4)(self._noise_of_minute)
        self._lines_of = lru_cache(maxsize=64)(self._lines_of_attack)

    def archive(self, start: int, end: int) -> list[LogLine]:
        """What an archive keeps of [start, end), in order: the gravest line of each attack, no noise."""
        lines = [self._lines_of(episode)[-1] for episode in self._attacks.between(start - LONGEST, end)]
        return _within(lines, start, end)

    def lines(self, start: int, end: int) -> list[LogLine]:
        """Every line of [start, end) (epoch seconds), in order."""
        minutes = range(start // MINUTE, (end - 1) // MINUTE + 1)
        lines = [line for minute in minutes for line in self._noise(minute)]
        attacks = [episode for episode in self._attacks.between(start - LONGEST, end) if episode.start >= self.start]
        for episode in (*self._firsts, *attacks):
            lines += self._lines_of(episode)
        return _within(lines, start, end)

    def _lines_of_attack(self, episode: Episode) -> tuple[LogLine, ...]:
        return tuple(attack_lines(self._seed, episode))

    def _noise_of_minute(self, minute: int) -> tuple[LogLine, ...]:
        rng = random_of(self._seed, "noise", minute)
        lines: list[LogLine] = []
        for _ in range(poisson(rng, NOISE_PER_MINUTE)):
            host = rng.choice(HOSTS)
            app, facility, say = rng.choice(_NOISE[host.role])
            at = minute * MINUTE * SECOND + rng.randrange(MINUTE * SECOND)
            lines.append(
                LogLine(
                    at=at,
                    host=host.name,
                    app=app,
                    pid=rng.randint(400, 32000),
                    facility=facility,
                    severity=INFO,
                    text=say(rng, host),
                    wire=host.wire,
                )
            )
        return tuple(lines)


def _within(lines: list[LogLine], start: int, end: int) -> list[LogLine]:
    return sorted((line for line in lines if start <= line.seconds < end), key=lambda line: line.at)


def _access(rng: Random, _: Host) -> str:
    page = rng.choice(("/", "/tin-tuc", "/thu-tuc-hanh-chinh", "/tra-cuu-ho-so", "/api/ho-so"))
    return f'{office(rng)} - - "GET {page} HTTP/1.1" 200 {rng.randint(900, 60000)} "-" "Mozilla/5.0"'


def _cron(rng: Random, _: Host) -> str:
    return (
        f"({rng.choice(('root', 'www-data'))}) CMD (/usr/local/bin/{rng.choice(('backup', 'rotate', 'sync'))} --quiet)"
    )


def _sign_in(rng: Random, _: Host) -> str:
    return f"Accepted publickey for vanhanh from {office(rng)} port {rng.randint(30000, 60999)} ssh2: ED25519"


def _service(rng: Random, _: Host) -> str:
    return f"Started {rng.choice(('logrotate', 'apt-daily', 'fstrim', 'certbot'))}.service."


def _mail(rng: Random, _: Host) -> str:
    return f"{rng.getrandbits(40):010X}: removed"


def _checkpoint(rng: Random, _: Host) -> str:
    return f"checkpoint complete: wrote {rng.randint(20, 4000)} buffers; sync=0.0{rng.randint(10, 99)} s"


def _passed(rng: Random, _: Host) -> str:
    server = f"{DMZ}{rng.randint(2, 60)}:443"
    return f"session closed: policy allow-web, {office(rng)} to {server}, {rng.randint(1, 900)} s"


def _statistics(rng: Random, _: Host) -> str:
    return f"stats: {rng.randint(10**5, 10**7)} packets, 0 dropped, {rng.randint(100, 4000)} flows"


_Noise = tuple[str, int, Callable[[Random, Host], str]]
_EVERYWHERE: tuple[_Noise, ...] = (
    ("CRON", 9, _cron),
    ("sshd", AUTH, _sign_in),
    ("systemd", DAEMON, _service),
)
_NOISE: dict[str, tuple[_Noise, ...]] = {
    "web": (("nginx", LOCAL0, _access), ("nginx", LOCAL0, _access), ("nginx", LOCAL0, _access), *_EVERYWHERE),
    "application": (("nginx", LOCAL0, _access), *_EVERYWHERE),
    "mail": (("postfix/qmgr", 2, _mail), ("postfix/qmgr", 2, _mail), *_EVERYWHERE),
    "database": (("postgres", LOCAL0, _checkpoint), *_EVERYWHERE),
    "firewall": (("fwd", LOCAL0, _passed),),
    "ids": (("suricata", LOCAL0, _statistics),),
}
