"""Tokens of links: what is signed comes back, and nothing else does."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc_core.alert_links import LASTS, Link, Signer, read, sign, signature
from ioc_core.errors import InputError

KEY = bytes(range(32))
NOTIFICATION = "0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 11, 20, 20, 4, 5, tzinfo=UTC)
TOKEN = sign(KEY, Link(NOTIFICATION, NOW + LASTS))


@given(
    key=st.binary(min_size=32, max_size=32),
    notification=st.binary(min_size=16, max_size=16),
    at=st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)),  # noqa: DTZ001
)
def test_what_was_signed_is_read(key: bytes, notification: bytes, at: datetime) -> None:
    link = Link(notification.hex(), at.replace(microsecond=0, tzinfo=UTC))
    token = sign(key, link)
    assert read(key, token) == link
    assert len(token) == 50 and token.isascii()


@given(place=st.integers(0, len(TOKEN) - 1), letter=st.sampled_from("ABCxyz019-_=!é"))
def test_no_letter_can_be_changed(place: int, letter: str) -> None:
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    if changed != TOKEN:
        with pytest.raises(InputError):
            read(KEY, changed)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param("a", id="a letter"),
        pytest.param(TOKEN[:-1], id="a letter too few"),
        pytest.param(TOKEN + "A", id="a letter too many"),
        pytest.param(TOKEN + "==", id="with padding"),
        pytest.param(TOKEN.upper(), id="in another case"),
        pytest.param("é" * 50, id="no ASCII"),
        pytest.param("A" * 5000, id="very long"),
        pytest.param(base64.urlsafe_b64encode(bytes(37)).decode().rstrip("="), id="zeros"),
        pytest.param(sign(bytes(32), Link(NOTIFICATION, NOW)), id="of another key"),
    ],
)
def test_anything_else_is_refused(token: str) -> None:
    with pytest.raises(InputError, match="isn't one of ours"):
        read(KEY, token)


def test_a_link_leads_to_the_public_address_and_lasts_a_day() -> None:
    link = Signer(KEY, "https://ioc.example.vn/api/").links(NOTIFICATION, NOW)["ack"]
    assert link.startswith("https://ioc.example.vn/api/a/")
    assert read(KEY, link.rsplit("/", 1)[1]) == Link(NOTIFICATION, NOW + timedelta(hours=24))


@pytest.mark.parametrize(
    ("receiver", "name", "expected"),
    [
        ("truc-ban", "  Lan  Nguyễn ", "Lan Nguyễn (qua tin báo cho truc-ban)"),
        ("truc-ban", "", "truc-ban (qua tin báo)"),
        ("truc-ban", "\n\t\x00", "truc-ban (qua tin báo)"),
        ("person:lan.nguyen", "giám đốc", "lan.nguyen (qua tin báo)"),
        ("truc-ban", "a" * 100, "a" * 60 + " (qua tin báo cho truc-ban)"),
    ],
)
def test_whoever_used_it_is_never_taken_for_somebody_who_signed_in(receiver: str, name: str, expected: str) -> None:
    assert signature(receiver, name) == expected
