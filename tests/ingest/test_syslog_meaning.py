"""What log lines mean for security: real lines of each kind, and hostile ones."""

from datetime import UTC, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest

from ingest.source_entries import SyslogSource
from ingest.syslog.classify import classify
from ingest.syslog.framing import MAX_FRAME
from ingest.syslog.message import parse_message
from ingest.syslog.security import LineReader

NOW = datetime(2026, 1, 1, 0, 5, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "<38>Jan  1 07:04:00 h sshd[1]: Failed password for root from 203.0.113.9 port 52110 ssh2",
            ("authentication", "failure", "ssh-failed-root", "203.0.113.9", "root", 55),
            id="sshd: root refused",
        ),
        pytest.param(
            "<38>Jan  1 07:04:00 h sshd-session[1]: Failed password for invalid user admin from 2001:db8::1 port 5",
            ("authentication", "failure", "ssh-failed-invalid-user", "2001:db8::1", "admin", 50),
            id="sshd: nobody's name, over IPv6",
        ),
        pytest.param(
            "<38>Jan  1 07:04:00 h sshd[1]: Accepted publickey for deploy from 10.0.0.5 port 5 ssh2: ED25519 SHA256:x",
            ("authentication", "success", "ssh-login", "10.0.0.5", "deploy", 10),
            id="sshd: let in",
        ),
        pytest.param(
            "<38>Jan  1 07:04:00 h sshd[1]: Invalid user  from 203.0.113.9 port 5",
            ("authentication", "unknown", "ssh-invalid-user", "203.0.113.9", None, 30),
            id="sshd: an empty name",
        ),
        pytest.param(
            "<38>Jan  1 07:04:00 h sshd[1]: pam_unix(sshd:auth): authentication failure; logname= uid=0 rhost=1.2.3.4",
            ("host", None, None, None, None, 5),
            id="pam beside sshd is not counted twice",
        ),
        pytest.param(
            "<38>Jan  1 07:04:00 h login[1]: pam_unix(login:auth): authentication failure; tty=tty1 rhost=  user=an",
            ("authentication", "failure", "login-failed", None, "an", 40),
            id="pam: a console login refused",
        ),
        pytest.param(
            "<85>Jan  1 07:04:00 h sudo:   bob : user NOT in sudoers ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
            ("iam", "failure", "sudo-refused", None, "bob", 65),
            id="sudo refused",
        ),
        pytest.param(
            "<85>Jan  1 07:04:00 h sudo:   an : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/apt update",
            ("process", "success", "sudo", None, "an", 20),
            id="sudo used",
        ),
        pytest.param(
            "<86>Jan  1 07:04:00 h usermod[3]: add 'eve' to group 'sudo'",
            ("iam", "success", "admin-group-grant", None, "eve", 70),
            id="somebody became an administrator",
        ),
        pytest.param(
            "<4>Jan  1 07:04:00 h kernel: [UFW BLOCK] IN=eth0 OUT= MAC=00 SRC=198.51.100.7 DST=10.0.0.1 DPT=22",
            ("network", "failure", "firewall-denied", "198.51.100.7", None, 20),
            id="ufw",
        ),
        pytest.param(
            '<189>date=2026-01-01 devname="FG" type="traffic" srcip=198.51.100.7 dstip=10.0.0.1 action="deny"',
            ("network", "failure", "firewall-denied", "198.51.100.7", None, 20),
            id="FortiGate",
        ),
        pytest.param(
            '<185>date=2026-01-01 subtype="ips" srcip=198.51.100.7 attack="Apache.Log4j.RCE" action="dropped"',
            ("intrusion_detection", "unknown", "Apache.Log4j.RCE", "198.51.100.7", None, 80),
            id="FortiGate IPS",
        ),
        pytest.param(
            "<164>%ASA-4-106023: Deny tcp src outside:198.51.100.7/5500 dst inside:10.0.0.1/22 by access-group",
            ("network", "failure", "firewall-denied", "198.51.100.7", None, 20),
            id="Cisco ASA",
        ),
        pytest.param(
            "<33>Jan  1 07:04:00 ids suricata[9]: [1:2024897:2] ET MALWARE Zeus [Classification: A Network Trojan was "
            "detected] [Priority: 1] {TCP} 198.51.100.7:4444 -> 10.0.0.9:80",
            ("intrusion_detection", "unknown", "ET MALWARE Zeus", "198.51.100.7", None, 90),
            id="Suricata",
        ),
        pytest.param(
            "<33>Jan  1 07:04:00 ids snort: [1:1000001:0] SCAN nmap XMAS [Classification: Attempted Information Leak] "
            "[Priority: 2]: {TCP} 198.51.100.7:4444 -> 10.0.0.9:80",
            ("intrusion_detection", "unknown", "SCAN nmap XMAS", "198.51.100.7", None, 65),
            id="Snort",
        ),
        pytest.param(
            "<22>Jan  1 07:04:00 mail clamd[7]: /var/spool/x.eml: Win.Test.EICAR_HDB-1 FOUND",
            ("malware", "unknown", "Win.Test.EICAR_HDB-1", None, None, 90),
            id="ClamAV",
        ),
        pytest.param(
            '<190>Jan  1 07:04:00 web nginx: 203.0.113.9 - - [x] "GET /?id=1%20UNION%20SELECT%201 HTTP/1.1" 200 5',
            ("web", "unknown", "web-sql-injection", "203.0.113.9", None, 75),
            id="SQL injection in an access log",
        ),
        pytest.param(
            '<190>Jan  1 07:04:00 web nginx: 203.0.113.9 - - [x] "GET /../../../etc/passwd HTTP/1.1" 400 5',
            ("web", "unknown", "web-path-traversal", "203.0.113.9", None, 70),
            id="path traversal",
        ),
        pytest.param(
            "<187>Jan  1 07:04:00 web httpd: [pid 3] [client 203.0.113.9:5123] ModSecurity: Access denied "
            'with code 403 (phase 2). [id "942100"] [msg "SQL Injection Attack Detected"]',
            ("web", "failure", "SQL Injection Attack Detected", "203.0.113.9", None, 70),
            id="ModSecurity",
        ),
        pytest.param(
            "<13>Jan  1 07:04:00 waf CEF:0|Imperva|WAF|1|77|Brute \\| login|8|src=203.0.113.9 suser=an act=Block",
            ("authentication", "failure", "Brute | login", "203.0.113.9", "an", 80),
            id="CEF",
        ),
        pytest.param(
            "<3>Jan  1 07:04:00 h smartd[1]: disk fails",
            ("host", None, None, None, None, 45),
            id="an error of the host",
        ),
        pytest.param("<30>Jan  1 07:04:00 h cron: ok", ("host", None, None, None, None, 5), id="an everyday line"),
    ],
)
def test_meanings(text: str, expected: tuple[object, ...]) -> None:
    found = classify(parse_message(text.encode(), received_at=NOW, zone=ZONE))
    assert (found.category, found.outcome, found.rule, found.source_ip, found.user, found.severity) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x " * 8000, id="spaces"),
        pytest.param("GET " + "../" * 5000, id="dots"),
        pytest.param("union " * 2500 + "select", id="a word again and again"),
        pytest.param("srcip=1 " * 1000 + 'action="', id="nearly a firewall's line"),
        pytest.param("CEF:0|" + "\\|" * 4000, id="nearly CEF"),
        pytest.param("[1:1:1] " + "a [priority: " * 900, id="nearly an IDS's line"),
        pytest.param("malware " * 1500, id="malware, found nowhere"),
        pytest.param("block src=" + "deny " * 2000, id="nearly a denial"),
        pytest.param("<1>1 " + '[a b="' * 3000, id="nearly structured data"),
    ],
)
def test_hostile_lines_take_no_time(text: str) -> None:
    source = SyslogSource(name="devices", title="x", kind="syslog", addresses=("127.0.0.1",))
    reader = LineReader(source, ZONE, timedelta(days=365))
    began = perf_counter()
    reader.read(text.encode()[:MAX_FRAME], "1", NOW, host=None)
    assert perf_counter() - began < 0.25
