"""`ioc units` as an operator uses it: a list, a file that is completed, an import, and dossiers that are mapped."""

import asyncio
import csv
import io
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner, Result

from ioc_cli.units import app
from ioc_cli.units_mapping import clear_guess, remap_dossiers
from ioc_core.bus import Bus, LiveReader, LiveReset
from ioc_core.catalogue.guesses import Guess
from ioc_core.db import connect
from ioc_core.events import DossierEvent, DossierStatus
from ioc_core.live import SUBJECT_CHANGED, Facts, decode_changed
from ioc_core.settings import Settings
from tests.conftest import CONFIG, ROOT
from tests.processes import run
from tests.writer.applying import Applier, message

NOW = datetime(2026, 7, 6, 2, tzinfo=UTC)
BOX = [[108.2, 13.0], [108.3, 13.0], [108.3, 13.1], [108.2, 13.1], [108.2, 13.0]]


def ioc(*arguments: str, config: Path, **environment: str) -> Result:
    """`ioc units …` in this process."""
    return CliRunner().invoke(app, arguments, env={"IOC_CONFIG_DIR": str(config)} | environment)


def apart(*arguments: str, config: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own."""
    return run("units", *arguments, env=dict(os.environ) | {"IOC_CONFIG_DIR": str(config)} | environment)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A copy of the shipped configuration, to be changed."""
    shutil.copytree(CONFIG, tmp_path / "config")
    return tmp_path / "config"


def state_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_dry_run_says_everything_and_writes_nothing(config: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Mã xã;Dân số;Đến ngày\n24310;31.000;\n24313;;31/12/2026\n", encoding="utf-8")
    shape = {"type": "Polygon", "coordinates": [BOX]}
    feature = {"type": "Feature", "properties": {"code": "24310"}, "geometry": shape}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    (tmp_path / "a.geojson").write_text(text, encoding="utf-8")
    before = state_of(config)
    done = ioc("import", str(tmp_path / "a.csv"), str(tmp_path / "a.geojson"), "--dry-run", config=config)
    assert (done.exit_code, done.stderr) == (0, "")
    assert state_of(config) == before
    for line in (
        f"    24310 Xã Krông Búk ({tmp_path}/a.csv:2): population (empty) → 31000",
        f"    24313 Xã Cư Pơng ({tmp_path}/a.csv:3): valid_to (empty) → 2026-12-31",
        "  ended: 1",
        f"{tmp_path}/a.geojson: 1 features, code in property 'code', no property has the name",
        "  communes that stay without a boundary: 101",
        "    … and 81 more (--all shows them)",
        "nothing was written (--dry-run)",
    ):
        assert line in done.stdout.splitlines(), done.stdout
    done = ioc("import", str(tmp_path / "a.csv"), str(tmp_path / "a.geojson"), config=config)
    assert done.exit_code == 0
    changed = {name for name, data in state_of(config).items() if before.get(name) != data}
    assert changed == {"units.csv", "units.csv.bak", "boundaries.geojson"}
    assert state_of(config)["units.csv.bak"] == before["units.csv"]


def test_one_wrong_line_and_nothing_is_written(config: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Mã xã;Dân số\n24310;31.000\n24313;nhiều\n", encoding="utf-8")
    before = state_of(config)
    done = ioc("import", str(path), config=config)
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        f"{path}:3: population 'nhiều': must be a whole number from 0 to 100000000",
        "1 wrong, nothing was written",
    ]
    assert state_of(config) == before


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["import", "a.csv", "--map", "mã=code"], 2, "--map 'mã=code'"),
        (["import", "a.csv", "--end-missing", "1/7/2025"], 2, "1/7/2025"),
        (["import"], 2, "files"),
    ],
)
def test_wrong_use(config: Path, arguments: Sequence[str], status: int, said: str) -> None:
    done = ioc(*arguments, config=config)
    assert done.exit_code == status
    assert said.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_is_named(config: Path) -> None:
    done = apart("import", "nowhere.csv", config=config)
    assert (done.returncode, done.stderr) == (1, "ioc: nowhere.csv: No such file or directory\n")


async def arrive(dsn: str, *records: dict[str, Any]) -> None:
    events = [
        DossierEvent(
            source="igate",
            observed_at=NOW,
            received_at=NOW,
            code=f"D-{number}",
            record=True,
            status=DossierStatus.IN_PROCESS,
            filed_at=NOW,
            **fields,
        )
        for number, fields in enumerate(records)
    ]
    connection = await connect(dsn, application="test")
    try:
        await Applier().apply(connection, [message(1, events)])
    finally:
        await connection.close()


