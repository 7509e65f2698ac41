"""config/sources: what is accepted, and which line is blamed."""

from pathlib import Path

import pytest

from ingest.source_entries import DossierSource, EventsSource, HostSource, LogsSource, ProbesSource, SyslogSource
from ingest.source_mirror import mirror_sources
from ingest.sources import load_sources
from ioc_core.catalogue import Catalogue
from ioc_core.db import Pool
from ioc_core.errors import ConfigErrors
from ioc_core.settings import Settings
from tests.conftest import CONFIG
from tests.ingest.conftest import written_sources

HEAD = "sources:\n  - name: a\n    title: A\n"


def test_the_shipped_sources_are_well_described(shipped: Catalogue, settings: Settings) -> None:
    sources = load_sources(settings, shipped)
    assert sources.by_name["igate"].kind == "dvcqg"
    assert {source.kind for source in sources.by_name.values()} == {"dvcqg", "host", "logs", "probes"}


def test_the_examples_are_right_once_their_hashes_are_taken_out(
    tmp_path: Path, shipped: Catalogue, settings: Settings
) -> None:
    text = (CONFIG / "sources" / "examples.yaml").read_text(encoding="utf-8")
    lines = [line.removeprefix("#") for line in text.splitlines()[1:]]
    sources = written_sources(tmp_path, "\n".join(lines).replace("sources: []", "sources:"), shipped, settings)
    assert {source.kind for source in sources.by_name.values()} == {"syslog", "probes", "push"}


