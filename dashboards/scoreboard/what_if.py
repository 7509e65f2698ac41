"""What doing something with some dossiers would win, in words. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dashboards.scoreboard.trial_models import Outcome, WhatIf
from dashboards.scoreboard.words import shown_id
from dashboards.templates import template
from dashboards.vietnamese import NOTHING, number, signed

FINISH = "finish_now"
ACTIONS: Mapping[str, str] = {
    FINISH: "Trả kết quả ngay",
    "attach_result": "Cấp kết quả điện tử",
    "digitise": "Số hóa giấy tờ",
    "reuse_papers": "Dùng lại giấy tờ đã số hóa",
    "link_store": "Lấy giấy tờ từ kho dữ liệu",
    "use_population_data": "Dùng dữ liệu dân cư",
    "pay_online": "Thanh toán trực tuyến",
}
ACTION_OF: Mapping[str, str] = {
    "3.3": "attach_result",
    "3.full": "attach_result",
    "3.6": "pay_online",
    "4.1": "attach_result",
    "4.2": "digitise",
    "4.3": "reuse_papers",
    "4.4": "link_store",
    "4.5b": "use_population_data",
    "4.5c": "attach_result",
}
"""What wins points of an indicator; finishing, where nothing else does."""


class Line(NamedTuple):
    """A score without and with what would be done."""

    when: str
    before: str
    after: str
    won: str
    per_100: str
    rank: str


class Effect(NamedTuple):
    """An indicator that changes."""

    id: str
    name: str
    dossiers: str
    points: str
    won: str


def render(found: WhatIf, unit_name: str, actions: Sequence[str]) -> str:
    """Return what would come of it. All text is escaped."""
    return template("scoreboard/what_if.html.j2").render(
        sentence=sentence(found, unit_name, actions),
        notes=notes(found),
        lines=[line("Ngay bây giờ", found.now), line(f"Khi hết kỳ, {found.last:%d/%m/%Y}", found.at_end)],
        effects=[
            Effect(
                shown_id(it.id),
                it.name,
                signed(it.dossiers),
                f"{number(it.before, 2)} → {number(it.after, 2)}",
                NOTHING if it.won is None else signed(it.won, 2),
            )
            for it in found.indicators
        ],
    )


def sentence(found: WhatIf, unit_name: str, actions: Sequence[str]) -> str:
    """Return what is won, in one sentence."""
    if not found.dossiers:
        return "Không có hồ sơ nào như vậy: không có gì để làm."
    done = ", ".join(ACTIONS.get(action, action).lower() for action in actions)
    end = found.at_end
    text = f"{done[0].upper()}{done[1:]} đối với {number(found.dossiers)} hồ sơ: {unit_name}"
    if abs(end.won) < 0.005:
        return f"{text} không được thêm điểm nào trong kỳ này ({number(end.after.score, 2)} điểm khi hết kỳ)."
    moved = "" if end.before.rank == end.after.rank else f", hạng {_rank(end)}"
    return (
        f"{text} được thêm {number(end.won, 2)} điểm khi hết kỳ "
        f"({number(end.before.score, 2)} → {number(end.after.score, 2)}{moved})."
    )


def line(when: str, outcome: Outcome) -> Line:
    """Return an outcome in words."""
    before, after = outcome.before, outcome.after
    return Line(
        when=when,
        before=number(before.score, 2),
        after=number(after.score, 2),
        won="0" if abs(outcome.won) < 0.005 else signed(outcome.won, 2),
        per_100=f"{number(before.per_100, 2)} → {number(after.per_100, 2)}",
        rank=_rank(outcome),
    )


def _rank(outcome: Outcome) -> str:
    before, after = outcome.before.rank, outcome.after.rank
    if before is None or after is None:
        return NOTHING
    return number(before) if before == after else f"{number(before)} → {number(after)}"


def notes(found: WhatIf) -> list[str]:
    """Return what the actions can't win, and what they win elsewhere."""
    return list(_notes(found))


def _notes(found: WhatIf) -> Iterator[str]:
    held = found.notes
    if held.stay_late:
        yield (
            f"{number(held.stay_late)} hồ sơ đã quá hạn: trả ngay thì trong kỳ này vẫn tính là trễ, "
            "nhưng không kéo sang kỳ sau."
        )
    if held.kept_in_time:
        yield f"{number(held.kept_in_time)} hồ sơ lẽ ra thành quá hạn trước cuối kỳ được giữ trong hạn."
    before, after = found.carried_before, found.carried_after
    if before != after:
        yield (
            f"Kỳ sau bắt đầu với {number(after.late)} hồ sơ trễ trong {number(after.dossiers)} hồ sơ chuyển sang, "
            f"thay vì {number(before.late)} trong {number(before.dossiers)}."
        )
    if held.without_term:
        yield f"{number(held.without_term)} hồ sơ không có hạn: khi xong không được tính là đúng hạn."
    if held.filed_before:
        yield f"{number(held.filed_before)} hồ sơ tiếp nhận từ trước kỳ: chỉ tính vào chỉ số 2.1."
    if held.ended_already:
        yield f"{number(held.ended_already)} hồ sơ đã xong từ trước: trả kết quả ngay không thay đổi gì."
