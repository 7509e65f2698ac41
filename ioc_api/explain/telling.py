"""An explanation from what is known: every part with its sentence. Pure."""

from collections.abc import Iterator

from ioc_api.explain import escalating
from ioc_api.explain.answering import answers
from ioc_api.explain.reading import Facts, Row
from ioc_api.explain.words import MUTES, REASONS, STEPS, Clock, labels, length
from ioc_api.models.explanation import (
    Delivery,
    ExplainedGroup,
    ExplainedMute,
    ExplainedRoute,
    ExplainedRule,
    ExplainedStep,
    Explanation,
    ReceiverAnswer,
)
from ioc_core.routing import Asked, Routing, Visit, walk

_ENGINE = "engine"


def explanation(facts: Facts, clock: Clock) -> Explanation:
    """Return the explanation as of `clock.now`."""
    alert = facts.alert
    return Explanation(
        alert_id=alert["id"],
        summary=alert["summary"],
        severity=alert["severity"],
        state=alert["state"],
        labels=facts.labels,
        as_of=clock.now,
        answers=[
            ReceiverAnswer(receiver=each.receiver, code=each.code, text=each.text) for each in answers(facts, clock)
        ],
        rule=_rule(facts, clock),
        steps=[_step(row, clock) for row in facts.history],
        routes=list(_routes(facts)),
        groups=[_group(row, clock) for row in facts.groups],
        mutes=[_mute(row, clock) for row in facts.mutes],
        escalations=[escalating.told(row, clock) for row in facts.escalations],
        deliveries=[_delivery(row, clock) for row in facts.deliveries],
        leader=_leader(facts.leader, clock),
    )


def _rule(facts: Facts, clock: Clock) -> ExplainedRule:
    alert, evaluation = facts.alert, facts.evaluation
    place = "" if evaluation is None else f"{evaluation['file']}:{evaluation['line']}"
    said = []
    if alert["origin"] == "external":
        said.append(f"Cảnh báo do {alert['details'].get('sender', 'hệ thống ngoài')} gửi tới")
        if facts.external is not None:
            said.append(
                f"gửi lần gần nhất lúc {clock.at(facts.external['received_at'])}, "
                f"hết hiệu lực lúc {clock.at(facts.external['ends_at'])} nếu không gửi lại"
            )
    elif evaluation is None:
        said.append("Quy tắc này không còn trong cấu hình")
    elif evaluation["failing_since"] is not None:
        since = clock.at(evaluation["failing_since"])
        said.append(f"Quy tắc đang lỗi từ {since} ({evaluation['error']}), cảnh báo giữ nguyên như trước đó")
    elif evaluation["evaluated_at"] is not None:
        said.append(f"Quy tắc chạy lần gần nhất lúc {clock.at(evaluation['evaluated_at'])}")
    else:
        said.append("Quy tắc chưa chạy lần nào")
    if alert["value"] is not None:
        said.append(f"giá trị {alert['value']:g}".replace(".", ","))
    if alert["state"] == "firing" and alert["absent_since"] is not None:
        said.append(f"điều kiện đã hết lúc {clock.at(alert['absent_since'])}, còn giữ thêm (keep_firing_for)")
    return ExplainedRule(
        name=alert["rule"], origin=alert["origin"], place=place, value=alert["value"], text="; ".join(said) + "."
    )


def _step(row: Row, clock: Clock) -> ExplainedStep:
    text = STEPS.get(row["kind"], row["kind"])
    if row["actor"] != _ENGINE:
        text += f" · {row['actor']}"
    if row["person"]:
        text += f" → {row['person']}"
    text += clock.until(row["until"])
    if row["note"]:
        text += f" · {_note(row)}"
    return ExplainedStep(at=row["at"], kind=row["kind"], actor=row["actor"], text=text)


def _note(row: Row) -> str:
    """The note; of messages with the reason in words instead of its code."""
    note: str = row["note"]
    if row["kind"] not in {"notified", "notification_failed"}:
        return note
    *whom, why = note.split(" · ")
    code, colon, error = why.partition(": ")
    return " · ".join([*whom, f"{REASONS.get(code, code)}{colon}{error}"])


