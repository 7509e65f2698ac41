"""The contact ways of people as channels: which work, and every wrong place by file and line."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.channels import CHANNELS
from alerts.channels.outcome import Surroundings
from alerts.escalation.ways import with_people
from alerts.receivers import Receivers, make_receivers
from alerts.route_file import load_routing
from ioc_core.errors import ConfigErrors
from ioc_core.oncall import load_oncall
from tests.conftest import CONFIG

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
ROUTES = """\
route: {receiver: people}
receivers:
  - name: people
    escalate: urgent
  - {name: board, channels: [{type: webhook, url: 'http://127.0.0.1/'}]}
"""
ONCALL = """\
ways:
  mail: {type: smtp, host: mail, from: ioc@example.vn}
  hook: {type: webhook}
people:
  - name: truc-1
    ways: [{kind: hook, address_env: HOOK}, {kind: mail, address: a@example.vn}]
policies:
  - name: urgent
    steps: [{whom: [{person: truc-1}, {receiver: board}]}]
"""


def read(folder: Path, routes: str = ROUTES, oncall: str = ONCALL, **environment: str) -> Receivers:
    """The receivers of these two files."""
    (folder / "routes.yaml").write_text(routes, encoding="utf-8")
    (folder / "oncall.yaml").write_text(oncall, encoding="utf-8")
    around = Surroundings(environment, ZONE)
    routing = load_routing(folder)
    return with_people(make_receivers(routing, around), folder, routing, load_oncall(folder, ZONE), around)


def test_each_way_of_a_person_is_a_channel_in_his_order(tmp_path: Path) -> None:
    found = read(tmp_path, HOOK="http://127.0.0.1:1/")
    assert found.names() == {"board": ["webhook/0"], "person:truc-1": ["hook/0", "mail/1"]}


def test_a_way_whose_variable_is_not_set_is_off_and_said(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found.names()["person:truc-1"] == ["mail/1"]
    assert found.notices == (f"{tmp_path}/oncall.yaml:6: hook of truc-1 is disabled: HOOK isn't set",)


def test_the_shipped_files_fit_together() -> None:
    around = Surroundings({"IOC_ALERT_WEBHOOK_URL": "http://127.0.0.1/"}, ZONE)
    routing = load_routing(CONFIG)
    found = with_people(make_receivers(routing, around), CONFIG, routing, load_oncall(CONFIG, ZONE), around)
    assert found.names()["person:truc-1"] == ["webhook/0"]


CASES = [
    ("a policy that isn't there", ROUTES.replace("urgent", "slow"), ONCALL,
     ["routes.yaml:4: receiver 'people' escalates by 'slow': is no policy of oncall.yaml: there are urgent"]),
    ("a receiver that isn't there", ROUTES, ONCALL.replace("board", "wall"),
     ["oncall.yaml:9: policies[0].steps[0].whom[1].receiver 'wall': is no receiver: there are board, people"]),
    ("a channel that isn't there", ROUTES, ONCALL.replace("type: webhook", "type: pigeon"),
     [f"oncall.yaml:3: ways.hook.type 'pigeon': must be one of {', '.join(CHANNELS)}"]),
    ("a wrong setting of a kind", ROUTES, ONCALL.replace("host: mail", "hosts: mail"),
     ["oncall.yaml:2: ways.mail.hosts: unknown key"]),
    ("an address that is none", ROUTES, ONCALL.replace("address_env: HOOK", "address: 'ftp://x'"),
     ["oncall.yaml:6: people[0].ways[0]: url must be an http or https address"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("routes", "oncall", "complaints"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_every_wrong_place_is_named(tmp_path: Path, routes: str, oncall: str, complaints: list[str]) -> None:
    with pytest.raises(ConfigErrors) as caught:
        read(tmp_path, routes, oncall)
    assert [str(error).removeprefix(f"{tmp_path}/") for error in caught.value.errors] == complaints
