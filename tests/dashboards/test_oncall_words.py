"""How the rota reads on the console."""

from datetime import UTC, date, datetime, timedelta

from dashboards.oncall.models import Gap, Policy, Rotation, Shift, Step, Target
from dashboards.oncall.words import moment, now_of, shift_name, steps, warning, week, week_of

NOON = datetime(2026, 12, 7, 5, tzinfo=UTC)  # of a Monday
SEVEN = datetime(2026, 12, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def shift(days: float, length: float, title: str, override: int | None = None) -> Shift:
    start = SEVEN + days * DAY
    return Shift(start, start + length * DAY, title.lower() or None, title, override)


DUTY = Rotation(
    "truc-ban",
    "Trực ban",
    shift(0, 1, "An"),
    shift(1, 1, "Ba"),
    (shift(-1, 1, "Chi"), shift(0, 1, "An"), shift(1, 0.5, "Ba"), shift(1.5, 0.5, ""), shift(2, 1, "Chi", 7)),
    "https://ioc.example.vn/x.ics",
)
WEEKLY = Rotation("tuan", "Trực <tuần>", None, None, (shift(-3, 7, "Dũng"),), "")


def test_moments_have_the_day_of_the_week() -> None:
    assert moment(NOON) == "12:00 thứ Hai 07/12"
    assert moment(datetime(2026, 12, 12, 18, tzinfo=UTC)) == "01:00 chủ nhật 13/12"


def test_who_is_on_call_and_who_comes_next() -> None:
    assert now_of(DUTY) == ("An, đến 07:00 thứ Ba 08/12", "Tiếp theo: Ba, từ 07:00 thứ Ba 08/12")
    assert now_of(WEEKLY) == ("Chưa có người trực", "")


def test_a_week_has_each_shift_on_the_day_on_which_it_begins() -> None:
    page = week([DUTY, WEEKLY], date(2026, 12, 7), date(2026, 12, 8))
    rows = page.split("<tr")[2:]
    assert len(rows) == 7
    assert "Thứ Hai 07/12" in rows[0]
    assert "07:00</span> An" in rows[0]
    assert "Chi" not in rows[0], "the shift of Sunday isn't Monday's, though it ends then"
    assert "tiếp:</span> Dũng" in rows[0]
    assert "hôm nay" in rows[1]
    assert 'class="bad"' in rows[1]
    assert "19:00</span> <b class='gap'>chưa có người trực</b>" in rows[1]
    assert "Chi (đổi ca)" in rows[2]
    assert rows[6].count("—") == 2
    assert "Trực &lt;tuần&gt;" in page


def test_gaps_are_warned_of() -> None:
    gap = Gap("Trực ban", NOON + DAY / 2, NOON + DAY)
    expected = "Trực ban: chưa có người trực từ 00:00 thứ Ba 08/12 đến 12:00 thứ Ba 08/12 (còn 12 giờ)."
    assert warning(gap, NOON) == expected
    assert warning(gap, NOON + 0.6 * DAY) == "Trực ban: không có người trực cho đến 12:00 thứ Ba 08/12."


def test_weeks_begin_on_monday() -> None:
    assert week_of(NOON + 6 * DAY, 0) == date(2026, 12, 7)
    assert week_of(NOON, 1) == date(2026, 12, 14)


def test_a_shift_to_choose_names_when_and_who() -> None:
    assert shift_name(DUTY, DUTY.shifts[3]) == (
        "Trực ban, 19:00 thứ Ba 08/12 đến 07:00 thứ Tư 09/12: chưa có người trực"
    )


def test_steps_of_a_policy_say_when_from_the_beginning() -> None:
    policy = Policy(
        "p",
        "P",
        (
            Step(0, (Target("rotation", "truc-ban"),), "first"),
            Step(300, (Target("person", "an"), Target("receiver", "duty")), ("mail",)),
            Step(600, (Target("person", "an"),), "all"),
        ),
        0,
        0,
    )
    titles = {"rotation:truc-ban": "người trực Trực ban", "person:an": "An"}
    assert steps(policy, titles) == [
        ("Bước 1", "ngay", "người trực Trực ban", "cách liên hệ đầu tiên"),
        ("Bước 2", "sau 5 phút", "An, duty", "mail"),
        ("Bước 3", "sau 15 phút", "An", "mọi cách liên hệ"),
    ]
