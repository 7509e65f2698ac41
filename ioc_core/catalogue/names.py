"""Names as people and systems write them: folding away accents, case, spacing and punctuation."""

from unicodedata import combining, normalize

AUTHORITY_PREFIXES = ("ubnd", "uybannhandan")
"""How one-stop systems write a province, district or commune as an authority: `UBND xã Ea Kao`."""


def exact_key(text: str) -> str:
    """A key under which the same name is found whatever its Unicode form, case and outer or double spaces."""
    return " ".join(normalize("NFC", text).casefold().split())


def folded_key(text: str) -> str:
    """A key of letters and digits only: `Xã M’Drắk`, `XÃ M'DRẮK` and `xa mdrak` are the same."""
    plain = normalize("NFKD", text).casefold().replace("đ", "d")
    return "".join(letter for letter in plain if letter.isalnum() and not combining(letter))
