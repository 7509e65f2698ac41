"""A message as mail: subject, plain text, HTML."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from alerts.message import Message
from alerts.templates import severity_name

_DOMAIN = "alerts.ioc"
# The wall's alarm colours, darker where white text stands on them.
_COLOURS = {1: "#c22a3a", 2: "#b86500", 3: "#8a7a00", 4: "#2f66d6"}
_OVER = "#3c7a4a"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """From whom and to whom."""

    sender: str
    recipients: tuple[str, ...]


def to_mail(message: Message, mailbox: Mailbox, timezone: ZoneInfo) -> EmailMessage:
    """Return the mail; its Message-ID is the idempotency key, and mails of one group form a thread."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = mailbox.sender
    mail["To"] = ", ".join(mailbox.recipients)
    mail["Subject"] = " ".join(message.title.split())
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<{message.id}@{_DOMAIN}>"
    mail["References"] = f"<{message.group_key}@{_DOMAIN}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Priority"] = "1" if message.severity <= 2 and message.status == "firing" else "3"

    def local(at: datetime) -> str:
        return at.astimezone(timezone).strftime("%H:%M:%S ngày %d/%m/%Y")

    names = {
        "message": message,
        "local": local,
        "severity_name": severity_name,
        "colour": _OVER if message.status == "resolved" else _COLOURS[message.severity],
    }
    mail.set_content(_templates().get_template("mail.txt.j2").render(names))
    mail.add_alternative(_templates().get_template("mail.html.j2").render(names), subtype="html")
    return mail


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("alerts", "channels"),
        autoescape=select_autoescape(["html.j2", "html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
