"""The channel `sms` against an HTTP gateway, and what short messages cost."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.channels.gateway import at_path
from alerts.channels.outcome import Channel, ChannelDisabledError, Ok, Permanent, Surroundings, Temporary
from alerts.channels.sms import KIND, SmsModel
from alerts.texts.sms import fitted, segments, without_diacritics
from ioc_core.engine import free_port
from tests.alerts.messages import message
from tests.alerts.night import ZONE
from tests.alerts.vendors import Gateway, served

Make = Callable[..., Channel]
BODY = '{"Phone": {{ to | tojson }}, "Content": {{ text | tojson }}, "ApiKey": {{ secrets.api_key | tojson }}}'


@pytest.fixture
def gateway() -> Gateway:
    """The gateway."""
    return Gateway()


@pytest.fixture
async def make(gateway: Gateway) -> AsyncIterator[Make]:
    """Makes channels to the gateway; keys replace the usual configuration."""
    made: list[Channel] = []
    async with served(gateway.answer) as url:

        def channel(**keys: Any) -> Channel:
            usual = {
                "type": "sms", "url": f"{url}/send", "to": "0900000001", "body": BODY,
                "headers": {"Content-Type": "application/json"}, "secrets_env": {"api_key": "SMS_KEY"},
            }  # fmt: skip
            model = SmsModel.model_validate({**usual, **keys})
            made.append(KIND.make(model, Surroundings({"SMS_KEY": "s3cret-key"}, ZONE)))
            return made[-1]

        yield channel
        for one in made:
            await one.close()


async def test_a_message_arrives_as_the_template_says(gateway: Gateway, make: Make) -> None:
    outcome = await make().send(message(links={"ack": "https://ioc.example.vn/a/AbC-_9"}))
    assert isinstance(outcome, Ok)
    assert outcome.answer == 'HTTP 200: {"CodeResult": "100"} (1 segments)'
    ((method, url, headers, body),) = gateway.requests
    assert (method, url, headers["content-type"]) == ("POST", "/send", "application/json")
    assert json.loads(body) == {
        "Phone": "0900000001",
        "Content": "[P1] Mot cua dien tu <iGate> khong truy cap duoc https://ioc.example.vn/a/AbC-_9",
        "ApiKey": "s3cret-key",
    }


async def test_with_diacritics_it_is_unicode(gateway: Gateway, make: Make) -> None:
    assert await make(diacritics=True).send(message()) == Ok()
    assert gateway.bodies[0]["Content"] == "[P1] Một cửa điện tử <iGate> không truy cập được"


async def test_a_gateway_that_takes_get(gateway: Gateway, make: Make) -> None:
    assert await make().send(message()) == Ok()
    host = gateway.requests[0][2]["host"]
    channel = make(method="GET", body="", url=f"http://{host}/s?to={{{{ to | url }}}}&text={{{{ text | url }}}}")
    assert await channel.send(message(title="a&b c")) == Ok()
    assert gateway.requests[1][:2] == ("GET", "/s?to=0900000001&text=a%26b%20c")


async def test_every_number_gets_one(gateway: Gateway, make: Make) -> None:
    assert await make(to="0900000001, 0900000002").send(message()) == Ok()
    assert sorted(body["Phone"] for body in gateway.bodies) == ["0900000001", "0900000002"]


SUCCESS = {"json_path": "CodeResult", "equals": 100}
TEMPORARY = {"regex": '"CodeResult": "(103|999)"'}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((200, '{"CodeResult": "100"}'), Ok()),
        ((200, '{"CodeResult": 100}'), Ok()),
        ((200, '{"CodeResult": "101"}'), Permanent('HTTP 200: {"CodeResult": "101"}')),
        ((200, '{"CodeResult": "103"}'), Temporary('HTTP 200: {"CodeResult": "103"}')),
        ((200, "no JSON"), Permanent("HTTP 200: no JSON")),
        ((400, "bad number"), Permanent("HTTP 400: bad number")),
        ((503, ""), Temporary("HTTP 503")),
        ((401, "key s3cret-key is wrong"), Permanent("HTTP 401: key *** is wrong")),
    ],
)
async def test_answers(gateway: Gateway, make: Make, answer: tuple[int, str], expected: object) -> None:
    gateway.plan.append(answer)
    assert await make(success=SUCCESS, temporary=TEMPORARY).send(message()) == expected


async def test_a_gateway_that_is_away_or_slow_is_tried_again(gateway: Gateway, make: Make) -> None:
    assert isinstance(await make(url=f"http://127.0.0.1:{free_port()}/").send(message()), Temporary)
    gateway.delay = 1.0
    assert isinstance(await make(timeout="200ms").send(message()), Temporary)


async def test_a_broken_template_is_final_and_says_where(make: Make) -> None:
    outcome = await make(body="\n{{ txt }}").send(message())
    assert outcome == Permanent("sms body:2: 'txt' is undefined")


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"method": "GET"}, "a GET has no body"),
        ({"headers": {"A B": "x"}}, "is no name of a header"),
        ({"success": {"json_path": "a"}}, "json_path and equals belong together"),
        ({"success": {"regex": "("}}, "regex is none"),
        ({"to": None}, "needs one of to, to_env"),
        ({"url": "ftp://x"}, "must be an http or https address"),
        ({"segments": 0}, "greater than or equal to 1"),
    ],
)
async def test_wrong_configuration(make: Make, keys: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        make(**keys)


async def test_a_secret_that_is_not_set_disables_it(make: Make) -> None:
    with pytest.raises(ChannelDisabledError, match="OTHER isn't set"):
        make(secrets_env={"api_key": "OTHER"})


@pytest.mark.parametrize(
    ("text", "count"),
    [("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2),
     ("ệ" * 70, 1), ("ệ" * 71, 2), ("ệ" * 134, 2), ("ệ" * 135, 3), ("😀" * 35, 1), ("😀" * 36, 2), ("", 1)],
)  # fmt: skip
def test_segments(text: str, count: int) -> None:
    assert segments(text) == count


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Đường truyền về xã Ea Ô bị đứt", "Duong truyen ve xa Ea O bi dut"),
        ("ĂÂĐÊÔƠƯ ăâđêôơư ẵ ậ ỹ", "AADEOOU aadeoou a a y"),
        ("“x” – y… · 5₫ ≥ 3", '"x" - y... - 5d >= 3'),
        ("越 😀", "? ?"),
    ],
)
def test_without_diacritics(text: str, plain: str) -> None:
    assert without_diacritics(text) == plain


@given(
    text=st.text(max_size=600), tail=st.sampled_from(["", "https://ioc.example.vn/a/AbC-_9"]), most=st.integers(1, 4)
)
def test_what_is_fitted_fits_and_keeps_the_link(text: str, tail: str, most: int) -> None:
    for said in (text, without_diacritics(text)):
        made = fitted(said, tail, most)
        assert segments(made) <= most
        assert made.endswith(tail)


@given(st.text(max_size=200))
def test_without_diacritics_it_is_never_unicode(text: str) -> None:
    plain = without_diacritics(text)
    assert segments(plain) <= max(-(-len(plain) * 2 // 153), 1)


def test_paths() -> None:
    found = {"a": [{"b": "x"}], "c": {"d": 1}}
    assert (at_path(found, "a[0].b"), at_path(found, "c.d"), at_path(found, "c.x.y"), at_path(found, "a[7]")) == (
        "x", 1, None, None,
    )  # fmt: skip


def test_the_deadline_is_below_the_lease() -> None:
    with pytest.raises(ValidationError):
        SmsModel.model_validate({"type": "sms", "url": "http://x/", "to": "1", "timeout": "21s"})
    assert SmsModel.model_validate({"type": "sms", "url": "http://x/", "to": "1"}).timeout == timedelta(seconds=10)
