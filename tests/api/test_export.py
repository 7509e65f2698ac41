"""Lists as files: what a spreadsheet finds in them, and how they are sent."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from ioc_api.database import Database
from ioc_api.export import Column, Exports, Format, Table, flag, hours, instant, number, text, whole_number, words
from ioc_api.export.csv_file import BOM, encode
from ioc_api.export.formats import MEDIA_TYPES, preferred
from ioc_api.export.table import Kind, cell, is_formula
from ioc_api.export.workbook import WorkbookFile
from ioc_api.listing import Key, Listing, Rows, whole
from ioc_api.problems import Problem
from ioc_api.words import STANDINGS
from ioc_core.db import Connection
from ioc_core.db import connect as connect_database
from tests.api.conftest import SCOPE, Centre
from tests.api.test_lists import pages

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TABLE = Table(
    "thu",
    "Thử",
    (
        text("Chữ", "text"),
        words("Lời", "code", {1: "một"}),
        flag("Có", "flag"),
        whole_number("Nguyên", "whole"),
        number("Số", "number"),
        hours("Giờ", "seconds"),
        instant("Lúc", "at"),
        Column("Ngày", lambda row: row["day"], Kind.DAY),
        text("Nhãn", "labels"),
    ),
)
ROW: dict[str, Any] = {
    "text": "=1+1",
    "code": 1,
    "flag": True,
    "whole": -3,
    "number": 2.5,
    "seconds": -5400.0,
    "at": datetime(2026, 7, 1, 3, 4, 5, 678901, tzinfo=UTC),
    "day": date(2026, 7, 1),
    "labels": {"unit": "66"},
}
EMPTY: dict[str, Any] = dict.fromkeys(ROW)
LOCAL = datetime.fromisoformat("2026-07-01T10:04:05")
CELLS = ["=1+1", "một", "Có", -3, 2.5, -1.5, LOCAL, date(2026, 7, 1), '{"unit":"66"}']


def read_csv(content: bytes) -> list[list[str]]:
    assert content.startswith(BOM)
    return list(csv.reader(io.StringIO(content[len(BOM) :].decode("utf-8"), newline="")))


def read_xlsx(content: bytes) -> list[tuple[Any, ...]]:
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    return list(sheet.iter_rows(values_only=True))


def test_cells_of_a_row() -> None:
    assert TABLE.cells(ROW, ZONE) == CELLS
    assert TABLE.cells(EMPTY, ZONE) == [None] * len(CELLS)
    assert words("Lời", "code", {1: "một"}).read({"code": 7}) == 7, "what has no word is told as it is"
    assert cell(float("nan"), ZONE) is None
    assert cell(datetime.max.replace(tzinfo=UTC), ZONE) == datetime.fromisoformat("9999-12-31T23:59:59")


@pytest.mark.parametrize(
    ("value", "formula"),
    [
        pytest.param("=1+1", True, id="equals"),
        pytest.param("+84 262 3812345", True, id="plus"),
        pytest.param("-1", True, id="minus"),
        pytest.param("@SUM(A1)", True, id="at"),
        pytest.param("\t=1", True, id="tab"),
        pytest.param("\r=1", True, id="carriage return"),
        pytest.param("\n=1", True, id="line feed"),
        pytest.param("＝1+1", True, id="full width"),
        pytest.param("  =1+1", True, id="after blanks"),
        pytest.param("Xã Ea Kao = 1", False, id="later on"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_what_a_spreadsheet_might_calculate(value: str, formula: bool) -> None:
    assert is_formula(value) is formula


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=3), max_size=4))
def test_csv_says_what_it_was_given_and_nothing_that_calculates(rows: list[list[str]]) -> None:
    found = read_csv(BOM + encode(rows))
    assert found == [[f"'{value}" if is_formula(value) else value for value in row] for row in rows]


def test_csv_has_local_times_and_plain_numbers() -> None:
    line = encode([TABLE.cells(ROW, ZONE)]).decode()
    assert line == '\'=1+1,một,Có,-3,2.5,-1.5,2026-07-01 10:04:05,2026-07-01,"{""unit"":""66""}"\r\n'


def test_a_workbook_has_real_dates_and_numbers_and_no_formulas(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    book = WorkbookFile(path, TABLE)
    odd = {**EMPTY, "text": "x" * 40_000, "at": datetime(1700, 1, 1, tzinfo=UTC), "labels": "http://a.vn \x01"}
    book.append([TABLE.cells(one, ZONE) for one in (ROW, EMPTY, odd)])
    book.close()
    sheet = load_workbook(path).worksheets[0]
    head, first, second, third = sheet.iter_rows()
    assert [one.value for one in head] == TABLE.titles
    assert [one.value for one in first] == [*CELLS[:7], LOCAL.replace(hour=0, minute=0, second=0), CELLS[8]]
    assert [one.data_type for one in first] == ["s", "s", "s", "n", "n", "n", "d", "d", "s"]
    assert first[0].quotePrefix
    assert not first[1].quotePrefix
    assert [one.value for one in second] == [None] * 9
    assert (len(str(third[0].value)), third[6].value) == (32_767, "1700-01-01 07:06:30")
    assert third[8].data_type == "s"
    assert (sheet.title, sheet.freeze_panes, sheet.auto_filter.ref) == ("Thử", "A2", "A1:I4")
    assert [path.name for path in tmp_path.iterdir()] == ["x.xlsx"], "nothing is left beside it"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        pytest.param("", "json", id="nothing said"),
        pytest.param("*/*", "json", id="anything"),
        pytest.param("text/csv", "csv", id="csv"),
        pytest.param("Text/CSV; charset=utf-8", "csv", id="with a parameter"),
        pytest.param(MEDIA_TYPES["xlsx"], "xlsx", id="xlsx"),
        pytest.param("text/csv;q=0.5, application/json", "json", id="rather json"),
        pytest.param("application/json;q=0.5, text/csv;q=0.6", "csv", id="rather csv"),
        pytest.param("text/csv;q=0", "json", id="anything but csv"),
        pytest.param("text/csv;q=x", "json", id="a quality that is none"),
        pytest.param("text/html,application/xhtml+xml,*/*;q=0.8", "json", id="a browser"),
        pytest.param("image/png", "json", id="what we don't have"),
    ],
)
def test_what_an_accept_header_asks_for(accept: str, wanted: Format) -> None:
    assert preferred(accept) == wanted


class Numbers:
    """A list of the numbers below `count`, which tells how far it was read."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.read_to = 0
        self.snapshots: set[Any] = set()

    async def page(self, connection: Connection, after: Key | None, limit: int) -> Rows:
        self.snapshots.add(await connection.fetchval("SELECT pg_current_snapshot()::text || pg_backend_pid()"))
        begin = 0 if after is None else after[0] + 1
        self.read_to = min(begin + limit, self.count)
        return [{"whole": n} for n in range(begin, self.read_to)]

    @property
    def listing(self) -> Listing:
        return Listing(self.page, lambda row: (row["whole"],))