def _routes(facts: Facts) -> Iterator[ExplainedRoute]:
    if facts.routing is None:
        return
    for visit in walk(facts.routing.root, facts.labels):
        yield ExplainedRoute(
            depth=len(visit.place),
            matchers=[str(matcher) for matcher in visit.node.matchers],
            receiver=visit.node.receiver,
            asked=visit.asked,
            failed=None if visit.failed is None else str(visit.failed),
            text=_visit(visit, facts.routing, facts.labels),
        )


def _visit(visit: Visit, routing: Routing, seen: dict[str, str]) -> str:
    match visit.asked:
        case Asked.TAKEN:
            kind = "Nhận cảnh báo này" if visit.place else "Không nhánh nào khớp, gốc nhận cảnh báo này"
            whom = f"báo cho {visit.node.receiver}"
            if not routing.reachable(visit.node.receiver):
                whom = f"nơi nhận {visit.node.receiver} không có kênh nào đang bật"
            return f"{kind}: {whom}."
        case Asked.PASSED_DOWN:
            return "Khớp, một nhánh bên dưới nhận." if visit.place else "Gốc: một nhánh bên dưới nhận."
        case Asked.NOT_ASKED:
            return "Không hỏi tới: một nhánh đứng trước đã nhận."
        case Asked.NO_MATCH:
            assert visit.failed is not None
            value = seen.get(visit.failed.name)
            has = f"nhãn {visit.failed.name} là {value}" if value else f"không có nhãn {visit.failed.name}"
            return f"Không khớp {visit.failed}: {has}."


def _group(row: Row, clock: Clock) -> ExplainedGroup:
    said = [
        f"Gom theo {labels(row['labels'])}, có {row['members']} cảnh báo",
        f"tin mới chờ {length(row['group_wait'])}, giữa hai tin ít nhất {length(row['group_interval'])}, "
        f"nhắc lại sau {length(row['repeat_interval'])} nếu chưa ai nhận",
    ]
    if row["notified_at"] is not None:
        said.append(f"báo lần gần nhất lúc {clock.at(row['notified_at'])}")
    if row["due_at"] is not None:
        said.append(f"xem lại lúc {clock.at(row['due_at'])}")
    return ExplainedGroup(
        receiver=row["receiver"],
        labels=row["labels"],
        members=row["members"],
        group_wait_seconds=row["group_wait"].total_seconds(),
        group_interval_seconds=row["group_interval"].total_seconds(),
        repeat_interval_seconds=row["repeat_interval"].total_seconds(),
        notified_at=row["notified_at"],
        due_at=row["due_at"],
        text="; ".join(said) + ".",
    )


def _mute(row: Row, clock: Clock) -> ExplainedMute:
    kind = MUTES.get(row["kind"], row["kind"])
    reason = f": {row['reason']}" if row["reason"] else ""
    text = _capital(f"{kind}{reason}, từ {clock.at(row['since'])}{clock.until(row['until'])}.")
    return ExplainedMute(**{name: row[name] for name in ("kind", "ref", "reason", "since", "until")}, text=text)


def _delivery(row: Row, clock: Clock) -> Delivery:
    times = f"{row['attempts']} lần thử"
    match row["state"]:
        case "sent":
            text = f"nơi nhận đã nhận lúc {clock.at(row['finished_at'])}, sau {times}"
        case "failed":
            text = f"thôi gửi lúc {clock.at(row['finished_at'])}, sau {times}: {row['error']}"
        case _ if row["attempts"]:
            text = f"chưa được sau {times}: {row['error']}; thử lại lúc {clock.at(row['next_attempt_at'])}"
        case _:
            text = "đang chờ gửi lần đầu"
    names = ("id", "receiver", "channel", "severity", "state", "attempts", "created_at", "finished_at", "error")
    return Delivery(
        **{name: row[name] for name in names},
        reason=row["reason"] or "",
        next_attempt_at=row["next_attempt_at"] if row["state"] == "queued" else None,
        text=_capital(f"{REASONS.get(row['reason'], row['reason'] or 'tin')}: {text}."),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _leader(row: Row, clock: Clock) -> str:
    if not row["epoch"]:
        return "Chưa có tiến trình cảnh báo nào từng chạy."
    return f"{row['leader']} điều khiển từ {clock.at(row['since'])}."
