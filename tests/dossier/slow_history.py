"""What was said of a dossier, in its order, looked at one message after the other (docs/decisions/0008)."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from ioc_core.events import DossierEvent, dossier_content_id

ZERO = timedelta()
LATE_DELIVERY = timedelta(minutes=10)
WORKING = (1, 2, 4, 5, 6)
NEVER = datetime(1, 1, 1)  # noqa: DTZ001


class Message(NamedTuple):
    """One thing that was said, however often: it stands at `place`, since the arrival `came`. Local times."""

    said: DossierEvent
    status: int
    content: str
    first: datetime
    last: datetime
    states: datetime
    place: datetime = NEVER
    came: datetime = NEVER

    @property
    def order(self) -> tuple[datetime, int, datetime, str]:
        """What the messages are ordered by."""
        return self.place, self.status, self.came, self.content


class Request(NamedTuple):
    """A request for papers; `until` is None while it stands."""

    since: datetime
    until: datetime | None


def distinct(history: Iterable[DossierEvent], local: Callable[[datetime], datetime]) -> list[Message]:
    """The different messages, each with its first and last arrival."""
    known: dict[str, Message] = {}
    for event in history:
        content, came = dossier_content_id(event), local(event.received_at)
        message = known.get(content)
        if message is None:
            known[content] = Message(event, event.status.value, content, came, came, local(event.observed_at))
        else:
            known[content] = message._replace(first=min(message.first, came), last=max(message.last, came))
    return list(known.values())


def line_up(known: Iterable[Message], *, of_records: bool = False) -> list[Message]:
    """The messages in their places, first to last; `of_records`: a record corrects whatever its status."""
    arrivals = []
    for message in known:
        arrivals.append((message.first, message))
        if message.said.record and message.last != message.first:
            arrivals.append((message.last, message))
    arrivals.sort(key=lambda one: one[1].content)
    arrivals.sort(key=lambda one: (one[1].states, one[1].status), reverse=True)
    arrivals.sort(key=lambda one: one[0])
    line: list[Message] = []
    for came, message in arrivals:
        decides = max(line, key=lambda one: one.order) if line else None
        if decides is not None and decides.content == message.content:
            continue
        corrects = (
            decides is not None
            and message.said.record
            and message.states <= decides.place
            and (of_records or message.status != decides.status)
            and came - decides.came > LATE_DELIVERY
        )
        line.append(message._replace(place=came if corrects else message.states, came=came))
    line.sort(key=lambda one: one.order)
    latest = {message.content: message for message in line}
    return sorted(latest.values(), key=lambda one: one.order)


def since_work(told: list[Message]) -> tuple[list[Message], datetime]:
    """The messages after the last one that says the dossier is being worked on, and where that one stands."""
    after: list[Message] = []
    worked_on = NEVER
    for message in told:
        after.append(message)
        if message.status in WORKING:
            after, worked_on = [], message.place
    return after, worked_on


def requests(told: list[Message], fields: DossierEvent | None, local: Callable[[datetime], datetime]) -> list[Request]:
    """All requests for papers, by time: those that the record lists, and those that only statuses tell of."""
    listed = []
    for supplement in () if fields is None else fields.supplements:
        if supplement.requested_at is not None:
            since = local(supplement.requested_at)
            answer = supplement.received_at
            listed.append(Request(since, _moved_on(since, told) if answer is None else max(since, local(answer))))
    found = [one for one in _told_by_status(told) if not any(_touch(one, other) for other in listed)]
    return sorted(listed + found, key=lambda one: (one.since, one.until is None, one.until or one.since))


def until(end: datetime | None, asked: list[Request]) -> list[Request]:
    """The requests of before the end; none waits longer than that."""
    if end is None:
        return asked
    return [Request(one.since, min(one.until or end, end)) for one in asked if one.since <= end]


def waited(asked: list[Request]) -> timedelta:
    """How long the citizen let the office wait."""
    return sum((one.until - one.since for one in asked if one.until is not None), ZERO)


def waiting_since(told: list[Message], asked: list[Request]) -> datetime | None:
    """Since when a request for papers or for a fee stands."""
    if told[-1].status == 5:
        return min((one.since for one in asked if one.until is None), default=None)
    since = None
    for message in reversed(told):
        if message.status != 6:
            break
        since = message.place
    return since


def _moved_on(since: datetime, told: list[Message]) -> datetime | None:
    for message in told:
        if message.status != 5 and (message.place, message.status) > (since, 5):
            return message.place
    return None if told[-1].status == 5 else since


def _told_by_status(told: list[Message]) -> list[Request]:
    found = []
    since = None
    for message in told:
        if message.status == 5:
            since = message.place if since is None else since
        elif since is not None:
            found.append(Request(since, message.place))
            since = None
    return found if since is None else [*found, Request(since, None)]


def _touch(one: Request, other: Request) -> bool:
    begins_in_time = other.until is None or one.since <= other.until
    return begins_in_time and (one.until is None or other.since <= one.until)
