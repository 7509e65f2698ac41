"""A message as mail: subject, plain text, HTML."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from alerts.channels.settings import Wording
from alerts.message import Message

_DOMAIN = "alerts.ioc"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """From whom and to whom."""

    sender: str
    recipients: tuple[str, ...]


def to_mail(message: Message, mailbox: Mailbox, wording: Wording) -> EmailMessage:
    """Return the mail; its Message-ID is the idempotency key, and mails of one group form a thread."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = mailbox.sender
    mail["To"] = ", ".join(mailbox.recipients)
    mail["Subject"] = wording.title(message)
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<{message.id}@{_DOMAIN}>"
    mail["References"] = f"<{message.group_key}@{_DOMAIN}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Priority"] = "1" if message.severity <= 2 and message.status == "firing" else "3"
    mail.set_content(wording.write("mail-text", message) + "\n")
    mail.add_alternative(wording.write("mail-html", message) + "\n", subtype="html")
    return mail
