"""The life of one dossier, planned whole when it is filed: every step, and when the system tells of it. Pure."""

from random import Random

from ioc_core.catalogue import ServiceMode
from ioc_core.events import Channel, DossierStatus
from simulator.dossiers.scenario import Scenario
from simulator.dossiers.steps import (
    CASHIER,
    CLERKS,
    EXPERTS,
    FRONT_DESK,
    LEADERS,
    PORTAL,
    Filing,
    Record,
    Step,
    Wait,
)
from simulator.dossiers.terms import due_of, lateness
from simulator.workclock import DAY, HOUR, WorkClock

MINUTE = 60
BULK_ENTRY_AT = 16 * HOUR + 40 * MINUTE
"""Local time at which a unit with the habit enters its day's work."""
UNANSWERED_AFTER = 20 * DAY
"""A supplement that isn't brought by then: the dossier is stopped."""
NOT_ACCEPTED_AFTER = 8 * HOUR


class LifePlanner:
    """Draws lives by a scenario's shares. Immutable; the generator of random numbers is an argument."""

    def __init__(self, scenario: Scenario, clock: WorkClock) -> None:
        self.scenario = scenario
        self.clock = clock

    def plan(self, rng: Random, filing: Filing) -> tuple[Step, ...]:
        """Return every step of the dossier's life, in the order in which they are told."""
        return _Life(rng, self.scenario, self.clock, filing).live()


