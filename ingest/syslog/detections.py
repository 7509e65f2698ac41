"""The table of what log lines mean for security, in Elastic Common Schema words."""

import re
from typing import Literal

from msgspec import Struct

Outcome = Literal["success", "failure", "unknown"]

IP = r"(?P<ip>[0-9A-Fa-f.:]{3,45})"
USER = r"(?P<user>\S{1,100})"
METHOD = r"[\w/-]{1,40}"
GAP = r"(?:\s|%20|\+)"
EVIL = r"(?:malware|trojan|ransomware|virus|backdoor|rootkit)"
CAUGHT = r"(?:detected|found|blocked|quarantined|infected)"


class Meaning(Struct, frozen=True):
    """ECS `event.category`, `event.action`, `event.outcome`."""

    category: str
    action: str
    outcome: Outcome


class Detection(Struct, frozen=True):
    """One kind of line. `pattern` may name the groups ip, user, rule and priority.

    `needles`: lower-case texts, one of which every such line contains; the pattern is tried only then. `programs`:
    beginnings of the names of the programs that write it; none: any.
    """

    rule: str
    meaning: Meaning
    severity: int
    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    programs: tuple[str, ...] = ()


LOGIN_FAILED = Meaning("authentication", "ssh_login", "failure")
LOGIN_DONE = Meaning("authentication", "ssh_login", "success")
SUDO = Meaning("process", "sudo", "success")
PASSWORD = Meaning("iam", "password_changed", "success")
USER_CREATED = Meaning("iam", "user_created", "success")
USER_DELETED = Meaning("iam", "user_deleted", "success")
PRIVILEGE = Meaning("iam", "privilege_escalation", "failure")
MALWARE = Meaning("malware", "malware_found", "unknown")
WEB = Meaning("web", "web_attack", "unknown")
DENIED = Meaning("network", "firewall_denied", "failure")

SSH = ("sshd",)
ANTIVIRUS = ("clamd", "clamav", "clamscan", "freshclam", "amavis")


def _line(
    rule: str,
    meaning: Meaning,
    severity: int,
    needles: tuple[str, ...],
    pattern: str,
    programs: tuple[str, ...] = (),
) -> Detection:
    return Detection(rule, meaning, severity, needles, re.compile(pattern, re.IGNORECASE), programs)


_ACCOUNTS = (
    _line(
        "ssh-failed-invalid-user",
        LOGIN_FAILED,
        50,
        ("failed ",),
        rf"Failed {METHOD} for (?:invalid|illegal) user (?P<user>\S{{0,100}}) ?from {IP}",
        SSH,
    ),
    _line("ssh-failed-root", LOGIN_FAILED, 55, ("for root",), rf"Failed {METHOD} for (?P<user>root) from {IP}", SSH),
    _line("ssh-failed", LOGIN_FAILED, 45, ("failed ",), rf"Failed {METHOD} for {USER} from {IP}", SSH),
    _line("ssh-root-login", LOGIN_DONE, 40, ("for root",), rf"Accepted {METHOD} for (?P<user>root) from {IP}", SSH),
    _line("ssh-login", LOGIN_DONE, 10, ("accepted ",), rf"Accepted {METHOD} for {USER} from {IP}", SSH),
    _line(
        "ssh-too-many-failures",
        LOGIN_FAILED,
        60,
        ("maximum authentication",),
        rf"maximum authentication attempts exceeded for (?:invalid user )?{USER} from {IP}",
        SSH,
    ),
    # Comes beside "Failed password for invalid user", so it is no failure of its own.
    _line(
        "ssh-invalid-user",
        Meaning("authentication", "ssh_invalid_user", "unknown"),
        30,
        ("invalid user",),
        rf"Invalid user (?P<user>\S{{0,100}}) ?from {IP}",
        SSH,
    ),
    _line(
        "ssh-scan",
        Meaning("network", "ssh_scan", "unknown"),
        35,
        ("did not receive identification", "bad protocol version"),
        rf"(?:Did not receive identification string|Bad protocol version identification .{{0,200}}) from {IP}",
        SSH,
    ),
    _line(
        "sudo-refused",
        PRIVILEGE,
        65,
        ("incorrect password attempt", "not in sudoers", "command not allowed"),
        rf"\s*{USER} : (?:\d+ incorrect password attempts?|user NOT in sudoers|command not allowed)",
        ("sudo",),
    ),
    _line("sudo", SUDO, 20, ("command=",), rf"\s*{USER} : .{{0,500}}COMMAND=", ("sudo",)),
    _line("su-failed", PRIVILEGE, 55, ("failed su",), rf"FAILED SU \(to \S{{1,100}}\) {USER}", ("su",)),
    # sshd's own line says the same, so pam's is left to it.
    _line(
        "login-failed",
        Meaning("authentication", "login", "failure"),
        40,
        ("authentication failure;",),
        r"pam_unix\((?!sshd)[^)]{1,60}\): authentication failure;(?:.{0,300}rhost=(?P<ip>[0-9A-Fa-f.:]{3,45}))?"
        r"(?:.{0,100} user=(?P<user>\S{1,100}))?",
    ),
    _line(
        "admin-group-grant",
        Meaning("iam", "group_member_added", "success"),
        70,
        ("to group", "to shadow group"),
        r"add '(?P<user>[^']{1,100})' to (?:shadow )?group '(?:sudo|wheel|root|adm|admin|docker)'",
    ),
    _line("user-created", USER_CREATED, 50, ("new user:",), r"new user: name=(?P<user>[^,\s]{1,100})"),
    _line("user-deleted", USER_DELETED, 45, ("delete user",), r"delete user '(?P<user>[^']{1,100})'"),
    _line("password-changed", PASSWORD, 35, ("password changed",), rf"password changed for {USER}"),
)

