"""config/oncall.yaml: what is read, and every wrong place by line."""

from datetime import timedelta
from pathlib import Path
from shutil import copy
from zoneinfo import ZoneInfo

import pytest

from ioc_core.errors import ConfigErrors
from ioc_core.oncall import OnCall, Target, Way, load_oncall, ways_of
from tests.conftest import CONFIG

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
GOOD = """\
ways:
  mail: {type: smtp}
  phone: {type: webhook}
people:
  - name: truc-1
    ways: [{kind: phone, address: 'https://a.vn'}, {kind: mail, address_env: MAIL}]
  - {name: truc-2, title: Trực 2, user: an, ways: [{kind: mail, address: b@a.vn}]}
rotations:
  - name: main
    kind: shifts
    members: [truc-1, truc-2]
    start: 2026-11-02
    hand_overs: [06:00, 18:00]
    timezone: Europe/Berlin
    days_off: rest
  - {name: rest, kind: weekly, members: [truc-2], start: 2026-11-02, hand_over: 07:00}
policies:
  - name: urgent
    steps:
      - whom: [{rotation: main}]
      - {wait: 5m, whom: [{person: truc-2}, {receiver: duty}], how: all}
      - {wait: 5m, whom: [{person: truc-2}], how: [mail]}
    repeat: 1
    repeat_after: 10m
"""


def write(folder: Path, text: str) -> Path:
    """The configuration folder with this file."""
    (folder / "oncall.yaml").write_text(text, encoding="utf-8")
    copy(CONFIG / "calendar.yaml", folder)
    return folder


def test_the_file_is_read_whole(tmp_path: Path) -> None:
    found = load_oncall(write(tmp_path, GOOD), ZONE)
    assert ways_of(found, "truc-1") == (Way("phone", "https://a.vn"), Way("mail", "", "MAIL"))
    assert ways_of(found, "nobody") == ()
    assert (found.people["truc-2"].title, found.people["truc-2"].user, found.people["truc-1"].user) == (
        "Trực 2",
        "an",
        "truc-1",
    )
    main, rest = found.rotations["main"], found.rotations["rest"]
    assert (main.timezone.key, rest.timezone.key, main.days_off) == ("Europe/Berlin", "Asia/Ho_Chi_Minh", rest)
    first, second, third = found.policies["urgent"].steps
    assert (first.wait, first.kinds, second.kinds, third.kinds) == (timedelta(), (), None, ("mail",))
    assert second.whom == (Target("person", "truc-2"), Target("receiver", "duty"))


def test_without_the_file_nobody_is_on_call(tmp_path: Path) -> None:
    assert load_oncall(tmp_path, ZONE) == OnCall()


def test_the_shipped_file_is_right() -> None:
    found = load_oncall(CONFIG, ZONE)
    assert set(found.policies) == {"khan-cap"}
    assert len(found.people) == 4


CASES = [
    ("an unknown member", "members: [truc-1, truc-2]", "members: [truc-1, truc-9]",
     ["oncall.yaml:11: rotations[0].members[1] 'truc-9': is no person: there are truc-1, truc-2"]),
    ("an unknown kind of way", "{kind: phone", "{kind: pigeon",
     ["oncall.yaml:6: people[0].ways[0].kind 'pigeon': is no kind of way: there are mail, phone"]),
    ("no address", "{kind: mail, address_env: MAIL}", "{kind: mail}",
     ["oncall.yaml:6: people[0].ways[1]: needs one of address, address_env"]),
    ("hours out of order", "[06:00, 18:00]", "[18:00, 06:00]",
     ["oncall.yaml:13: rotations[0].hand_overs: must be different hours, the earliest first"]),
    ("shifts without hours", "hand_overs: [06:00, 18:00]", "hand_over: 06:00",
     ["oncall.yaml:9: rotations[0]: of kind shifts needs hand_overs, several hours such as [06:00, 14:00, 22:00]"]),
    ("an hour that isn't one", "07:00}", "25:00}",
     ["oncall.yaml:16: rotations[1].hand_over '25:00': must be a time of day such as 07:00"]),
    ("it ends before it begins", "days_off: rest", "last: 2026-11-01",
     ["oncall.yaml:15: rotations[0].last 2026-11-01: is before start, 2026-11-02"]),
    ("no time zone", "Europe/Berlin", "Hanoi",
     ["oncall.yaml:14: rotations[0].timezone 'Hanoi': is not a time zone of the IANA database"]),
    ("days off in a circle", "start: 2026-11-02, hand_over", "days_off: main, start: 2026-11-02, hand_over",
     ["oncall.yaml:15: rotations[0].days_off 'rest': has days_off or holidays itself: name who is on call then",
      "oncall.yaml:16: rotations[1].days_off 'main': has days_off or holidays itself: name who is on call then"]),
    ("days off of its own", "days_off: rest", "days_off: main",
     ["oncall.yaml:15: rotations[0].days_off 'main': is no other rotation: there are rest"]),
    ("a step for nobody", "{rotation: main}", "{}",
     ["oncall.yaml:20: policies[0].steps[0].whom[0]: needs one of person, rotation, receiver"]),
    ("a step for an unknown rotation", "{rotation: main}", "{rotation: side}",
     ["oncall.yaml:20: policies[0].steps[0].whom[0].rotation 'side': is no rotation: there are main, rest"]),
    ("a way that nobody has", "how: [mail]", "how: [fax]",
     ["oncall.yaml:22: policies[0].steps[2].how[0] 'fax': is no kind of way: there are mail, phone"]),
    ("repeated at once", "    repeat_after: 10m\n", "",
     ["oncall.yaml:18: policies[0]: repeat and repeat_after go together"]),
    ("the same name twice", "name: truc-2,", "name: truc-1,",
     ["oncall.yaml:7: people[1].name 'truc-1': is there already",
      "oncall.yaml:11: rotations[0].members[1] 'truc-2': is no person: there are truc-1, truc-1",
      "oncall.yaml:16: rotations[1].members[0] 'truc-2': is no person: there are truc-1, truc-1",
      "oncall.yaml:21: policies[0].steps[1].whom[0].person 'truc-2': is no person: there are truc-1, truc-1",
      "oncall.yaml:22: policies[0].steps[2].whom[0].person 'truc-2': is no person: there are truc-1, truc-1"]),
    ("an unknown key", "repeat: 1", "again: 1",
     ["oncall.yaml:23: policies[0].again: unknown key"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "complaints"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_every_wrong_place_is_named(tmp_path: Path, old: str, new: str, complaints: list[str]) -> None:
    assert old in GOOD
    folder = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ConfigErrors) as caught:
        load_oncall(folder, ZONE)
    assert [str(error).removeprefix(f"{folder}/") for error in caught.value.errors] == complaints
