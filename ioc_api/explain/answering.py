"""The answer in one sentence for each receiver: why it was, or wasn't, told. Pure."""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from ioc_api.explain import escalating
from ioc_api.explain.reading import Facts, Row, until_of
from ioc_api.explain.words import MUTES, REASONS, Clock
from ioc_core.routing import taken


class Code(StrEnum):
    """What became of telling one receiver."""

    TOLD = "told"
    SENDING = "sending"  # queued; perhaps tried already
    FAILED = "failed"
    NO_CHANNEL = "no_channel"  # the receiver is for screens only
    CHANNELS_OFF = "channels_off"  # each of its channels lacks a setting
    PENDING = "pending"  # the rule's `for` hasn't passed
    MUTED = "muted"
    SNOOZED = "snoozed"
    ACKNOWLEDGED = "acknowledged"
    OVER = "over"  # it ended, or was closed, before it was told
    GROUP_WAIT = "group_wait"  # its group is told of a little later
    NO_LEADER = "no_leader"  # no alert engine has led yet
    SOON = "soon"  # the leader hasn't seen to it yet


class Answer(Struct, frozen=True, kw_only=True):
    """One receiver's answer."""

    receiver: str
    code: Code
    text: str

    @property
    def was_told(self) -> bool:
        """Whether a message was accepted."""
        return self.code is Code.TOLD


def answers(facts: Facts, clock: Clock) -> list[Answer]:
    """Return an answer for every receiver that the routes name, and for others that were told by older routes."""
    if facts.routing is None:
        return [Answer(receiver="", code=Code.NO_LEADER, text="Chưa có tiến trình cảnh báo nào từng chạy.")]
    routed = [node.receiver for node in taken(facts.routing.root, facts.labels)]
    called = {row["id"] for row in facts.escalations}
    others = [row["receiver"] for row in facts.deliveries if row["escalation_id"] not in called]
    return [_answer(facts, receiver, clock) for receiver in dict.fromkeys([*routed, *others])]


def _answer(facts: Facts, receiver: str, clock: Clock) -> Answer:
    code, text = (
        _by_deliveries(facts, [row for row in facts.deliveries if row["receiver"] == receiver], clock)
        or _by_channels(facts, receiver)
        or _by_escalation(facts, receiver, clock)
        or _by_people(facts, clock)
        or _by_state(facts, receiver, clock)
    )
    return Answer(receiver=receiver, code=code, text=text)


def _by_deliveries(facts: Facts, mine: Sequence[Row], clock: Clock) -> tuple[Code, str] | None:
    sent = [row for row in mine if row["state"] == "sent"]
    if sent:
        first, last = sent[0], sent[-1]
        text = f"Đã báo lúc {clock.at(first['finished_at'])} qua {first['channel']}"
        if len(sent) > 1:
            text += f"; tin thứ {len(sent)} lúc {clock.at(last['finished_at'])} ({_reason(last)})"
        return Code.TOLD, f"{text}.{_from_here(facts, last, clock)}"
    queued = [row for row in mine if row["state"] == "queued"]
    if queued:
        row = queued[-1]
        if not row["attempts"]:
            return Code.SENDING, f"Đang gửi qua {row['channel']}, chưa thử lần nào."
        error = f": {row['error']}" if row["error"] else ""
        return Code.SENDING, (
            f"Chưa gửi được qua {row['channel']} sau {row['attempts']} lần thử{error}; "
            f"thử lại lúc {clock.at(row['next_attempt_at'])}."
        )
    if mine:
        row = mine[-1]
        return Code.FAILED, (
            f"Không gửi được qua {row['channel']} sau {row['attempts']} lần thử, "
            f"thôi gửi lúc {clock.at(row['finished_at'])}: {row['error']}."
        )
    return None


def _from_here(facts: Facts, last: Row, clock: Clock) -> str:
    """What is to come after a receiver was told."""
    alert = facts.alert
    if alert["state"] != "firing":
        return ""
    if facts.mutes:
        return f" Hiện không nhắc lại: {_mute(facts.mutes[0], clock)}."
    if until_of(alert, "snoozed", clock.now):
        return f" Hiện không nhắc lại: {alert['snoozed_by']} tạm hoãn{clock.until(alert['snoozed_until'])}."
    if until_of(alert, "acknowledged", clock.now):
        return f" Không nhắc lại vì {alert['acknowledged_by']} đã nhận{clock.until(alert['acknowledged_until'])}."
    due = [row["due_at"] for row in facts.groups if row["receiver"] == last["receiver"] and row["due_at"] is not None]
    return f" Chưa ai nhận: xem lại để nhắc lúc {clock.at(min(due))}." if due else ""


