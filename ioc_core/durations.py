"""Durations as Prometheus writes them: `1h30m`, `45s`, `500ms`, `0`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_WHOLE = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?\Z")
_LONGEST = timedelta(days=366)


def parse_duration(text: str) -> timedelta:
    """Return the duration that `text` says, at most 366 days.

    Raises:
        ValueError: it isn't digits and units in the order w d h m s ms, each at most once.
    """
    if text == "0":
        return timedelta()
    match = _WHOLE.match(text)
    if match is None or not text:
        hint = "durations are >= 0" if text.startswith("-") else "write it like 30s, 5m, 1h30m or 2d"
        raise ValueError(f"is not a duration: {hint}")
    parts = zip(match.groups(), _UNITS.values(), strict=True)
    try:
        total = sum((int(count) * unit for count, unit in parts if count), timedelta())
    except OverflowError:
        total = timedelta.max
    if total > _LONGEST:
        raise ValueError("is longer than 366 days")
    return total


def format_duration(duration: timedelta) -> str:
    """Return `duration` in the same words, to the millisecond: `1h30m`; nothing at all is `0s`."""
    rest = round(duration / timedelta(milliseconds=1))
    text = ""
    for name, unit in _UNITS.items():
        size = unit // timedelta(milliseconds=1)
        if rest >= size:
            text += f"{rest // size}{name}"
            rest %= size
    return text or "0s"


def _from_yaml(value: object) -> object:
    if value == 0 and not isinstance(value, bool):
        return timedelta()
    if not isinstance(value, str):
        raise ValueError("is not a duration: write it like 30s, 5m, 1h30m or 2d")
    return parse_duration(value)


Duration = Annotated[timedelta, BeforeValidator(_from_yaml)]
"""A field of a configuration file that holds a duration."""
