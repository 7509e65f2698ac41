"""How an alert goes from person to person, in sentences. Pure."""

from datetime import datetime
from typing import Any

from ioc_api.explain.reading import Row
from ioc_api.explain.words import STOPPED, Clock
from ioc_api.models.explanation import EscalationStep, ExplainedEscalation

PERSON = "person:"


def told(row: Row, clock: Clock) -> ExplainedEscalation:
    """Return an escalation with the steps that were done and what comes next."""
    running = row["state"] == "running"
    return ExplainedEscalation(
        receiver=row["receiver"],
        policy=row["policy"],
        state=row["state"],
        next_step_at=row["due_at"] if running else None,
        steps=[_step(step, clock) for step in row["steps"] or ()],
        text=f"Quy trình {row['policy']}, bắt đầu lúc {clock.at(row['started_at'])}; {state(row, clock)}.",
    )


def state(row: Row, clock: Clock) -> str:
    """Return where it stands: what is next and when, or why nothing is."""
    if row["state"] == "running":
        waiting = f", còn chờ gộp tin cho {', '.join(row['waiting'])}" if row["waiting"] else ""
        return f"bước {row['step'] + 1} lúc {clock.at(row['due_at'])} nếu chưa ai nhận{waiting}"
    if row["state"] == "finished":
        return f"đã gọi hết các bước lúc {clock.at(row['ended_at'])}"
    return f"dừng lúc {clock.at(row['ended_at'])}: {STOPPED.get(row['reason'], row['reason'])}"


def called(names: list[str]) -> str:
    """Return who was called, people by name."""
    return ", ".join(name.removeprefix(PERSON) for name in names) or "không có ai để gọi"


def _step(step: dict[str, Any], clock: Clock) -> EscalationStep:
    at = datetime.fromisoformat(step["done_at"])
    again = f", lần {step['round'] + 1}" if step["round"] else ""
    text = f"Bước {step['step'] + 1}{again} lúc {clock.at(at)}: gọi {called(step['called'])}."
    return EscalationStep(done_at=at, called=step["called"], text=text)