async def test_what_is_unmapped_is_listed_completed_imported_and_mapped(
    config: Path, tmp_path: Path, database: str
) -> None:
    await arrive(
        database,
        {"receiving_text": "UBND X. Krông  Buk", "procedure_code": "KS-01", "procedure_name": "Đăng kí khai sinh"},
        {"receiving_text": "Huyện Krông Búk", "procedure_code": "1.001193"},
        {"receiving_text": "=Phòng lạ", "procedure_code": "1.001193"},
    )
    place = {"IOC_DATABASE_URL": database, "IOC_NATS_URL": "nats://127.0.0.1:1"}
    table = await asyncio.to_thread(ioc, "unmapped", config=config, **place)
    assert table.exit_code == 0, table.stderr
    assert "24310 Xã Krông Búk" in table.stdout
    assert "took over from 649 Huyện Krông Búk" in table.stdout
    listed = await asyncio.to_thread(ioc, "unmapped", "--csv", config=config, **place)
    rows = {row["text"]: row for row in csv.DictReader(io.StringIO(listed.stdout))}
    assert {text: row["code"] for text, row in rows.items()} == {
        "UBND X. Krông  Buk": "24310",
        "Huyện Krông Búk": "",
        "'=Phòng lạ": "",
        "KS-01": "",
    }
    assert "perhaps 24316 Xã Pơng Drang 0.92 (took over from 649 Huyện Krông Búk)" in rows["Huyện Krông Búk"]["note"]
    assert "named Đăng kí khai sinh; perhaps 1.001193 Đăng ký khai sinh" in rows["KS-01"]["note"]
    rows["'=Phòng lạ"]["code"] = "SYT"
    rows["KS-01"]["code"] = "1.001193"
    (tmp_path / "new.csv").write_text(semicolons(list(rows.values())), encoding="utf-8")
    done = ioc("import", str(tmp_path / "new.csv"), config=config)
    assert done.exit_code == 0, done.stderr
    assert "  rows without a code, left out: 1" in done.stdout.splitlines()
    asked = apart("remap", "--dry-run", config=config, **place)
    assert asked.stdout.splitlines()[-2:] == [
        "dossiers that would change (--dry-run): 2",
        "texts that are not mapped: 4",
    ]
    told = apart("remap", config=config, **place)
    assert (told.returncode, told.stderr) == (0, "")
    assert "unit =Phòng lạ → SYT: 1" in told.stdout.splitlines()
    assert told.stdout.splitlines()[-2] == "texts that are not mapped: 1"
    assert told.stdout.splitlines()[-1].startswith("the bus can't be reached")
    connection = await connect(database, application="test")
    mapped = await connection.fetch("SELECT receiving_unit, procedure_code FROM dossiers ORDER BY code")
    await connection.close()
    assert [tuple(row) for row in mapped] == [("24310", "1.001193"), (None, "1.001193"), ("SYT", "1.001193")]


def semicolons(rows: list[dict[str, str]]) -> str:
    """A table as a spreadsheet saves it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


async def test_screens_are_told_that_dossiers_changed(centre: Settings, bus: Bus, config: Path, database: str) -> None:
    await arrive(database, {"receiving_text": "Phòng Y"})
    (config / "aliases.csv").write_text("kind,text,code\nunit,Phòng Y,SYT\n", encoding="utf-8")
    reader = LiveReader(bus, SUBJECT_CHANGED)
    heard = reader.read()
    assert isinstance(await anext(heard), LiveReset)
    told = await remap_dossiers(centre.model_copy(update={"config_dir": config}), [], dry_run=False)
    assert (told.done.dossiers, told.left, told.bus) == (1, 0, "")
    item = await anext(heard)
    assert not isinstance(item, LiveReset)
    assert decode_changed(item.data).facts == {Facts.DOSSIERS}
    await reader.close()


@pytest.mark.parametrize(
    ("guesses", "code"),
    [
        pytest.param([], "", id="nothing"),
        pytest.param([Guess("1", "A", 0.9)], "1", id="one good guess"),
        pytest.param([Guess("1", "A", 0.8)], "", id="one that isn't good enough"),
        pytest.param([Guess("1", "A", 0.95), Guess("2", "B", 0.86)], "", id="two that are close"),
        pytest.param([Guess("1", "A", 0.97), Guess("2", "B", 0.86)], "1", id="two that are apart"),
        pytest.param([Guess("1", "A", 0.99, "took over from 9 C")], "", id="a successor is a decision"),
    ],
)
def test_only_a_clear_guess_is_written_down(guesses: list[Guess], code: str) -> None:
    assert clear_guess(guesses) == code


def test_every_option_is_documented() -> None:
    guide = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    for name, command in group.commands.items():
        assert f"ioc units {name}" in guide
        for parameter in command.params:
            flags = [flag for flag in (*parameter.opts, *parameter.secondary_opts) if flag.startswith("--")]
            assert not flags or any(flag in guide for flag in flags), f"{name} {flags}"