ONE_COLUMN = Table("so", "Số", (Column("Số", lambda row: row["whole"], Kind.WHOLE),))


@pytest.fixture
async def store(api: Centre) -> AsyncIterator[Database]:
    opened = Database(api.dsn, size=2, application="test")
    await opened.open()
    yield opened
    await opened.close()


async def sent(exports: Exports, wanted: Format, listing: Listing) -> bytes:
    """What a client receives."""
    parts: list[bytes] = []

    async def send(message: Any) -> None:
        parts.append(message.get("body", b""))

    async def receive() -> Any:
        await asyncio.Event().wait()

    response = exports.download(wanted, ONE_COLUMN, listing, now=datetime(2026, 7, 1, tzinfo=UTC))
    await response({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)
    return b"".join(parts)


@pytest.mark.parametrize(
    ("count", "most", "rows"),
    [
        pytest.param(0, 9000, 0, id="none"),
        pytest.param(2000, 9000, 2000, id="whole pages"),
        pytest.param(4321, 9000, 4321, id="some pages"),
        pytest.param(5000, 5000, 5000, id="exactly as many as may be"),
        pytest.param(5001, 5000, 5000, id="one too many"),
        pytest.param(4001, 4000, 4000, id="one more than whole pages"),
    ],
)
async def test_every_page_is_written_up_to_the_limit(store: Database, count: int, most: int, rows: int) -> None:
    exports = Exports(store, ZONE, at_once=1, most_rows=most)
    numbers = Numbers(count)
    lines = read_csv(await sent(exports, "csv", numbers.listing))
    cells = [row[0] for row in read_xlsx(await sent(exports, "xlsx", numbers.listing))]
    assert [line[0] for line in lines[1 : rows + 1]] == [str(n) for n in range(rows)]
    assert cells[1 : rows + 1] == list(range(rows))
    said = [f"Chỉ gồm {most:,} dòng đầu: xin thu hẹp điều kiện lọc.".replace(",", ".")] if count > most else []
    assert [line[0] for line in lines[rows + 1 :]] == said
    assert cells[rows + 1 :] == said


async def test_csv_is_sent_while_it_is_read_in_one_snapshot(store: Database, api: Centre) -> None:
    exports = Exports(store, ZONE, at_once=1)
    numbers = Numbers(30_000)
    read_when_sent: list[int] = []
    other = await connect_database(api.dsn, application="test")

    async def send(message: Any) -> None:
        if message.get("body"):
            read_when_sent.append(numbers.read_to)
            await other.execute("UPDATE sources SET title = title WHERE name = 'igate'")

    async def receive() -> Any:
        await asyncio.Event().wait()

    response = exports.download("csv", ONE_COLUMN, numbers.listing, now=datetime(2026, 7, 1, tzinfo=UTC))
    await response({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)
    await other.close()
    assert read_when_sent[:3] == [500, 1000, 1500]
    assert len(numbers.snapshots) == 1


async def test_a_client_that_goes_away_ends_the_reading(store: Database) -> None:
    exports = Exports(store, ZONE, at_once=1)
    numbers = Numbers(10**9)
    gone = asyncio.Event()

    async def send(message: Any) -> None:
        if numbers.read_to >= 6000:
            gone.set()

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    response = exports.download("csv", ONE_COLUMN, numbers.listing, now=datetime(2026, 7, 1, tzinfo=UTC))
    async with asyncio.timeout(10):
        await response({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)
    assert len(read_csv(await sent(exports, "csv", Numbers(3).listing))) == 4, "there is room again"


async def test_so_many_files_at_once_and_no_more(store: Database) -> None:
    exports = Exports(store, ZONE, at_once=1)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_: Connection, after: Key | None, __: int) -> Rows:
        begun.set()
        await go_on.wait()
        return [{"whole": 7}] if after is None else []

    async with asyncio.TaskGroup() as group:
        first = group.create_task(sent(exports, "xlsx", Listing(slow, lambda _: ())))
        await begun.wait()
        with pytest.raises(Problem) as caught:
            await sent(exports, "csv", whole([]))
        go_on.set()
    assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "10"})
    assert read_xlsx(first.result()) == [("Số",), (7,)]


