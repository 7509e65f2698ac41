"""A replay's messages: exactly the allocation's dossiers, every life in order, the same bytes every time."""

import asyncio
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

import httpx
import msgspec
import numpy as np
import pytest
from msgspec import Raw, Struct

from ioc_core.catalogue import Catalogue
from ioc_core.errors import InputError
from ioc_core.events import DossierStatus
from simulator.credentials import Credential
from simulator.dossiers.day import DossierPlan
from simulator.dossiers.mix import Profile
from simulator.dossiers.steps import Filing, Record, Step
from simulator.dossiers.terms import due_of
from simulator.dossiers.timeline import Kind
from simulator.dossiers.wire import DossierWire
from simulator.igate.client import NationalClient
from simulator.position import PositionFile
from simulator.replay.allocation import allocate
from simulator.replay.draws import Draws
from simulator.replay.feed import WORKERS, ReplayFeed
from simulator.replay.grid import WorkGrid
from simulator.replay.lives import Lives, plan_lives
from simulator.replay.plan import Replay
from simulator.replay.registers import DOCUMENTS, document_totals, samples
from simulator.replay.report import DAK_LAK_2020, Report, scaled
from simulator.replay.run import check_kept
from simulator.replay.wire import Stretch
from simulator.workclock import WorkClock
from tests.simulator.conftest import SEED
from tests.simulator.receiver import Receiver, receiving

SMALL = scaled(DAK_LAK_2020, 0.004)
MESSAGES = 1_388_861
"""Of the whole report; another number means that the same seed doesn't tell the same any more."""


class Entry(Struct):
    """What every entry has, and what only one kind of them has."""

    MaHoSo: str
    TrangThaiHoSo: str = ""
    TrangThai: str = ""
    KenhThucHien: str = ""
    MaTTHC: str = ""
    DonViXuLy: str = ""
    NgayTiepNhan: str = ""
    NgayKetThucXuLy: str = ""
    ThoiDiemXuLy: str = ""


_entries = msgspec.json.Decoder(list[Entry])


def _replay(report: Report, catalogue: Catalogue, clock: WorkClock, seed: int = SEED) -> Replay:
    return Replay(report, catalogue, clock, seed, allocate(report, catalogue))


@pytest.fixture(scope="module")
def whole(shipped: Catalogue, clock: WorkClock) -> Replay:
    """The whole report."""
    return _replay(DAK_LAK_2020, shipped, clock)


@pytest.fixture(scope="module")
def lives(whole: Replay) -> Lives:
    """Every life of the whole report."""
    return plan_lives(whole.report, whole.cells, whole.clock, whole.seed)


@pytest.fixture
def small(shipped: Catalogue, clock: WorkClock) -> Replay:
    """A province a 250th as large."""
    return _replay(SMALL, shipped, clock)


def _digest(stretches: list[Stretch]) -> str:
    found = sha256()
    for stretch in stretches:
        for call in stretch.calls:
            found.update(call.entries)
    return found.hexdigest()


def test_the_messages_of_the_whole_report_add_up_to_it(whole: Replay) -> None:
    cells = {(cell.unit.name, cell.procedure.code, cell.filed.channel.value): cell for cell in whole.cells}
    received: Counter[tuple[str, str, int]] = Counter()
    ended: Counter[str] = Counter()
    messages = 0
    kinds: Counter[Kind] = Counter()
    last: dict[str, Entry] = {}
    for stretch in whole.wire().stretches(5_000):
        messages += stretch.messages
        for call in stretch.calls:
            entries = _entries.decode(call.entries)
            assert len(entries) == call.count
            kinds[call.kind] += call.count
            if call.kind is not Kind.STEP:
                last.update((entry.MaHoSo, entry) for entry in entries)
    for entry in last.values():
        name = entry.DonViXuLy.removeprefix("UBND ")
        received[name[0].upper() + name[1:], entry.MaTTHC, int(entry.KenhThucHien)] += 1
        ended["resolved" if entry.NgayKetThucXuLy else "open"] += 1
    assert ended == {"resolved": 197_552, "open": 221_942 - 197_552}
    assert received == {key: cell.received for key, cell in cells.items()}
    assert kinds[Kind.CREATE] == whole.report.received
    assert messages == MESSAGES


