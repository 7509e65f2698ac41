"""What people read: the texts of messages, by channel and language, which an operator may replace."""

from alerts.texts.source import LANGUAGES, PARTS, TextFault, Texts

__all__ = ["LANGUAGES", "PARTS", "TextFault", "Texts"]
