"""Rule files: what is read, and every wrong place by line."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.rule import Hold
from alerts.rule_file import load_rules
from alerts.templates import Templates
from alerts.views import VIEWS
from ioc_core.errors import ConfigErrors
from ioc_core.live import Facts

TEMPLATES = Templates(ZoneInfo("Asia/Ho_Chi_Minh"))
GOOD = """\
groups:
  - name: systems
    interval: 30s
    rules:
      - alert: SystemDown
        expr: |
          SELECT target, 1 AS value
          FROM v_probes
          WHERE NOT success
        for: 1m
        severity: 1
        labels: {team: ops}
        annotations:
          summary: "{{ target }}"
"""


def write(folder: Path, text: str, name: str = "a.yaml") -> Path:
    """Returns the configuration folder with one more rule file."""
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / name).write_text(text, encoding="utf-8")
    return folder


def errors(folder: Path) -> list[str]:
    """The complaints about the folder's rules, paths cut to the file's name."""
    with pytest.raises(ConfigErrors) as caught:
        load_rules(folder, TEMPLATES)
    return [str(error).removeprefix(f"{folder}/rules/") for error in caught.value.errors]


def test_a_good_file_is_read(tmp_path: Path) -> None:
    (rule,) = load_rules(write(tmp_path, GOOD), TEMPLATES)
    assert (rule.alert, rule.group, rule.severity) == ("SystemDown", "systems", 1)
    assert rule.interval == timedelta(seconds=30)
    assert rule.hold == Hold(timedelta(minutes=1), timedelta())
    assert rule.facts == {Facts.PROBES}
    assert rule.place.line == 5
    assert rule.expr_place.line == 7


CASES = [
    ("an unknown key", "for: 1m", "fro: 1m", "a.yaml:10: groups[0].rules[0].fro: unknown key"),
    ("a negative duration", "for: 1m", "for: -5m",
     "a.yaml:10: groups[0].rules[0].for '-5m': is not a duration: durations are >= 0"),
    ("a duration with no unit", "for: 1m", "for: 60",
     "a.yaml:10: groups[0].rules[0].for 60: is not a duration: write it like 30s, 5m, 1h30m or 2d"),
    ("an interval that is too short", "interval: 30s", "interval: 500ms",
     "a.yaml:3: groups[0].interval '500ms': must be at least 1s"),
    ("a severity out of range", "severity: 1", "severity: 5",
     "a.yaml:11: groups[0].rules[0].severity 5: must be 1, 2, 3, 4, or the name of the column that says it"),
    ("a missing severity", "        severity: 1\n", "", "a.yaml:5: groups[0].rules[0].severity: is missing"),
    ("a reserved label", "team: ops", "severity: high",
     "a.yaml:12: groups[0].rules[0].labels.severity.[key]: is reserved: alertname, labels, severity, value "
     "can't be labels or details"),
    ("a bad alert name", "alert: SystemDown", "alert: system down",
     "a.yaml:5: groups[0].rules[0].alert 'system down': is not an alert name: write it like SystemDown, at most 100 "
     "letters and digits"),
    ("something that isn't a SELECT", "SELECT target, 1 AS value", "DELETE",
     "a.yaml:7: groups[0].rules[0].expr: must be a SELECT, not DELETE"),
    ("a second statement", "WHERE NOT success", "WHERE NOT success;",
     "a.yaml:9: groups[0].rules[0].expr: must be a single SELECT without ';'"),
    ("a table that isn't a view for rules", "FROM v_probes", "FROM probe_current",
     "a.yaml:8: groups[0].rules[0].expr: reads 'probe_current', which is not one of the documented views: "
     + ", ".join(VIEWS)),
    ("a broken template", "{{ target }}", "{{ target }",
     "a.yaml:14: groups[0].rules[0].annotations.summary: unexpected '}'"),
    ("an unknown filter", "{{ target }}", "{{ target | upcase }}",
     "a.yaml:14: groups[0].rules[0].annotations.summary: No filter named 'upcase'."),
    ("a missing summary", 'summary: "{{ target }}"', "description: x",
     "a.yaml:13: groups[0].rules[0].annotations.summary: is missing"),
    ("a fact that doesn't exist", "severity: 1", "severity: 1\n        facts: [probe]",
     "a.yaml:12: groups[0].rules[0].facts[0] 'probe': is no kind of fact: there are dossiers, samples, probes, "
     "security, sources"),
    ("a label that is the severity's column", "severity: 1", "severity: team",
     "a.yaml:11: groups[0].rules[0].severity 'team': is the column of the severity, so it can't be a label or a "
     "detail"),
    ("a condition that is none", "severity: 1", "severity: 1\n        fire_when: cpu > 9",
     "a.yaml:12: groups[0].rules[0].fire_when 'cpu > 9': is not a condition: write it like \"value > 90\" or "
     '"value < 5 or value > 95"'),
    ("a condition that never holds", "severity: 1", "severity: 1\n        fire_when: value > 9 and value < 8",
     "a.yaml:12: groups[0].rules[0].fire_when 'value > 9 and value < 8': never holds, whatever the value"),
    ("a way back without a way there", "severity: 1", "severity: 1\n        clear_when: value < 8",
     "a.yaml:12: groups[0].rules[0].clear_when 'value < 8': needs fire_when: without it a row that isn't there means "
     "that all is well"),
    ("conditions that hold together", "severity: 1", "severity: 1\n        fire_when: value > 8\n        "
     "clear_when: value < 10",
     "a.yaml:13: groups[0].rules[0].clear_when 'value < 10': holds together with fire_when, at 9"),
    ("a policy that isn't there", "severity: 1", "severity: 1\n        fire_when: value > 8\n        no_data: warn",
     "a.yaml:13: groups[0].rules[0].no_data 'warn': is no policy: there are ok, keep, alert"),
    ("a policy without fire_when", "severity: 1", "severity: 1\n        no_data: keep",
     "a.yaml:12: groups[0].rules[0].no_data 'keep': needs fire_when: without it a row that isn't there means that all "
     "is well"),
    ("an alert of silence without words", "severity: 1", "severity: 1\n        fire_when: value > 8\n        "
     "no_data: alert", "a.yaml:15: groups[0].rules[0].annotations: no_data: alert needs the text no_data here"),
    ("words of silence that nobody says", 'summary: "{{ target }}"', 'summary: "{{ target }}"\n          no_data: x',
     "a.yaml:15: groups[0].rules[0].annotations.no_data 'x': is never used: it is for no_data: alert"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "complaint"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_wrong_line_is_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    assert errors(write(tmp_path, GOOD.replace(old, new))) == [complaint]


def test_every_wrong_place_of_every_file_is_named_at_once(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("for: 1m", "for: x").replace("severity: 1", "severity: 9"))
    write(tmp_path, GOOD.replace("name: systems", "name: other").replace("FROM v_probes", "FROM secrets"), "b.yaml")
    assert [error.split(" ")[0] for error in errors(tmp_path)] == ["a.yaml:10:", "a.yaml:11:", "b.yaml:8:"]


def test_names_are_unique_over_all_files(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "b.yaml")
    folder = f"{tmp_path}/rules"
    assert errors(tmp_path) == [
        f"b.yaml:2: groups[0].name 'systems': was used before, in {folder}/a.yaml:2",
        f"b.yaml:5: groups[0].rules[0].alert 'SystemDown': was used before, in {folder}/a.yaml:5",
    ]


def test_a_folder_without_rules_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors, match=r"has no \*\.yaml file"):
        load_rules(tmp_path, TEMPLATES)
