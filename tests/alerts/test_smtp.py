"""The mail channel against a real SMTP server."""

from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd import smtp as aiosmtpd_smtp
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

from alerts.channels.outcome import Ok, Outcome, Permanent, Temporary
from alerts.channels.settings import Wording
from alerts.channels.smtp import Server, Smtp
from alerts.message import Message
from alerts.texts import Texts
from ioc_core.engine import free_port
from tests.alerts.messages import alert, message

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TO = ("a@example.vn", "b@example.vn")


class Mailroom:
    """Keeps what arrives; `data_answer` and `rcpt_answers` say what the server answers."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.data_answer = "250 OK"
        self.rcpt_answers: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802  (the library's name)
        self, server: aiosmtpd_smtp.SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        answer = self.rcpt_answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: aiosmtpd_smtp.SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take or refuse a mail."""
        if self.data_answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            parsed = message_from_bytes(envelope.content, policy=default)
            assert isinstance(parsed, EmailMessage)
            self.mails.append(parsed)
            self.recipients += envelope.rcpt_tos
        return self.data_answer

    def authenticate(self, server: aiosmtpd_smtp.SMTP, session: Session, *parts: Any) -> AuthResult:
        """Nobody has the right password."""
        return AuthResult(success=False, handled=False)


@pytest.fixture
def mailroom() -> Mailroom:
    """What the server does with mail."""
    return Mailroom()


@pytest.fixture
def port(mailroom: Mailroom) -> Iterator[int]:
    """The port of a mail server."""
    number = free_port()
    controller = Controller(
        mailroom,
        hostname="127.0.0.1",
        port=number,
        authenticator=mailroom.authenticate,
        auth_require_tls=False,
    )
    controller.start()
    yield number
    controller.stop()


def channel(port: int, *, security: str = "none", username: str | None = None) -> Smtp:
    """A channel to the mail server."""
    wording = Wording(Texts(ZONE), "vi", None)
    server = Server("127.0.0.1", port, security, username, "wrong" if username else None)
    return Smtp(server=server, sender="ioc@example.vn", recipients=TO, timeout=3, wording=wording)


async def test_a_mail_says_in_vietnamese_what_happened_where_and_since_when(mailroom: Mailroom, port: int) -> None:
    ended = alert(2, status="resolved", ends_at=message().created_at, closed_by="lan", close_reason="bảo trì <x>")
    told = message(alert(1), ended, truncated_alerts=3, links={"ack": "https://ioc.example.vn/a/AbC-_9"})
    assert await channel(port).send(told) == Ok()
    (mail,) = mailroom.mails
    assert mailroom.recipients == list(TO)
    assert mail["Subject"] == "[P1] Một cửa điện tử <iGate> không truy cập được"
    assert mail["Message-ID"] == "<0123abcd-webhook-0@alerts.ioc>"
    assert mail["References"] == "<9f9f@alerts.ioc>"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and html is not None
    text, page = plain.get_content(), html.get_content()
    for part in (text, page):
        assert "khẩn cấp" in part
        assert "Việc cần làm: gọi trực vận hành." in part
        assert "03:04:05 ngày 21/11/2026" in part
        assert "và 3 cảnh báo khác" in part
        assert "http://127.0.0.1:8501/console" in part
        assert "https://ioc.example.vn/a/AbC-_9" in part
        assert "lan đã đóng: bảo trì" in part
    assert "Một cửa điện tử <iGate>" in text
    assert "https://ioc.example.vn/runbook?a=1&b=2" in text
    assert "&lt;iGate&gt;" in page and "<iGate>" not in page
    assert "?a=1&amp;b=2" in page


async def test_the_end_is_told_too(mailroom: Mailroom, port: int) -> None:
    over = message(alert(1, status="resolved"), status="resolved", title="[ĐÃ HẾT] iGate")
    assert await channel(port).send(over) == Ok()
    body = mailroom.mails[0].get_body(("plain",))
    assert body is not None
    assert "/a/" not in body.get_content()
    assert "đã hết (1)" in body.get_content()


async def _outcome(port: int, told: Message | None = None, **options: Any) -> Outcome:
    return await channel(port, **options).send(told or message())


async def test_a_temporary_refusal_is_tried_again(mailroom: Mailroom, port: int) -> None:
    mailroom.data_answer = "451 Try again later"
    assert await _outcome(port) == Temporary("SMTP 451: Try again later")


async def test_a_permanent_refusal_is_final(mailroom: Mailroom, port: int) -> None:
    mailroom.data_answer = "554 No spam here"
    assert await _outcome(port) == Permanent("SMTP 554: No spam here")


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({TO[0]: "550 No such user"}, Ok()),
        ({TO[0]: "550 No such user", TO[1]: "550 No such user"}, Permanent),
        ({TO[0]: "550 No such user", TO[1]: "452 Mailbox full"}, Temporary),
    ],
    ids=["one of two gets it", "nobody ever will", "one of them may later"],
)
async def test_refused_recipients(
    mailroom: Mailroom, port: int, answers: dict[str, str], outcome: Outcome | type[Outcome]
) -> None:
    mailroom.rcpt_answers = answers
    found = await _outcome(port)
    assert found == outcome or type(found) is outcome


async def test_a_wrong_password_can_be_put_right_in_time(mailroom: Mailroom, port: int) -> None:
    found = await _outcome(port, username="ioc")
    assert isinstance(found, Temporary)
    assert "535" in found.reason
    assert not mailroom.mails


async def test_without_the_encryption_asked_for_nothing_is_sent(mailroom: Mailroom, port: int) -> None:
    assert isinstance(await _outcome(port, security="starttls"), Temporary)
    assert not mailroom.mails


async def test_a_server_that_is_away_is_tried_again() -> None:
    assert isinstance(await _outcome(free_port()), Temporary)
