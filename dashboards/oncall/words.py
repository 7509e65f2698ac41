"""How the rota reads: who is on call now, the table of days, policies. Pure; times are the province's."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from html import escape

from dashboards.oncall.models import Gap, Policy, Rota, Rotation, Shift
from dashboards.vietnamese import ZONE, age

NOBODY = "chưa có người trực"
WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
_HOW = {"first": "cách liên hệ đầu tiên", "all": "mọi cách liên hệ"}
_DAY = timedelta(days=1)


def moment(at: datetime) -> str:
    """Return an instant as `07:00 thứ Hai 07/12`."""
    local = at.astimezone(ZONE)
    weekday = WEEKDAYS[local.weekday()]
    return f"{local:%H:%M} {weekday[0].lower()}{weekday[1:]} {local:%d/%m}"


def now_of(rotation: Rotation) -> tuple[str, str]:
    """Return who is on call and until when, and who comes next; both for people."""
    current, following = rotation.now, rotation.next
    who = f"{current.title}, đến {moment(current.ends_at)}" if current is not None else NOBODY.capitalize()
    after = f"Tiếp theo: {following.title}, từ {moment(following.starts_at)}" if following is not None else ""
    return who, after


def warning(gap: Gap, now: datetime) -> str:
    """Return the line about a gap that is there or near."""
    if gap.starts_at <= now:
        return f"{gap.title}: không có người trực cho đến {moment(gap.ends_at)}."
    stretch = f"từ {moment(gap.starts_at)} đến {moment(gap.ends_at)}"
    return f"{gap.title}: {NOBODY} {stretch} (còn {age(gap.starts_at - now)})."


def week_of(now: datetime, weeks: int) -> date:
    """Return the Monday of this week (0), the next (1), …"""
    today = now.astimezone(ZONE).date()
    return today - timedelta(days=today.weekday()) + timedelta(weeks=weeks)


def week(rotations: Sequence[Rotation], monday: date, today: date) -> str:
    """Return an HTML table of seven days, a column a rotation: shifts stand on the day on which they begin."""
    heads = "".join(f"<th>{escape(rotation.title)}</th>" for rotation in rotations)
    lines = []
    for day in (monday + timedelta(days=number) for number in range(7)):
        bright = ' class="bad"' if day == today else ""
        name = f"{WEEKDAYS[day.weekday()]} {day:%d/%m}" + (" · hôm nay" if day == today else "")
        cells = "".join(f"<td>{'<br>'.join(_cell(rotation.shifts, day)) or '—'}</td>" for rotation in rotations)
        lines.append(f"<tr{bright}><td>{name}</td>{cells}</tr>")
    body = "".join(lines)
    return f'<table class="ioc-table rota"><thead><tr><th>Ngày</th>{heads}</tr></thead><tbody>{body}</tbody></table>'


def upcoming(rota: Rota, now: datetime) -> list[tuple[Rotation, Shift]]:
    """Return the shifts that aren't over, by beginning: those that can be taken over."""
    found = [(rotation, shift) for rotation in rota.rotations for shift in rotation.shifts if shift.ends_at > now]
    return sorted(found, key=lambda item: (item[1].starts_at, item[0].name))


def shift_name(rotation: Rotation, shift: Shift) -> str:
    """Return a shift as a choice of a list."""
    return f"{rotation.title}, {moment(shift.starts_at)} đến {moment(shift.ends_at)}: {shift.title or NOBODY}"


def steps(policy: Policy, titles: dict[str, str]) -> list[tuple[str, ...]]:
    """Return a line a step: when, whom, how."""
    lines: list[tuple[str, ...]] = []
    passed = 0.0
    for number, step in enumerate(policy.steps, 1):
        passed += step.wait_seconds
        whom = ", ".join(titles.get(f"{target.kind}:{target.name}", target.name) for target in step.whom)
        how = _HOW.get(step.how, step.how) if isinstance(step.how, str) else ", ".join(step.how)
        lines.append((f"Bước {number}", "ngay" if passed == 0 else f"sau {age(timedelta(seconds=passed))}", whom, how))
    return lines


def titles_of(rota: Rota) -> dict[str, str]:
    """Return `kind:name` → what screens call it."""
    people = {f"person:{person.name}": person.title for person in rota.people}
    return people | {f"rotation:{rotation.name}": f"người trực {rotation.title}" for rotation in rota.rotations}


def _cell(shifts: Sequence[Shift], day: date) -> Iterator[str]:
    begins = datetime.combine(day, datetime.min.time(), ZONE)
    on_day = [shift for shift in shifts if shift.ends_at > begins and shift.starts_at < begins + _DAY]
    fresh = [shift for shift in on_day if shift.starts_at >= begins]
    for shift in fresh or on_day:
        mark = " (đổi ca)" if shift.override is not None and shift.person is not None else ""
        who = f"<b class='gap'>{NOBODY}</b>" if shift.person is None else escape(shift.title)
        lead = f"{shift.starts_at.astimezone(ZONE):%H:%M}" if shift in fresh else "tiếp:"
        yield f"<span class='when'>{lead}</span> {who}{mark}"