def test_lives_are_in_order_and_end_with_the_report(lives: Lives, whole: Replay) -> None:
    columns = ("filed", "accepted", "started", "asked", "answered", "reviewed", "finished", "entered", "returned")
    until = whole.clock.midnight(whole.report.last + timedelta(1))
    before = np.full(len(lives), whole.begin)
    for name in columns:
        at = getattr(lives, name)
        happened = at > 0
        assert (at[happened] >= before[happened]).all(), name
        assert (at < until).all(), name
        before = np.maximum(before, at)
    assert (lives.filed[:-1] <= lives.filed[1:]).all()
    ended = lives.finished > 0
    resolved = np.array([cell.resolved for cell in whole.cells])
    assert np.bincount(lives.cell[ended], minlength=len(resolved)).tolist() == resolved.tolist()
    assert set(lives.status[~ended].tolist()) == {DossierStatus.IN_PROCESS, DossierStatus.SUPPLEMENT_REQUESTED}


def test_shares_are_those_of_a_real_province(lives: Lives, whole: Replay) -> None:
    ended = lives.finished > 0
    late = (lives.finished > lives.due_after)[ended].mean()
    entered_late = ((lives.finished <= lives.due_after) & (lives.entered > lives.due_after))[ended].mean()
    assert 0.008 < late < 0.02
    assert 0.003 < entered_late < 0.01
    assert 0.04 < (lives.answered > 0)[ended].mean() < 0.06
    assert 0.002 < (lives.withdrawn > 0)[ended].mean() < 0.006
    assert (lives.asked > 0)[~ended].mean() == pytest.approx(0.17, abs=0.01)
    by_month = np.bincount([whole.clock.day_of(at).month for at in lives.filed[::20].tolist()])[1:10]
    assert by_month.min() > 0.6 * by_month.mean()
    assert by_month.max() < 1.5 * by_month.mean()


