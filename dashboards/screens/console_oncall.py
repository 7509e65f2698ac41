"""The console's rota: who is on call now, next and this week; taking a shift over, or handing it on."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from dashboards import outcomes
from dashboards.api_client import ApiError
from dashboards.api_models import Session
from dashboards.oncall import words
from dashboards.oncall.models import Rota
from dashboards.page import table
from dashboards.screens.console_act import ACT
from dashboards.sign_in import api, report_error
from dashboards.vietnamese import ZONE, plain_markdown

REFRESH_SECONDS = 30.0
REASON_LENGTH = 1000
THIS_WEEK, NEXT_WEEK = "Tuần này", "Tuần sau"
_OUTCOME = "oncall_outcome"
_NOBODY = ""
_STYLE = """<style>
.rota td:first-child{white-space:nowrap;width:1%}.rota .when{color:#a4adb4;font-variant-numeric:tabular-nums}
.rota .gap{color:#ff9a8b}
@media (max-width:640px){.rota td:first-child{white-space:normal;width:auto}}
</style>"""


def show(session: Session) -> None:
    """Show the rota; people who may act on alerts also see how to change it."""
    st.html(_STYLE)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _live(session)
    if ACT in session.me.permissions:
        with right:
            _changing(session)


@st.fragment(run_every=REFRESH_SECONDS)
def _live(session: Session) -> None:
    now = datetime.now(UTC)
    monday = words.week_of(now, 0)
    try:
        rota = _asked(session)
    except ApiError as error:
        report_error(error)
        return
    if not rota.rotations:
        st.info("Chưa có lịch trực: xem config/oncall.yaml.")
        return
    for gap in rota.warnings:
        st.warning(plain_markdown(words.warning(gap, now)))
    for column, rotation in zip(st.columns(len(rota.rotations)), rota.rotations, strict=True):
        who, after = words.now_of(rotation)
        with column.container(border=True):
            st.markdown(f"{plain_markdown(rotation.title)}  \n**{plain_markdown(who)}**")
            st.caption(plain_markdown(after) if after else "Không có ca kế tiếp trong 8 ngày.")
    chosen = st.segmented_control("Tuần", [THIS_WEEK, NEXT_WEEK], default=THIS_WEEK, required=True, key="oncall_week",
                                  label_visibility="collapsed")  # fmt: skip
    first = monday + timedelta(weeks=int(chosen == NEXT_WEEK))
    st.html(words.week(rota.rotations, first, now.astimezone(ZONE).date()))
    _policies(rota)
    with st.expander("Đưa lịch trực vào ứng dụng lịch (iCalendar)"):
        st.caption("Ai có địa chỉ này đều xem được lịch. Thêm ?person=TÊN để chỉ lấy ca của một người.")
        for rotation in rota.rotations:
            st.code(rotation.calendar_url, language=None, wrap_lines=True)


def _policies(rota: Rota) -> None:
    titles = words.titles_of(rota)
    for policy in rota.policies:
        with st.expander(f"Quy trình chuyển cấp: {policy.title}"):
            st.html(table(("", "Khi nào", "Gọi ai", "Bằng cách nào"), words.steps(policy, titles)))
            if policy.repeat:
                minutes = round(policy.repeat_after_seconds / 60)
                st.caption(f"Nếu vẫn chưa ai nhận: gọi lại từ đầu {policy.repeat} lần, mỗi lần sau {minutes} phút.")


@st.fragment
def _changing(session: Session) -> None:
    outcomes.tell(_OUTCOME)
    now = datetime.now(UTC)
    try:
        rota = _asked(session)
    except ApiError as error:
        report_error(error)
        return
    if not rota.rotations:
        return
    names = {person.name: person.title for person in rota.people}
    mine = next((person.name for person in rota.people if person.user == session.me.name), None)
    shifts = {
        f"{rotation.name} {shift.starts_at.isoformat()}": (rotation, shift)
        for rotation, shift in words.upcoming(rota, now)
    }
    st.markdown("**Nhận ca, đổi ca**")
    with st.form("oncall_change", clear_on_submit=False):
        chosen = st.selectbox("Ca trực", list(shifts), format_func=lambda key: words.shift_name(*shifts[key]))
        people = [*names, _NOBODY]
        person = st.selectbox(
            "Người trực thay",
            people,
            index=0 if mine is None else people.index(mine),
            format_func=lambda name: names.get(name, "không có ai (vắng mặt)"),
        )
        reason = st.text_input("Lý do (bắt buộc)", max_chars=REASON_LENGTH, key="oncall_reason")
        sent = st.form_submit_button("Đổi ca", type="primary", width="stretch")
    if sent and chosen:
        rotation, shift = shifts[chosen]
        wanted = {
            "rotation": rotation.name,
            "person": person or None,
            "starts_at": max(shift.starts_at, now).isoformat(),
            "ends_at": shift.ends_at.isoformat(),
            "reason": reason,
        }
        _do(session, "Đã đổi ca.", "create", wanted)
    for override in rota.overrides:
        if override.ends_at <= now:
            continue
        with st.container(border=True):
            who = names.get(override.person or "", override.person) if override.person else words.NOBODY
            title = next((item.title for item in rota.rotations if item.name == override.rotation), override.rotation)
            stretch = f"{words.moment(override.starts_at)} đến {words.moment(override.ends_at)}"
            st.markdown(plain_markdown(f"{title}, {stretch}: {who}"))
            st.caption(plain_markdown(f"{override.created_by}: {override.reason}"))
            if st.button("Huỷ đổi ca", key=f"oncall_cancel_{override.id}"):
                _do(session, "Đã huỷ đổi ca.", "cancel", {"id": override.id})


def _do(session: Session, done: str, what: str, said: Mapping[str, Any]) -> None:
    try:
        if what == "create":
            api(session.token).create_override(said)
        else:
            api(session.token).cancel_override(int(said["id"]))
        outcomes.note(_OUTCOME, done)
    except ApiError as error:
        outcomes.note(_OUTCOME, error)
    st.rerun()


def _asked(session: Session) -> Rota:
    """The rota of this week and the next; with the day before, so that Monday's night shift has its beginning."""
    monday = datetime.combine(words.week_of(datetime.now(UTC), 0), datetime.min.time(), ZONE)
    return api(session.token).on_call(monday - timedelta(days=1), monday + timedelta(days=14))
