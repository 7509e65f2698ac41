"""Roles, permissions, and which role has which. Pure."""

from enum import StrEnum


class Role(StrEnum):
    """Roles of people and machines; a kiosk token is a screen's, a sender's a machine's that sends alerts."""

    KIOSK = "kiosk"
    SENDER = "sender"
    VIEWER = "viewer"
    OPERATOR = "operator"
    ON_CALL = "on-call"
    LEADER = "leader"
    ADMIN = "admin"


class Permission(StrEnum):
    """What a route asks for. `PUBLIC` asks for nothing."""

    PUBLIC = "public"
    SIGNED_IN = "signed-in"  # whoever it is
    WATCH = "watch"  # the live feed and the overview
    OWN_PASSWORD = "own-password"  # noqa: S105 - the name of a permission
    READ = "read"  # dossiers, units, systems, series, alerts, sources, reports
    READ_SECURITY = "read-security"  # addresses and user names of security events
    READ_REJECTED = "read-rejected"  # raw input of sources
    SEND_ALERTS = "send-alerts"  # tell of alerts that other systems found
    ACT_ON_ALERTS = "act-on-alerts"
    CLOSE_MONTHS = "close-months"  # close and re-open months of the scoreboard


_EVERYBODY = frozenset({Permission.PUBLIC, Permission.SIGNED_IN, Permission.WATCH})
_VIEWER = _EVERYBODY | {Permission.READ, Permission.OWN_PASSWORD}
_ON_CALL = _VIEWER | {Permission.READ_SECURITY, Permission.ACT_ON_ALERTS}
_OPERATOR = _ON_CALL | {Permission.READ_REJECTED, Permission.SEND_ALERTS}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.KIOSK: _EVERYBODY,
    Role.SENDER: frozenset({Permission.PUBLIC, Permission.SIGNED_IN, Permission.SEND_ALERTS}),
    Role.VIEWER: _VIEWER,
    Role.LEADER: _VIEWER | {Permission.READ_SECURITY, Permission.CLOSE_MONTHS},
    Role.ON_CALL: _ON_CALL,
    Role.OPERATOR: _OPERATOR,
    Role.ADMIN: _OPERATOR | {Permission.CLOSE_MONTHS},
}
"""What each role may do on the API; accounts themselves are managed with `ioc user` and `ioc token`."""

PEOPLE = tuple(role for role in Role if role not in {Role.KIOSK, Role.SENDER})
"""The roles that a person can have."""