class _Life:
    """The state of one plan while it is drawn: the record so far, and the instant that work has reached."""

    def __init__(self, rng: Random, scenario: Scenario, clock: WorkClock, filing: Filing) -> None:
        self.rng = rng
        self.scenario = scenario
        self.clock = clock
        self.filing = filing
        self.steps: list[Step] = []
        self.record = Record(received=filing.filed)
        self.cursor = filing.filed
        self.due = 0

    def live(self) -> tuple[Step, ...]:
        if self._enter():
            self._work_begins()
            self._pay()
            if self._supplement() and not self._withdraw():
                self._finish()
                self._hand_over()
                self._correct()
        return tuple(self.steps)

    def _tell(self, at: int, status: DossierStatus, office: int, text: str, *, record: Record | None = None) -> None:
        told = self.steps[-1].told if self.steps else 0
        if self.filing.profile.bulk and self.clock.is_open(at):
            told = max(told, self.clock.midnight(self.clock.day_of(at)) + BULK_ENTRY_AT)
        renewed = record is not None
        if record is not None:
            self.record = record
        started = self.steps[-1].at if self.steps else at
        self.steps.append(
            Step(
                at=at,
                told=max(told, at),
                status=status,
                office=office,
                text=text,
                started=started,
                record=self.record,
                renewed=renewed,
            )
        )

    def _change(self, **changes: object) -> Record:
        held = self.record
        values = {name: getattr(held, name) for name in held.__struct_fields__}
        return Record(**{**values, **changes})

    def _enter(self) -> bool:
        """Filing and acceptance; False when the dossier is refused at the door."""
        filing, rng, clock = self.filing, self.rng, self.clock
        accepted = filing.filed
        if filing.channel is Channel.ONLINE:
            paid = filing.procedure.fee_vnd > 0 and rng.random() >= self.scenario.fee_share
            self._tell(
                filing.filed,
                DossierStatus.REGISTERED,
                PORTAL,
                "Nộp hồ sơ trực tuyến",
                record=self._change(paid=paid),
            )
            accepted = self._acceptance()
            if rng.random() < self.scenario.refuse_share:
                accepted = clock.opening(accepted)
                record = self._change(finished=accepted)
                self._tell(
                    accepted, DossierStatus.REFUSED, FRONT_DESK, "Không tiếp nhận: thiếu thành phần", record=record
                )
                return False
        self.due = due_of(self.clock, self.filing.procedure, accepted)
        self.cursor = accepted
        text = "Tiếp nhận hồ sơ, hẹn trả kết quả"
        record = self._change(received=accepted, due=self.due)
        self._tell(accepted, DossierStatus.ACCEPTED, FRONT_DESK, text, record=record)
        return True

    def _acceptance(self) -> int:
        filing, rng, clock = self.filing, self.rng, self.clock
        automatic = filing.procedure.service_mode is ServiceMode.FULL
        if automatic and rng.random() < self.scenario.automatic_share:
            return filing.filed + 20 + int(rng.random() * 9 * MINUTE)
        if rng.random() < filing.profile.unaccepted:
            return clock.add(filing.filed, NOT_ACCEPTED_AFTER + HOUR * (0.5 + rng.expovariate(1 / 3.0)))
        worked = min(rng.lognormvariate(0.1, 0.7) * HOUR, NOT_ACCEPTED_AFTER - 15 * MINUTE)
        return clock.add(filing.filed, max(worked, MINUTE))

    def _forward(self, fraction: float) -> int:
        """The instant at that fraction of the working time that is left until the due date."""
        left = self.clock.between(self.cursor, self.due)
        return self.clock.add(self.cursor, max(left * fraction, MINUTE))

    def _work_begins(self) -> None:
        started = min(self.clock.add(self.cursor, MINUTE * self.rng.uniform(12, 50)), self._forward(0.1))
        self._tell(started, DossierStatus.IN_PROCESS, EXPERTS, "Thụ lý hồ sơ")
        self.cursor = started

    def _pay(self) -> None:
        filing, rng = self.filing, self.rng
        term = self.due - self.cursor
        owes = filing.channel is Channel.ONLINE and filing.procedure.fee_vnd > 0 and not self.record.paid
        if not owes or term < 2 * DAY:
            return
        asked = self._forward(0.02)
        self._tell(asked, DossierStatus.FEE_REQUESTED, CASHIER, "Yêu cầu thực hiện nghĩa vụ tài chính")
        paid = asked + int(term * rng.uniform(0.01, 0.2))
        record = self._change(paid=True)
        self._tell(paid, DossierStatus.IN_PROCESS, PORTAL, "Đã thanh toán trực tuyến", record=record)
        self.cursor = paid

    def _supplement(self) -> bool:
        """A request for more papers, perhaps; False when they never come and the dossier is stopped."""
        rng, clock = self.rng, self.clock
        if rng.random() >= self.scenario.supplement_share:
            return True
        asked = self._forward(rng.uniform(0.05, 0.35))
        self.cursor = asked
        waits = self.record.waits
        open_wait = Wait(asked=asked, due_before=self.due)
        record = self._change(waits=(*waits, open_wait))
        self._tell(asked, DossierStatus.SUPPLEMENT_REQUESTED, EXPERTS, "Yêu cầu bổ sung giấy tờ", record=record)
        if rng.random() < self.scenario.unanswered_share:
            end = clock.opening(asked + UNANSWERED_AFTER)
            text = "Dừng xử lý: quá hạn bổ sung giấy tờ"
            self._tell(end, DossierStatus.STOPPED, EXPERTS, text, record=self._change(finished=end))
            return False
        answered = asked + int(min(rng.lognormvariate(0.2, 0.9), 12.0) * DAY)
        if self.filing.channel is not Channel.ONLINE:
            answered = clock.opening(answered)
        self.due = clock.add(self.due, clock.between(asked, answered))
        wait = Wait(asked=asked, due_before=open_wait.due_before, answered=answered, due_after=self.due)
        record = self._change(waits=(*waits, wait), due=self.due)
        self._tell(answered, DossierStatus.IN_PROCESS, FRONT_DESK, "Đã nhận giấy tờ bổ sung", record=record)
        self.cursor = answered
        return True

    def _withdraw(self) -> bool:
        if self.rng.random() >= self.scenario.withdraw_share:
            return False
        asked = self._forward(self.rng.uniform(0.1, 0.6))
        self._tell(asked, DossierStatus.WITHDRAWAL_REQUESTED, FRONT_DESK, "Công dân yêu cầu rút hồ sơ")
        self.cursor = asked
        end = self._forward(0.4)
        record = self._change(finished=end)
        self._tell(end, DossierStatus.STOPPED, LEADERS, "Dừng xử lý theo yêu cầu của công dân", record=record)
        return True

    def _finish(self) -> None:
        """Processed: early most often; late, or in time but entered late, in units with that habit."""
        rng, profile = self.rng, self.filing.profile
        draw = rng.random()
        finished = self._forward(self._early_fraction())
        entered = finished
        if draw < profile.late:
            finished = entered = self.clock.add(self.due, lateness(rng, self.scenario.habits) * HOUR)
        elif draw < profile.late + profile.entry_late:
            entered = self.clock.add(self.due, lateness(rng, self.scenario.habits) * HOUR)
        self._internal_steps(finished)
        electronic = self.filing.procedure.needs_paper_result and rng.random() < 0.72
        record = self._change(finished=finished, electronic=electronic)
        self._tell(entered, DossierStatus.PROCESSED, CLERKS, "Đã có kết quả giải quyết", record=record)
        self.cursor = entered

    def _early_fraction(self) -> float:
        # Work of a day or less is done while people wait; the rest spreads over its term.
        if self.clock.between(self.cursor, self.due) <= self.clock.day_seconds:
            return self.rng.betavariate(1.3, 7.0)
        return self.rng.betavariate(2.2, 2.6) * 0.95

    def _internal_steps(self, finished: int) -> None:
        if self.clock.between(self.cursor, finished) < 4 * HOUR:
            return
        checked = self.clock.add(self.cursor, self.clock.between(self.cursor, finished) * self.rng.uniform(0.3, 0.7))
        self._tell(checked, DossierStatus.IN_PROCESS, EXPERTS, "Thẩm định hồ sơ")
        signing = self.clock.add(checked, self.clock.between(checked, finished) * self.rng.uniform(0.5, 0.9))
        self._tell(signing, DossierStatus.IN_PROCESS, LEADERS, "Trình lãnh đạo phê duyệt")

    def _hand_over(self) -> None:
        rng, clock = self.rng, self.clock
        online = self.filing.channel is Channel.ONLINE
        if online and self.record.electronic and rng.random() < 0.8:
            at, office, text = self.cursor + int(rng.uniform(20, 600)), PORTAL, "Trả kết quả điện tử"
        elif self.filing.channel is Channel.POST or rng.random() < self.scenario.post_return_share:
            day = clock.midnight(clock.day_of(self.cursor)) + int(rng.uniform(1.0, 3.99)) * DAY
            at, office, text = day + int(rng.uniform(8, 19) * HOUR), FRONT_DESK, "Trả kết quả qua bưu chính công ích"
        else:
            at = clock.add(self.cursor, HOUR * min(0.1 + rng.expovariate(1 / 5.0), 40))
            office, text = FRONT_DESK, "Trả kết quả trực tiếp"
        self.cursor = at
        self._tell(at, DossierStatus.RETURNED, office, text, record=self._change(returned=at))

    def _correct(self) -> None:
        """A mistake in the result: the dossier goes back to work with a new due date."""
        rng, clock = self.rng, self.clock
        if rng.random() >= self.scenario.correction_share:
            return
        reopened = clock.add(self.cursor, HOUR * rng.uniform(2, 24))
        self.due = clock.add(reopened, 2 * clock.day_seconds)
        record = self._change(due=self.due, finished=None, returned=None, electronic=False)
        self._tell(reopened, DossierStatus.IN_PROCESS, FRONT_DESK, "Đính chính kết quả đã trả", record=record)
        self.cursor = reopened
        finished = self._forward(rng.uniform(0.2, 0.8))
        record = self._change(finished=finished, electronic=True)
        self._tell(finished, DossierStatus.PROCESSED, CLERKS, "Đã có kết quả đính chính", record=record)
        returned = clock.add(finished, HOUR * rng.uniform(0.3, 6))
        record = self._change(returned=returned)
        self._tell(returned, DossierStatus.RETURNED, FRONT_DESK, "Trả kết quả đính chính", record=record)
