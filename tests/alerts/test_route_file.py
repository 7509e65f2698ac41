"""config/routes.yaml: what is read, and every wrong place by line."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.channels.outcome import Surroundings
from alerts.mutes.mute import Kind
from alerts.receivers import make_receivers
from alerts.route_file import load_routing
from alerts.routes import routes_for
from ioc_core.errors import ConfigErrors
from tests.conftest import CONFIG

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
GOOD = """\
route:
  receiver: duty
  group_by: [alertname]
  group_wait: 30s
  routes:
    - matchers: [severity="1"]
      group_wait: 0s
      group_by: ['...']
      routes:
        - matchers: [unit="66"]
          receiver: province
receivers:
  - name: duty
    channels:
      - {type: webhook, url_env: HOOK}
      - {type: smtp, host: mail, from: ioc@example.vn, to: a@example.vn, password_env: PASS, username: ioc}
  - name: province
inhibit_rules:
  - {name: one, source_matchers: [team="a"], target_matchers: [team="b"], equal: [unit]}
  - {name: two, source_matchers: [alertname="A"], target_matchers: [alertname="B"]}
storms:
  - {name: dead, source_matchers: [alertname="Silent"], target_matchers: [team="c"], equal: [source]}
flapping:
  - {matchers: [alertname="Down"], begins: 5, within: 1h}