_THREATS = (
    _line("antivirus-found", MALWARE, 90, (" found",), r": (?P<rule>[^\s:]{1,200}) FOUND\b", ANTIVIRUS),
    # The "fast" text of Suricata and Snort; the severity comes from its priority.
    _line(
        "ids-alert",
        Meaning("intrusion_detection", "ids_alert", "unknown"),
        50,
        ("[priority:",),
        r"\[\d{1,10}:\d{1,10}:\d{1,10}\] (?P<rule>.{1,250}?)(?: \[\*\*\])? (?:\[Classification: [^\]]{0,200}\] )?"
        rf"\[Priority: (?P<priority>\d)\]:?(?: \{{[\w-]{{1,20}}\}})? {IP} ->",
    ),
    _line(
        "malware-reported",
        MALWARE,
        85,
        ("malware", "trojan", "ransomware", "virus", "backdoor", "rootkit"),
        rf"\b{EVIL}\b.{{0,200}}\b{CAUGHT}\b|\b{CAUGHT}\b.{{0,200}}\b{EVIL}\b",
    ),
    _line(
        "fail2ban-ban",
        Meaning("intrusion_detection", "address_banned", "success"),
        55,
        ("] ban ",),
        rf"\[(?P<rule>[^\]]{{1,100}})\] Ban {IP}",
        ("fail2ban",),
    ),
    _line(
        "ips-attack",
        Meaning("intrusion_detection", "ips_attack", "unknown"),
        80,
        ("subtype=ips", 'subtype="ips"'),
        rf"\A(?=.{{0,2000}}\bsrcip={IP})(?:.{{0,2000}}\battack=\"?(?P<rule>[^\"\s]{{1,200}}))?",
    ),
    _line(
        "mandatory-access-denied",
        Meaning("process", "access_denied", "failure"),
        45,
        ('apparmor="denied"', "avc:  denied", "avc: denied"),
        r"apparmor=\"DENIED\"|avc:\s{1,4}denied",
    ),
)

# The client's address is read from the line's beginning, as access logs have it, or from `[client …]`.
_WEB = (
    _line(
        "modsecurity",
        Meaning("web", "waf_denied", "failure"),
        70,
        ("modsecurity:",),
        r"ModSecurity: Access denied(?:.{0,1500}\[msg \"(?P<rule>[^\"]{1,250})\"\])?",
    ),
    _line("web-jndi", WEB, 90, ("${jndi:", "%24%7bjndi"), r"\$\{jndi:|%24%7Bjndi"),
    _line(
        "web-sql-injection",
        WEB,
        75,
        ("union", "sleep(", "information_schema", "xp_cmdshell", "or 1=1", "or%201=1", "or+1=1", "%27", "' or"),
        rf"union(?:{GAP}|/\*{{1,2}}/?){{1,5}}(?:all{GAP}{{1,3}})?select|sleep\(\d|information_schema|xp_cmdshell"
        rf"|(?:'|%27){GAP}{{0,3}}or{GAP}{{0,3}}(?:'|%27)?1(?:'|%27)?=|\bor{GAP}1=1",
    ),
    _line(
        "web-path-traversal",
        WEB,
        70,
        ("../..", "..%2f", "%2e%2e", "/etc/passwd"),
        r"(?:(?:\.\.|%2e%2e)(?:/|%2f)){2}|\"\w{3,7} \S{0,500}/etc/passwd",
    ),
    _line("web-cross-site-scripting", WEB, 60, ("<script", "%3cscript"), r"<script|%3cscript"),
    _line(
        "web-shell",
        WEB,
        85,
        ("c99.php", "r57.php", "shell.php", "cmd.php", "wso.php", "eval(base64"),
        r"(?:c99|r57|shell|cmd|wso)\.php|eval\(base64_decode",
    ),
    _line(
        "web-scanner",
        WEB,
        50,
        ("sqlmap", "nikto", "nuclei", "acunetix", "dirbuster", "wpscan", "masscan", "gobuster"),
        r"\b(?:sqlmap|nikto|nuclei|acunetix|dirbuster|wpscan|masscan|gobuster)\b",
    ),
)

_FIREWALLS = (
    _line("firewall-denied", DENIED, 20, (" src=",), rf"(?:BLOCK|DROP|DENY|REJECT)\w{{0,20}}\b.{{0,300}}\bSRC={IP}"),
    _line(
        "firewall-denied",
        DENIED,
        20,
        ("srcip=",),
        rf"\A(?=.{{0,2000}}\baction=\"?(?:deny|denied|block|blocked|dropped|drop)\b).{{0,2000}}\bsrcip={IP}",
    ),
    _line(
        "firewall-denied",
        DENIED,
        20,
        ("%asa-", "%ftd-"),
        rf"%(?:ASA|FTD)-\d-(?:106\d{{3}}|710003): .{{0,200}}?(?:from|src) (?:[\w-]{{1,60}}:)?{IP}",
    ),
)

DETECTIONS: tuple[Detection, ...] = (*_ACCOUNTS, *_THREATS, *_WEB, *_FIREWALLS)
"""The first that fits wins, so the particular stands before the general."""

WEB_CLIENT = re.compile(rf"(?:\A(?:\S{{1,255}} )?|\[client ){IP}(?: |\])")
"""The client of a line of a web server."""