def _by_channels(facts: Facts, receiver: str) -> tuple[Code, str] | None:
    assert facts.routing is not None
    known = next((each for each in facts.routing.receivers if each.name == receiver), None)
    if known is None or known.reachable:
        return None
    if not known.channels:
        return Code.NO_CHANNEL, "Không báo ai: nơi nhận này chỉ dành cho màn hình, không có kênh nào."
    off = "; ".join(f"{channel.name}: {channel.disabled}" for channel in known.channels)
    return Code.CHANNELS_OFF, f"Không báo được: mọi kênh của nơi nhận đều tắt ({off})."


def _by_escalation(facts: Facts, receiver: str, clock: Clock) -> tuple[Code, str] | None:
    """The answer of a receiver that goes on to people: whom the last escalation called, and what comes next."""
    mine = [row for row in facts.escalations if row["receiver"] == receiver and row["steps"]]
    if not mine:
        return None
    last = mine[-1]
    names = list(dict.fromkeys(name for step in last["steps"] for name in step["called"]))
    pages = [row for row in facts.deliveries if row["escalation_id"] == last["id"]]
    sent = [row for row in pages if row["state"] == "sent"]
    text = f"Gọi người theo quy trình {last['policy']}: đã gọi {escalating.called(names)}"
    if sent:
        text += f"; tin tới nơi lần đầu lúc {clock.at(sent[0]['finished_at'])}"
    code = Code.TOLD if sent else Code.SENDING if any(row["state"] == "queued" for row in pages) else Code.FAILED
    if not names:
        code = Code.NO_CHANNEL
    return code, f"{text}; {escalating.state(last, clock)}."


def _by_people(facts: Facts, clock: Clock) -> tuple[Code, str] | None:
    alert = facts.alert
    if alert["state"] != "firing":
        return None
    if facts.mutes:
        return Code.MUTED, f"Không báo: {_mute(facts.mutes[0], clock)}."
    if until_of(alert, "snoozed", clock.now):
        return Code.SNOOZED, (
            f"Không báo: {alert['snoozed_by']} tạm hoãn lúc {clock.at(alert['snoozed_at'])}"
            f"{clock.until(alert['snoozed_until'])}."
        )
    if until_of(alert, "acknowledged", clock.now):
        return Code.ACKNOWLEDGED, (
            f"Không báo: {alert['acknowledged_by']} đã nhận lúc {clock.at(alert['acknowledged_at'])}, "
            "trước khi tới lượt báo."
        )
    return None


def _by_state(facts: Facts, receiver: str, clock: Clock) -> tuple[Code, str]:
    alert = facts.alert
    if alert["state"] == "pending":
        return Code.PENDING, (
            f"Chưa báo: điều kiện đúng từ {clock.at(alert['pending_at'])}, chưa đủ thời gian mà quy tắc đòi hỏi (for)."
        )
    if alert["state"] in {"resolved", "closed"}:
        closed = alert["state"] == "closed"
        ended = alert["closed_at"] if closed else alert["resolved_at"]
        how = f"{alert['closed_by']} đóng" if closed else "hết"
        muted = any(row["kind"] == "muted" for row in facts.history)
        why = "trong lúc đang tắt báo" if muted else "trước khi tới lượt báo"
        return Code.OVER, f"Không báo: cảnh báo {how} lúc {clock.at(ended)}, {why}."
    due = [row["due_at"] for row in facts.groups if row["receiver"] == receiver and row["due_at"] is not None]
    if due:
        return Code.GROUP_WAIT, f"Chưa báo: nhóm đang gom tin, báo lúc {clock.at(min(due))}."
    return Code.SOON, "Chưa báo: tiến trình cảnh báo chưa xem tới."


def _mute(row: Row, clock: Clock) -> str:
    kind = MUTES.get(row["kind"], row["kind"])
    reason = f" ({row['reason']})" if row["reason"] else ""
    return f"{kind}{reason}, từ {clock.at(row['since'])}{clock.until(row['until'])}"


def _reason(row: Row) -> str:
    return REASONS.get(row["reason"], row["reason"] or "")