dependencies: {down_matchers: [alertname="Down"], target_matchers: [alertname=~"Down|Slow"]}
"""


def write(folder: Path, text: str) -> Path:
    """Returns the configuration folder with this routes file."""
    (folder / "routes.yaml").write_text(text, encoding="utf-8")
    return folder


def test_children_inherit_what_they_do_not_say(tmp_path: Path) -> None:
    root = load_routing(write(tmp_path, GOOD)).root
    (deep,) = routes_for(root, {"severity": "1", "unit": "66"})
    assert (deep.receiver, deep.group_by) == ("province", None)
    assert deep.waits.group_wait == timedelta()
    assert deep.waits.repeat_interval == root.waits.repeat_interval == timedelta(hours=4)


CASES = [
    ("an unknown key", "group_wait: 30s", "groupwait: 30s", ["routes.yaml:4: route.groupwait: unknown key"]),
    ("an unknown receiver", "receiver: province", "receiver: nobody",
     ["routes.yaml:11: route.routes[0].routes[0].receiver 'nobody': is no receiver: there are duty, province"]),
    ("a broken matcher", 'severity="1"', "severity~1",
     ["routes.yaml:6: route.routes[0].matchers[0] 'severity~1': is not a matcher: write it like severity=\"1\", "
      "unit!=\"66\" or alertname=~\"Dossier.*\""]),
    ("a child that takes everything", '- matchers: [unit="66"]\n          receiver', "- receiver",
     ["routes.yaml:10: route.routes[0].routes[0].matchers: is missing: a route without one takes everything from "
      "those after it"]),
    ("no receiver at the root", "  receiver: duty\n", "",
     ["routes.yaml:1: route.receiver: is missing: the root must have one"]),
    ("all labels and some more", "['...']", "['...', unit]",
     ["routes.yaml:8: route.routes[0].group_by: must be distinct label names, or '...' alone for every label"]),
    ("two inhibit rules of one name", "name: two", "name: one",
     ["routes.yaml:20: inhibit_rules[1].name 'one': is the name of another of inhibit_rules too"]),
    ("an inhibit rule of everything", '[team="a"], target', "[], target",
     ["routes.yaml:19: inhibit_rules[0].source_matchers: must have at least 1 item after validation, not 0"]),
    ("flapping at once", "begins: 5", "begins: 1",
     ["routes.yaml:24: flapping[0].begins 1: must be greater than or equal to 2"]),
    ("dependencies of nothing", ', target_matchers: [alertname=~"Down|Slow"]', "",
     ["routes.yaml:25: dependencies.target_matchers: is missing"]),
    ("an unknown channel", "type: webhook", "type: pigeon",
     ["routes.yaml:15: receivers[0].channels[0].type 'pigeon': must be one of "
      "webhook, smtp, telegram, zalo, sms, voice, apprise, alertmanager"]),
    ("a webhook without an address", ", url_env: HOOK", "",
     ["routes.yaml:15: receivers[0].channels[0]: needs one of url, url_env, url_file"]),
    ("an address that isn't one", "url_env: HOOK", "url: 'ftp://x'",
     ["routes.yaml:15: receivers[0].channels[0]: url must be an http or https address"]),
    ("a password in the file", "password_env: PASS", "password: s3cret",
     ["routes.yaml:16: receivers[0].channels[1].password: unknown key"]),
    ("a template that isn't there", "url_env: HOOK}",
     "url_env: HOOK}\n      - {type: voice, url_env: V, to: '1', template: x}",
     ["routes.yaml:16: receivers[0].channels[1].template 'x': has no file {folder}/templates/x.*.j2"]),
    ("a rate that isn't one", "url_env: HOOK", "url_env: HOOK, rate: often",
     ["routes.yaml:15: receivers[0].channels[0].rate 'often': is not a rate: write it like 20/1m"]),
    ("two receivers of one name", "name: province", "name: duty",
     ["routes.yaml:11: route.routes[0].routes[0].receiver 'province': is no receiver: there are duty",
      "routes.yaml:17: receivers[1].name 'duty': is the name of another receiver too"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "complaints"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_wrong_line_is_named(tmp_path: Path, old: str, new: str, complaints: list[str]) -> None:
    assert old in GOOD
    with pytest.raises(ConfigErrors) as caught:
        load_routing(write(tmp_path, GOOD.replace(old, new)))
    found = [str(error).removeprefix(f"{tmp_path}/") for error in caught.value.errors]
    assert found == [complaint.replace("{folder}", str(tmp_path)) for complaint in complaints]


def test_a_channel_whose_secret_is_not_set_is_disabled_and_says_so(tmp_path: Path) -> None:
    routing = load_routing(write(tmp_path, GOOD))
    made = make_receivers(routing, Surroundings({"HOOK": "http://127.0.0.1/hook"}, ZONE))
    assert made.names() == {"duty": ["webhook/0"]}
    assert made.notices == (
        f"{tmp_path}/routes.yaml:16: channel smtp/1 of receiver 'duty' is disabled: PASS isn't set",
    )
    everything = make_receivers(routing, Surroundings({"HOOK": "http://127.0.0.1/hook", "PASS": "x"}, ZONE))
    assert everything.names() == {"duty": ["webhook/0", "smtp/1"]}


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "hook"
    routing = load_routing(write(tmp_path, GOOD.replace("url_env: HOOK", f"url_file: {secret}")))
    assert make_receivers(routing, Surroundings({"PASS": "x"}, ZONE)).disabled == {
        ("duty", "webhook/0"): f"{secret} can't be read: No such file or directory"
    }
    secret.write_text("http://127.0.0.1/hook\n")
    assert not make_receivers(routing, Surroundings({"PASS": "x"}, ZONE)).disabled


def test_what_explains_other_alerts_is_read(tmp_path: Path) -> None:
    causes = load_routing(write(tmp_path, GOOD)).causes
    assert [(rule.name, rule.equal, rule.kind) for rule in causes.inhibit] == [
        ("one", ("unit",), Kind.INHIBITED),
        ("two", (), Kind.INHIBITED),
        ("dead", ("source",), Kind.STORM),
    ]
    assert [(rule.begins, rule.within, rule.calm) for rule in causes.flapping] == [
        (5, timedelta(hours=1), timedelta(minutes=15))
    ]
    assert causes.dependencies is not None
    assert [str(matcher) for matcher in causes.dependencies.muted] == ['alertname=~"Down|Slow"']


def test_the_shipped_routes_wake_nobody_for_p4_and_wait_for_nothing_with_p1_and_p2() -> None:
    root = load_routing(CONFIG).root
    waits = {
        severity: [
            (route.receiver, route.waits.group_wait.total_seconds())
            for route in routes_for(root, {"severity": severity, "alertname": "SystemDown"})
        ]
        for severity in "1234"
    }
    assert waits == {
        "1": [("truc-ban", 0)],
        "2": [("truc-ban", 0)],
        "3": [("truc-ban", 30)],
        "4": [("chi-man-hinh", 30)],
    }


@pytest.mark.parametrize(
    ("environment", "channels"),
    [
        ({}, []),
        ({"IOC_ALERT_WEBHOOK_URL": "http://127.0.0.1:1/"}, ["webhook/0"]),
        ({"IOC_SMTP_HOST": "127.0.0.1"}, []),
        ({"IOC_SMTP_HOST": "127.0.0.1", "IOC_SMTP_FROM": "a@b.vn", "IOC_SMTP_TO": "c@d.vn"}, ["smtp/1"]),
    ],
    ids=["nothing is set", "the webhook's address", "a mail server, but nobody to write to", "mail"],
)
def test_the_shipped_receiver_has_the_channels_that_are_set_up(
    environment: dict[str, str], channels: list[str]
) -> None:
    made = make_receivers(load_routing(CONFIG), Surroundings(environment, ZONE))
    assert made.names().get("truc-ban", []) == channels
