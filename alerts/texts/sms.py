"""Short messages: what a text costs in segments, how it is shortened, and Vietnamese without diacritics. Pure.

Source: 3GPP TS 23.038, default alphabet of 7 bits and its extension table; TS 23.040 for concatenated messages.
"""

import unicodedata

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_ALIKE = str.maketrans({
    "đ": "d", "Đ": "D", "–": "-", "—": "-", "…": "...", "“": '"', "”": '"', "‘": "'", "’": "'", "·": "-",
    "•": "-", "×": "x", "→": "->", "≥": ">=", "≤": "<=", "₫": "d", "\u00a0": " ", "`": "'",
})  # fmt: skip


def without_diacritics(text: str) -> str:
    """Return Vietnamese in the letters of ASCII; other signs by what looks like them, `?` for what nothing does."""
    plain = unicodedata.normalize("NFD", text.translate(_ALIKE))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return "".join(letter if letter in _BASIC or letter in _EXTENDED else "?" for letter in bare)


def segments(text: str) -> int:
    """Return how many messages `text` is billed as: 160 septets, or 70 UTF-16 units, and fewer in each of several."""
    septets = _septets(text)
    single, each = (160, 153) if septets is not None else (70, 67)
    size = _units(text) if septets is None else septets
    return 1 if size <= single else -(-size // each)


def fitted(text: str, tail: str, most_segments: int) -> str:
    """Return `text` and `tail` (a link: never cut), the text shortened at its end to fit into `most_segments`."""
    whole = _with(text, tail)
    if segments(whole) <= most_segments:
        return whole
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if segments(_with(_cut(text, middle), tail)) <= most_segments:
            low = middle
        else:
            high = middle - 1
    return _with(_cut(text, low), tail)


def _cut(text: str, length: int) -> str:
    return text[:length].rstrip() + "..."


def _with(text: str, tail: str) -> str:
    return f"{text} {tail}" if tail else text


def _septets(text: str) -> int | None:
    """Size in the 7-bit alphabet; None: it can't be said in it."""
    if not all(letter in _BASIC or letter in _EXTENDED for letter in text):
        return None
    return len(text) + sum(letter in _EXTENDED for letter in text)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