async def table(client: httpx.AsyncClient, path: str, wanted: str, **query: Any) -> list[Any]:
    answer = await client.get(path, params={"format": wanted, **query})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].endswith(f'.{wanted}"')
    assert answer.headers["content-type"].startswith(MEDIA_TYPES["csv" if wanted == "csv" else "xlsx"])
    return read_csv(answer.content) if wanted == "csv" else read_xlsx(answer.content)


async def test_all_dossiers_of_a_list_as_a_table(api: Centre) -> None:
    query = {"standing": ["overdue", "waiting"], "sort": "due"}
    async with api.client() as client:
        rows = await pages(client, "/dossiers", 500, **query)
        lines = await table(client, "/dossiers", "csv", **query, limit=3)
        cells = await table(client, "/dossiers", "xlsx", **query)
    title = lines[0].index
    assert [line[0] for line in lines[1:]] == [row["code"] for row in rows]
    assert [line[0] for line in cells[1:]] == [row["code"] for row in rows]
    assert len(rows) > 500, "more than a page"
    for row, line, written in zip(rows[:50], lines[1:], cells[1:], strict=False):
        filed = datetime.fromisoformat(row["filed_at"]).astimezone(ZONE).replace(tzinfo=None, microsecond=0)
        assert line[title("Ngày tiếp nhận")] == str(filed)
        assert written[title("Ngày tiếp nhận")] == filed
        assert line[title("Tình trạng")] == written[title("Tình trạng")] == STANDINGS[row["standing"]]
        left = row["working_seconds_left"]
        assert written[title("Giờ làm việc còn lại")] == (
            None if left is None else pytest.approx(left / 3600, abs=0.1)
        )