def test_offices_work_by_the_calendar_of_2020(lives: Lives, whole: Replay) -> None:
    clock = whole.clock
    tet = (clock.midnight(date(2020, 1, 23)), clock.midnight(date(2020, 1, 30)))
    for name in ("accepted", "started", "reviewed", "entered"):
        at = getattr(lives, name)
        assert not ((at >= tet[0]) & (at < tet[1])).any(), name
        for instant in at[at > 0][:: len(lives) // 200].tolist():
            assert clock.is_open(instant) or clock.is_open(instant - 1), clock.text(instant)
    for place in range(0, len(lives), len(lives) // 300):
        cell = whole.cells[lives.cell[place]]
        due = due_of(clock, cell.procedure, int(lives.accepted[place]))
        assert abs(int(lives.due[place]) - due) <= 1, cell.procedure.code


def test_the_same_seed_tells_the_same_and_another_one_does_not(
    small: Replay, shipped: Catalogue, clock: WorkClock
) -> None:
    first = _digest(list(small.wire().stretches(100)))
    assert _digest(list(_replay(SMALL, shipped, clock).wire().stretches(100))) == first
    assert _digest(list(_replay(SMALL, shipped, clock, seed=SEED + 1).wire().stretches(100))) != first
    again = _replay(SMALL, shipped, clock).samples()
    assert again == small.samples()


def test_draws_never_change() -> None:
    draw = Draws(766, 3)
    assert draw("fate").tolist() == [0.24050246477966308, 0.5826590827973633, 0.16193804384065147]
    assert draw("fate").tolist() != draw("late").tolist()
    many = Draws(1, 100_000)("x")
    assert many.min() >= 0
    assert many.max() < 1
    assert many.mean() == pytest.approx(0.5, abs=0.01)


def test_a_grid_counts_as_the_clock_does(clock: WorkClock) -> None:
    first = date(2020, 1, 1)
    grid = WorkGrid(clock, first, first + timedelta(90))
    begin = clock.midnight(first)
    rng = Random(1)
    instants = [begin + rng.randrange(60 * 86_400) for _ in range(500)]
    worked = grid.worked(np.array(instants))
    assert worked.tolist() == [clock.between(begin, at) for at in instants]
    assert grid.opening(np.array(instants)).tolist() == [clock.opening(at) for at in instants]
    amounts = [rng.randrange(1, 20 * 28_800) for _ in instants]
    assert grid.at(worked + np.array(amounts)).tolist() == [
        clock.add(at, amount) for at, amount in zip(instants, amounts, strict=True)
    ]
    assert grid.texts(np.array([*instants, 0])) == [*(clock.text(at).encode() for at in instants), b""]
    assert grid.days(np.array(instants)).tolist() == [(clock.day_of(at) - first).days for at in instants]


def test_messages_have_the_fields_of_the_simulated_one_stop_system(small: Replay) -> None:
    wire = DossierWire(small.clock)
    cell = small.cells[0]
    profile = Profile(unit=cell.unit, text="", prefix="", receiver="", weight=1, late=0)
    filing = Filing(
        filed=small.begin,
        channel=cell.filed.channel,
        profile=profile,
        procedure=cell.procedure,
        office_text="",
        person=1,
    )
    step = Step(
        at=small.begin, told=0, status=DossierStatus.PROCESSED, office=0, text="", started=small.begin,
        record=Record(received=small.begin), renewed=True,
    )  # fmt: skip
    plan = DossierPlan(code="1-2", filing=filing, steps=(step,))
    of_later_years = {"HoSoCoThanhPhanSoHoa", "TaiKhoanDuocXacThucVoiVNeID", "DSKetNoiCSDL"}
    fields = {False: msgspec.json.decode(wire.record(plan, step)), True: msgspec.json.decode(wire.step(plan, step))}
    for stretch in small.wire().stretches(500):
        for call in stretch.calls:
            for entry in msgspec.json.decode(call.entries):
                assert set(fields[call.kind is Kind.STEP]) - set(entry) <= of_later_years
                assert entry.keys() <= fields[call.kind is Kind.STEP].keys()
                if call.kind is not Kind.STEP:
                    assert entry["ChuHoSo"].startswith("Công dân mô phỏng ")
                    assert (entry["Email"] != "") == (entry["KenhThucHien"] == "2")


def test_codes_are_unique_and_begin_with_their_receiver(small: Replay) -> None:
    wire = small.wire()
    codes = [code.decode() for code in wire.codes(0, SMALL.received)]
    assert len(set(codes)) == SMALL.received
    prefixes = {cell.receiver.national_id for cell in small.cells}
    assert {code.split("-")[0] for code in codes} <= prefixes
    numbers: dict[str, list[int]] = defaultdict(list)
    for code in codes:
        head, _, number = code.rpartition("-")
        numbers[head].append(int(number))
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


def test_documents_add_up_and_counters_never_fall(shipped: Catalogue, clock: WorkClock) -> None:
    report = DAK_LAK_2020
    assert sum(document_totals(report, shipped, SEED).values()) == 1_410_312
    newest: dict[tuple[str, str], float] = {}
    times: list[str] = []
    for raw in samples(report, shipped, clock, SEED):
        entry = msgspec.json.decode(raw)
        metric = shipped.metrics[entry["metric"]]
        assert set(entry["labels"]) == set(metric.labels)
        key = (entry["metric"], msgspec.json.encode(entry["labels"]).decode())
        assert entry["value"] >= newest.get(key, 0)
        newest[key] = entry["value"]
        times.append(entry["observed_at"])
    assert times == sorted(times)
    assert (times[0], times[-1]) == ("2020-01-01T00:00:00+07:00", "2020-09-30T17:00:00+07:00")
    assert sum(value for (metric, _), value in newest.items() if metric in DOCUMENTS) == 1_410_312
    assert sum(value for (metric, _), value in newest.items() if metric == "online_services") == 1_626
    assert newest["mail_accounts", '{"unit":"66"}'] == 46_016


@pytest.mark.parametrize(
    ("kept", "named"),
    [
        pytest.param({}, None, id="all is kept"),
        pytest.param({"sample": 90}, "IOC_RETENTION_SAMPLES_DAYS=2521 for", id="samples of ninety days"),
        pytest.param({"sample": 90, "rollup": 1825}, "_DAYS=2521, IOC_RETENTION_ROLLUP_DAYS=2521", id="and rollups"),
        pytest.param({"dossier": 2000}, "IOC_RETENTION_DOSSIER_DAYS=2521", id="dossiers"),
    ],
)
def test_a_centre_that_forgets_is_told_apart(small: Replay, kept: dict[str, int], named: str | None) -> None:
    now = datetime(2026, 11, 23, 17, tzinfo=UTC)
    since = {kind: now - timedelta(days=kept.get(kind, 3650)) for kind in ("sample", "dossier", "probe", "rollup")}
    if named is None:
        check_kept(small, since, now)
        return
    with pytest.raises(InputError, match=named):
        check_kept(small, since, now)


class Interrupted(NationalClient):
    """A client whose receiver goes away for good after some calls."""

    left = 12
    waiting = 0

    async def push_list(self, kind: Kind, entries: Raw, count: int) -> int:
        """Send a call, or wait for ever."""
        self.left -= 1
        if self.left < 0:
            self.waiting += 1
            await asyncio.Event().wait()
        return await super().push_list(kind, entries, count)


async def test_an_interrupted_replay_goes_on_where_it_stopped(small: Replay, tmp_path: Path) -> None:
    async def credential() -> Credential:
        return Credential(source="igate-replay", kind="password", username="u", password="secret")

    receiver = Receiver()
    position = PositionFile(tmp_path, small.report.name, small.name)
    async with receiving(receiver) as url, httpx.AsyncClient(trust_env=False) as http:
        client = Interrupted(http, url, credential=credential, agency=small.agency, rng=Random(1))
        feed = ReplayFeed(small.wire(), client, position=position, since=small.begin, size=100)
        running = asyncio.create_task(feed.run())
        async with asyncio.timeout(10):
            while client.waiting < WORKERS:
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait({running})
        held = position.read(since=small.begin)
        assert held is not None
        assert held.last in {code for _, code in receiver.told}
        again = NationalClient(http, url, credential=credential, agency=small.agency, rng=Random(2))
        feed = ReplayFeed(small.wire(), again, position=position, since=small.begin, size=100)
        sent = await feed.run(after=held.until, again=feed.in_flight)
    assert 0 < sent.dossiers < SMALL.received
    assert _told(receiver, "DongBoHoSoMC True") >= _wanted(small, Kind.UPDATE)
    assert _told(receiver, "CapNhatTienDoHoSoMC") >= _wanted(small, Kind.STEP)
    first = _told(receiver, "DongBoHoSoMC False")
    assert first <= _wanted(small, Kind.CREATE)  # none of them twice
    assert first.total() >= SMALL.received - feed.in_flight


def _told(receiver: Receiver, call: str) -> Counter[str]:
    return Counter(code for told, code in receiver.told if told == call)


def _wanted(replay: Replay, kind: Kind) -> Counter[str]:
    calls = [call for stretch in replay.wire().stretches(500) for call in stretch.calls if call.kind is kind]
    return Counter(entry.MaHoSo for call in calls for entry in _entries.decode(call.entries))


def test_what_may_have_been_sent_before_comes_without_the_records_on_receipt(small: Replay) -> None:
    stretches = list(small.wire().stretches(100, again=150))
    assert [[call.kind for call in stretch.calls] for stretch in stretches[:3]] == [
        [Kind.UPDATE, Kind.STEP],
        [Kind.UPDATE, Kind.STEP],
        [Kind.CREATE, Kind.STEP, Kind.UPDATE],
    ]
