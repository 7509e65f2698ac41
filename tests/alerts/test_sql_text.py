"""What is known of SQL without a database."""

import pytest

from alerts.sql_text import SqlTextError, relations


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT 1 AS value", []),
        ("SELECT * FROM v_probes", ["v_probes"]),
        ('SELECT * FROM "v_probes" p', ["v_probes"]),
        (
            "select * FROM V_Probes JOIN systems s ON true LEFT JOIN LATERAL (SELECT 1) x ON true",
            ["v_probes", "systems"],
        ),
        ("SELECT extract(epoch FROM now()), substring(x FROM 2) FROM v_series", ["v_series"]),
        ("SELECT trim(both ' ' FROM (SELECT a FROM units)) AS value", ["units"]),
        ("SELECT 1 FROM v_series WHERE a IS DISTINCT FROM b", ["v_series"]),
        ("SELECT * FROM generate_series(1, 3) AS g", []),
        (
            "WITH a AS (SELECT * FROM v_probes), b (x) AS (SELECT 1 FROM a) SELECT * FROM b JOIN a ON true",
            ["v_probes"],
        ),
        ("WITH a AS NOT MATERIALIZED (SELECT 1) SELECT * FROM a", []),
        ("SELECT ' FROM dossiers', $$ FROM dossiers $$, 'it''s FROM x' FROM units -- FROM dossiers", ["units"]),
        ("SELECT * /* FROM dossiers */ FROM units", ["units"]),
        ("SELECT * FROM pg_catalog.pg_authid", ["pg_catalog.pg_authid"]),
        ("SELECT * FROM dossiers", ["dossiers"]),
    ],
)
def test_relations(sql: str, names: list[str]) -> None:
    assert [relation.name for relation in relations(sql)] == names


@pytest.mark.parametrize(
    ("sql", "line", "reason"),
    [
        ("", 0, "is empty"),
        ("-- nothing\n", 0, "is empty"),
        ("DELETE FROM alerts", 0, "must be a SELECT, not DELETE"),
        ("SELECT 1 AS value;", 0, "single SELECT without ';'"),
        ("SELECT 1\n;\nDROP TABLE alerts", 1, "single SELECT without ';'"),
        ("WITH x AS (\n  DELETE FROM alerts RETURNING 1)\nSELECT * FROM x", 1, "DELETE is not allowed"),
        ("SELECT *\nINTO t FROM units", 1, "INTO is not allowed"),
        ("SELECT * FROM units\nFOR UPDATE", 1, "UPDATE is not allowed"),
        ("SELECT $1", 0, "no parameters"),
    ],
)
def test_what_is_not_one_select_is_refused(sql: str, line: int, reason: str) -> None:
    with pytest.raises(SqlTextError, match=reason) as caught:
        relations(sql)
    assert caught.value.line == line


def test_the_line_of_a_relation_counts_from_the_sql() -> None:
    assert relations("SELECT 1\nFROM\n  dossiers")[0].line == 2
