"""The console's alerts: the list, filters, and one alert with what can be done about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from dashboards.api_client import ApiClient, ApiError
from dashboards.api_models import Alert, AlertDetail, Session, Unit
from dashboards.assets import show_component
from dashboards.screens import console_act, console_alert
from dashboards.screens.console_act import is_waiting
from dashboards.sign_in import api, report_error
from dashboards.vietnamese import SEVERITY_NAMES, beginning
from dashboards.wall_data import feed_address
from ioc_core.settings import Settings

REFRESH_SECONDS = 5.0
SHOWN = 100
OPEN, CLOSED, ENDED = "Đang mở", "Đã đóng", "Đã kết thúc"
STATES = {OPEN: ("firing",), CLOSED: ("closed",), ENDED: ("resolved",)}
SELECTED = "console_selected"
_TICKET = "console_ticket"
_UNITS = "console_units"


@dataclass(frozen=True, slots=True)
class Filter:
    """What the operator wants to see."""

    state: str
    severities: tuple[int, ...]
    unit: str | None
    only_waiting: bool


def show(session: Session) -> None:
    """Show the alerts, anew every few seconds and at once when one changes."""
    if SELECTED not in st.session_state:
        asked = st.query_params.get("alert", "")
        st.session_state[SELECTED] = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    _live(session)


@st.fragment(run_every=REFRESH_SECONDS)
def _live(session: Session) -> None:
    client = api(session.token)
    try:
        asked = _filters(client)
        alerts = fetch(client, asked)
        left, right = st.columns([3, 2], gap="medium")
        with left:
            console_act.show_bulk(session, alerts)
            _list(client, alerts)
        with right:
            console_alert.show(session, _selected(client, alerts), alerts)
    except ApiError as error:
        report_error(error)


def _filters(client: ApiClient) -> Filter:
    state, severity, unit, waiting = st.columns([2.1, 2.6, 1.8, 1.1], vertical_alignment="bottom")
    units: list[Unit] = st.session_state.setdefault(_UNITS, [])
    if not units:
        units[:] = client.units()
    names = {known.code: known.name for known in units}
    chosen = state.segmented_control("Trạng thái", list(STATES), default=OPEN, required=True, key="console_state")
    severities = severity.pills(
        "Mức",
        list(SEVERITY_NAMES),
        format_func=lambda level: f"P{level} {SEVERITY_NAMES[level]}",
        selection_mode="multi",
        key="console_severities",
    )
    place = unit.selectbox(
        "Đơn vị", list(names), index=None, format_func=names.__getitem__, placeholder="Tất cả", key="console_unit"
    )
    only_waiting = waiting.toggle("Chưa nhận", key="console_waiting", disabled=chosen != OPEN)
    return Filter(chosen or OPEN, tuple(severities), place, only_waiting and chosen == OPEN)


def fetch(client: ApiClient, asked: Filter) -> list[Alert]:
    """Return at most `SHOWN` alerts: the gravest first, of one severity the newest first.

    Raises:
        ApiError: the API refused.
    """
    found: list[Alert] = []
    for severity in asked.severities or tuple(SEVERITY_NAMES):
        if len(found) < SHOWN:
            found += client.alerts(
                states=STATES[asked.state], severity=severity, unit=asked.unit, limit=SHOWN - len(found)
            )
    if asked.only_waiting:
        found = [alert for alert in found if is_waiting(alert, datetime.now(UTC))]
    return sorted(found, key=lambda alert: (alert.severity, -alert.started_at.timestamp(), alert.id))


def _list(client: ApiClient, alerts: Sequence[Alert]) -> None:
    if _TICKET not in st.session_state:
        st.session_state[_TICKET] = client.feed_ticket()
    show_component(
        "console",
        "list",
        key="console_list",
        module="list.js",
        data={
            "feed": feed_address(Settings()),
            "ticket": st.session_state[_TICKET],
            "selected": st.session_state[SELECTED],
            "alerts": lines(alerts, datetime.now(UTC)),
        },
        on_selected_change=_select,
        on_changed_change=lambda: None,
        on_ticket_used_change=_drop_ticket,
    )
    if len(alerts) >= SHOWN:
        st.caption(f"Chỉ hiện {SHOWN} cảnh báo đầu tiên; dùng bộ lọc để thu hẹp.")


def lines(alerts: Sequence[Alert], now: datetime) -> list[dict[str, Any]]:
    """Return what the list shows of each alert."""
    return [
        {
            "id": alert.id,
            "severity": alert.severity,
            "state": alert.state,
            "began": beginning(alert.started_at, now),
            "text": sentence(alert),
            "started_at": alert.started_at.isoformat(),
            "acknowledged_by": alert.acknowledged_by,
            "assigned_to": alert.assigned_to,
            "snoozed": beginning(alert.snoozed_until, now) if alert.snoozed_until is not None else "",
            "muted": muted(alert, now),
            "acknowledged_at": alert.acknowledged_at and alert.acknowledged_at.isoformat(),
        }
        for alert in alerts
    ]


def muted(alert: Alert, now: datetime) -> str:
    """Return what the list says of an alert that nobody is told of; empty: it isn't muted."""
    if not alert.mutes:
        return ""
    ends = [mute.until for mute in alert.mutes]
    last = max((end for end in ends if end is not None), default=None)
    return "tắt báo" if last is None or None in ends else f"tắt báo đến {beginning(last, now)}"


def sentence(alert: Alert) -> str:
    """Return an alert's summary, with its unit when the sentence doesn't name it."""
    if not alert.unit_name or alert.unit_name.casefold() in alert.summary.casefold():
        return alert.summary
    return f"{alert.summary} — {alert.unit_name}"


def _select() -> None:
    st.session_state[SELECTED] = st.session_state["console_list"].get("selected")


def _drop_ticket() -> None:
    st.session_state.pop(_TICKET, None)


def _selected(client: ApiClient, alerts: Sequence[Alert]) -> AlertDetail | None:
    chosen = st.session_state[SELECTED]
    if chosen is None and alerts:
        chosen = alerts[0].id
    if chosen is None:
        return None
    try:
        return client.alert(chosen)
    except ApiError as error:
        if error.status != 404:
            raise
        st.session_state[SELECTED] = None
        return None
