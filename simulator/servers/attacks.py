"""What attacks leave in the logs of the hosts that they hit. Pure."""

from collections.abc import Callable
from random import Random

from simulator.episodes import Episode
from simulator.seeding import random_of
from simulator.servers.hosts import DMZ, FIREWALLS, SENSOR, SERVERS, WEB_SERVERS, Host, attacker, office
from simulator.servers.line import LogLine

AUTH, DAEMON, LOCAL0, KERNEL = 4, 3, 16, 0
CRITICAL, ERROR, WARNING, NOTICE, INFO = 2, 3, 4, 5, 6
SECOND = 1_000_000

BRUTE_FORCE = "brute-force"
MALWARE = "malware"
KINDS = {BRUTE_FORCE: 0.36, "crawl": 0.30, "scan": 0.27, MALWARE: 0.03, "injection": 0.02, "intrusion": 0.02}
"""Attacks and how often each is chosen: what everybody's servers see all day, and now and then something grave."""
LONGEST = 90
"""Seconds that an attack lasts at most."""

_USERS = ("root", "admin", "oracle", "postgres", "test", "ubuntu", "backup", "quantri")
_CRAWLED = ("/wp-login.php", "/.env", "/phpmyadmin/", "/.git/config", "/backup.zip", "/admin/")
_INJECTED = (
    "/index.php?id=1%27%20UNION%20SELECT%201,2,3--",
    "/admin/../../../../etc/passwd",
    "/search?q=%3Cscript%3Ealert(1)%3C/script%3E",
)
_RULES = (
    ("942100", "SQL Injection Attack Detected via libinjection"),
    ("930120", "OS File Access Attempt"),
    ("941100", "XSS Attack Detected via libinjection"),
    ("932160", "Remote Command Execution: Unix Shell Code Found"),
)
_SAMPLES = ("Win.Trojan.Agent-6443", "Php.Webshell.Generic-9852", "Eicar-Test-Signature", "Win.Ransomware.Locky-7766")
_SIGNATURES = (
    (
        "2024897",
        "ET EXPLOIT Possible Apache Struts OGNL Expression Injection",
        "Attempted Administrator Privilege Gain",
    ),
    ("2025644", "ET MALWARE Possible Cobalt Strike Beacon Activity", "A Network Trojan was detected"),
    ("2031502", "ET EXPLOIT Possible Log4j RCE Attempt", "Attempted Administrator Privilege Gain"),
)


def attack_lines(seed: int, episode: Episode) -> list[LogLine]:
    """Return what one attack leaves in the logs, in order; the gravest line is the last."""
    rng = random_of(seed, "attack", episode.start, episode.kind)
    return _LINES[episode.kind](rng, episode.start * SECOND)


def _brute_force(rng: Random, at: int) -> list[LogLine]:
    host, source = rng.choice(SERVERS), attacker(rng)
    lines: list[LogLine] = []
    for _ in range(rng.randint(24, 60)):
        at += int(rng.uniform(0.3, 1.3) * SECOND)
        user = rng.choice(_USERS)
        known = "" if user in {"root", "backup"} else "invalid user "
        text = f"Failed password for {known}{user} from {source} port {rng.randint(30000, 60999)} ssh2"
        lines.append(_line(rng, host, at, "sshd", AUTH, INFO, text))
    at += SECOND
    text = (
        f"error: maximum authentication attempts exceeded for root from {source} port {rng.randint(30000, 60999)} ssh2"
    )
    lines.append(_line(rng, host, at, "sshd", AUTH, ERROR, f"{text} [preauth]"))
    return lines


def _crawl(rng: Random, at: int) -> list[LogLine]:
    host, source = rng.choice(WEB_SERVERS), attacker(rng)
    lines: list[LogLine] = []
    for _ in range(rng.randint(6, 16)):
        at += int(rng.uniform(0.2, 3.0) * SECOND)
        lines.append(_request(rng, host, at, source, rng.choice(_CRAWLED)))
    return lines


def _injection(rng: Random, at: int) -> list[LogLine]:
    host, source = rng.choice(WEB_SERVERS), attacker(rng)
    lines: list[LogLine] = []
    for path in rng.sample(_INJECTED, 2):
        at += int(rng.uniform(0.5, 3.0) * SECOND)
        lines.append(_request(rng, host, at, source, path))
    lines.append(_modsecurity(rng, host, at + SECOND, source, path))
    return lines


def _request(rng: Random, host: Host, at: int, source: str, path: str) -> LogLine:
    text = f'{source} - - "GET {path} HTTP/1.1" {rng.choice((403, 404))} {rng.randint(150, 900)} "-" "Nikto/2.5"'
    return _line(rng, host, at, "nginx", LOCAL0, NOTICE, text)


def _modsecurity(rng: Random, host: Host, at: int, source: str, path: str) -> LogLine:
    rule, message = rng.choice(_RULES)
    text = (
        f'ModSecurity: Access denied with code 403 (phase 2). [id "{rule}"] [msg "{message}"] [severity "CRITICAL"] '
        f'[client {source}] [uri "{path}"] [unique_id "{rng.getrandbits(64):016x}"]'
    )
    return _line(rng, host, at, "modsecurity", LOCAL0, WARNING, text)


def _scan(rng: Random, at: int) -> list[LogLine]:
    host, source, target = rng.choice(FIREWALLS), attacker(rng), DMZ + str(rng.randint(2, 60))
    lines: list[LogLine] = []
    for _ in range(rng.randint(10, 30)):
        at += int(rng.uniform(0.1, 1.5) * SECOND)
        port = rng.choice((22, 23, 25, 80, 443, 445, 1433, 3306, 3389, 5432, 8080))
        text = (
            f"[UFW BLOCK] IN=eth0 OUT= SRC={source} DST={target} LEN=44 TTL=241 ID={rng.randint(1, 65535)} "
            f"PROTO=TCP SPT={rng.randint(30000, 60999)} DPT={port} WINDOW=1024 SYN"
        )
        lines.append(_line(rng, host, at, "kernel", KERNEL, WARNING, text))
    return lines


def _malware(rng: Random, at: int) -> list[LogLine]:
    host, name = rng.choice(SERVERS), rng.choice(_SAMPLES)
    path = f"/var/www/uploads/{rng.getrandbits(32):08x}.php"
    return [_line(rng, host, at, "clamd", DAEMON, CRITICAL, f"{path}: {name} FOUND")]


def _intrusion(rng: Random, at: int) -> list[LogLine]:
    number, message, kind = rng.choice(_SIGNATURES)
    source, target = attacker(rng), office(rng)
    text = (
        f"[1:{number}:{rng.randint(1, 9)}] {message} [Classification: {kind}] [Priority: 1] "
        f"{{TCP}} {source}:{rng.randint(30000, 60999)} -> {target}:{rng.choice((80, 443, 8080))}"
    )
    return [_line(rng, SENSOR, at, "suricata", LOCAL0, CRITICAL, text)]


def _line(rng: Random, host: Host, at: int, app: str, facility: int, severity: int, text: str) -> LogLine:
    return LogLine(
        at=at,
        host=host.name,
        app=app,
        pid=rng.randint(400, 32000),
        facility=facility,
        severity=severity,
        text=text,
        wire=host.wire,
    )


_LINES: dict[str, Callable[[Random, int], list[LogLine]]] = {
    BRUTE_FORCE: _brute_force,
    "crawl": _crawl,
    "scan": _scan,
    MALWARE: _malware,
    "injection": _injection,
    "intrusion": _intrusion,
}
