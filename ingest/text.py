"""Text that storage takes: no NUL (PostgreSQL refuses it), no lone surrogates, cut to a length."""

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def clean(text: str, limit: int) -> str:
    """`text` with what can't be stored replaced by U+FFFD, its first `limit` characters."""
    if "\0" in text:
        text = text.replace("\0", _REPLACEMENT)
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8") if _has_surrogate(text) else text
    return text if len(text) <= limit else text[: limit - 1] + "…"


def storable(text: str) -> bool:
    """Whether `clean` would leave it as it is, but for its length."""
    return "\0" not in text and not _has_surrogate(text)


def _has_surrogate(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