async def test_a_summary_as_a_table_has_its_figures(api: Centre) -> None:
    async with api.client() as client:
        items = (await client.get("/dossiers/summary", params={"by": "unit"})).json()["items"]
        cells = await table(client, "/dossiers/summary", "xlsx", by="unit")
    title = cells[0].index
    assert [(row[0], row[1], row[title("Đang giải quyết")], row[title("Quá hạn")]) for row in cells[1:]] == [
        (item["key"], item["name"], item["open"], item["overdue"]) for item in items
    ]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/alerts", {"state": "firing"}),
        ("/units", {"kind": "commune"}),
        ("/units/unmapped", {}),
        ("/security-events", {"severity": 70}),
        ("/series", {}),
        ("/sources", {}),
        ("/rejected", {}),
        ("/scoreboard/2.1/dossiers", {"unit": SCOPE}),
        ("/scoreboard/3.5a/procedures", {"unit": SCOPE}),
    ],
)
async def test_every_other_list_is_a_table_too(api: Centre, path: str, query: dict[str, Any]) -> None:
    async with api.client() as client:
        items = (
            await client.get(path, params=query | ({} if path in ("/units", "/sources") else {"limit": 500}))
        ).json()
        lines = await table(client, path, "csv", **query)
        cells = await table(client, path, "xlsx", **query)
    assert len(lines) == len(cells) == len(items["items"]) + 1
    assert all(len(line) == len(lines[0]) for line in lines)
    assert all(lines[0])


async def test_the_accept_header_is_enough(api: Centre) -> None:
    async with api.client() as client:
        answer = await client.get("/sources", headers={"Accept": "text/csv"})
        as_json = await client.get("/sources", headers={"Accept": "text/csv"}, params={"format": "json"})
    assert read_csv(answer.content)[0][0] == "Nguồn"
    assert "Accept" in answer.headers["vary"]
    assert as_json.json()["items"]


async def test_a_file_has_only_what_its_reader_may_see(api: Centre) -> None:
    async with api.client("scoped") as client:
        lines = await table(client, "/dossiers", "csv")
    assert len(lines) > 5
    assert {line[lines[0].index("Mã đơn vị giải quyết")] for line in lines[1:]} == {SCOPE}
    async with api.client("kiosk") as client:
        assert (await client.get("/dossiers", params={"format": "csv"})).status_code == 403


@pytest.mark.parametrize("wanted", ["csv", "xlsx"])
async def test_what_fails_before_the_first_byte_is_answered_as_a_problem(api: Centre, wanted: str) -> None:
    async with api.client() as client:
        answer = await client.get("/dossiers", params={"format": wanted, "q": "H15\0"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert "content-disposition" not in answer.headers