def test_every_kind_with_its_defaults(tmp_path: Path, shipped: Catalogue, settings: Settings) -> None:
    text = """\
sources:
  - {name: a, kind: dvcqg, title: A, expected_within: 2h, working_time_only: true}
  - {name: b, kind: push, title: B, accepts: [sample]}
  - {name: c, kind: syslog, title: C, addresses: [10.0.0.0/8, "2001:db8::1"]}
  - {name: d, kind: host, title: D}
  - {name: e, kind: logs, title: E, files: [/var/log/syslog]}
  - name: f
    kind: probes
    title: F
    targets:
      - {name: t1, kind: http, url: "{api}/healthz", interval: 1m30s}
      - {name: t2, kind: tcp, host: mail.vn, port: 25}
      - {name: t3, kind: tls, host: mail.vn}
      - {name: t4, kind: dns, query: mail.vn}
      - {name: t5, kind: icmp, host: 10.0.0.1}
"""
    a, b, c, d, e, f = written_sources(tmp_path, text, shipped, settings).by_name.values()
    assert isinstance(a, DossierSource)
    assert (a.user, a.expected_within, a.session) == ("a", 7200.0, 1800.0)
    assert isinstance(b, EventsSource)
    assert (b.accepts, b.rate_limit, b.scope) == (("sample",), 500_000, ())
    assert isinstance(c, SyslogSource)
    assert [str(network) for network in c.networks] == ["10.0.0.0/8", "2001:db8::1/128"]
    assert isinstance(d, HostSource)
    assert isinstance(e, LogsSource)
    assert isinstance(f, ProbesSource)
    assert [target.kind for target in f.targets] == ["http", "tcp", "tls", "dns", "icmp"]
    http = f.targets[0]
    assert (http.interval, http.kind == "http" and http.url) == (90.0, f"{settings.api_address}/healthz")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param(
            HEAD + "    kind: carrier-pigeon\n",
            "4: sources[0].kind 'carrier-pigeon': must be one of dvcqg, push,",
            id="an unknown kind",
        ),
        pytest.param(
            HEAD + "    kind: host\n    interval: 15\n",
            "5: sources[0].interval 15: is not a duration",
            id="a number for a duration",
        ),
        pytest.param(
            HEAD + "    kind: host\n    colour: red\n", "5: sources[0].colour: unknown key", id="an unknown key"
        ),
        pytest.param(
            HEAD + "    kind: syslog\n    addresses: [fw1]\n",
            "5: sources[0].addresses[0] 'fw1': must be an address",
            id="a name for an address",
        ),
        pytest.param(HEAD + "    kind: syslog\n", "2: sources[0].addresses: is missing", id="no address"),
        pytest.param(
            HEAD + "    kind: host\n    unit: '999'\n",
            "5: sources[0].unit '999': no unit has this code",
            id="an unknown unit",
        ),
        pytest.param(
            HEAD + "    kind: host\n    unit: 66\n",
            "5: sources[0].unit 66: must be a valid string",
            id="an unquoted code",
        ),
        pytest.param(
            HEAD + "    kind: host\n    system: x\n",
            "5: sources[0].system 'x': no system has this code",
            id="an unknown system",
        ),
        pytest.param(
            HEAD + "    kind: push\n    scope: [SYT, ABC]\n",
            "5: sources[0].scope[1] 'ABC': no unit",
            id="an unknown unit in the scope",
        ),
        pytest.param(
            "sources:\n  - {name: A b, kind: host, title: x}\n", "2: sources[0].name 'A b'", id="a wrong name"
        ),
        pytest.param(
            "sources:\n  - {name: unknown, kind: host, title: x}\n",
            "2: sources[0].name 'unknown': is kept",
            id="the name of strangers",
        ),
        pytest.param(
            HEAD + "    kind: host\n  - name: a\n    kind: host\n    title: B\n",
            "5: sources[1].name 'a': is also the name at",
            id="a name twice",
        ),
        pytest.param(
            HEAD + "    kind: dvcqg\n  - name: b\n    kind: dvcqg\n    title: B\n    username: a\n",
            "8: sources[1].username 'a': is also the user at",
            id="a user twice",
        ),
        pytest.param(
            HEAD + "    kind: syslog\n    addresses: [10.0.0.1]\n"
            "  - name: b\n    kind: syslog\n    title: B\n    addresses: [10.0.0.1/32]\n",
            "9: sources[1].addresses[0] '10.0.0.1/32': is also the address at",
            id="an address twice",
        ),
        pytest.param(
            HEAD + "    kind: probes\n    targets:\n"
            "      - {name: t, kind: icmp, host: h}\n      - {name: t, kind: icmp, host: i}\n",
            "7: sources[0].targets[1].name 't': is also the target at",
            id="a target twice",
        ),
        pytest.param(
            HEAD + "    kind: probes\n    targets:\n      - {name: t, kind: http, url: 'ftp://x'}\n",
            "6: sources[0].targets[0].url 'ftp://x'",
            id="no web address",
        ),
        pytest.param(
            HEAD + "    kind: probes\n    targets:\n      - {name: t, kind: http, url: 'http://x', body: '('}\n",
            "6: sources[0].targets[0].body '(': is not a regular expression",
            id="a broken pattern",
        ),
        pytest.param(
            HEAD + "    kind: probes\n    targets:\n      - {name: t, kind: smoke}\n",
            "6: sources[0].targets[0].kind 'smoke': must be one of http, tcp",
            id="an unknown kind of target",
        ),
        pytest.param(
            HEAD + "    kind: probes\n    targets: []\n",
            "5: sources[0].targets: must name at least one",
            id="no target",
        ),
        pytest.param("sources: [5]\n", "1: sources[0] 5: must be a mapping", id="a number for a source"),
        pytest.param("sources: {}\n", "1: sources", id="no list"),
        pytest.param("sources:\n\t- x\n", "2: YAML", id="a tab"),
    ],
)
def test_wrong_lines_are_named(tmp_path: Path, shipped: Catalogue, settings: Settings, text: str, error: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        written_sources(tmp_path, text, shipped, settings)
    assert f"test.yaml:{error}" in str(caught.value), str(caught.value)


def test_a_second_folder_must_exist_and_shares_the_names(
    tmp_path: Path, shipped: Catalogue, settings: Settings
) -> None:
    with pytest.raises(ConfigErrors, match="does not exist"):
        load_sources(settings.model_copy(update={"extra_sources": tmp_path / "none"}), shipped)
    (tmp_path / "more.yaml").write_text(HEAD.replace("name: a", "name: igate") + "    kind: host\n", encoding="utf-8")
    with pytest.raises(ConfigErrors, match=r"more\.yaml:2: .* is also the name at .*national\.yaml:"):
        load_sources(settings.model_copy(update={"extra_sources": tmp_path}), shipped)


async def test_the_table_says_what_the_files_say(
    each_pool: Pool, tmp_path: Path, shipped: Catalogue, settings: Settings
) -> None:
    first = HEAD + "    kind: host\n    unit: SYT\n    expected_within: 2m\n  - {name: b, kind: push, title: B}\n"
    second = HEAD.replace("title: A", "title: Khác") + "    kind: host\n    working_time_only: true\n"
    async with each_pool.acquire() as connection:
        await connection.execute("INSERT INTO sources (name) VALUES ('heard-of')")
        await mirror_sources(connection, written_sources(tmp_path, first, shipped, settings))
        await mirror_sources(connection, written_sources(tmp_path, second, shipped, settings))
        rows = await connection.fetch("SELECT * FROM sources ORDER BY name")
    assert [tuple(row.values()) for row in rows] == [
        ("a", "host", "Khác", None, None, None, True, False),
        ("b", "push", "B", None, None, None, False, True),
        ("heard-of", "unknown", None, None, None, None, False, False),
    ]
