"""Durations as Prometheus writes them: `500ms`, `30s`, `5m`, `1h30m`, `2d`."""

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_WHOLE = re.compile(r"(?:\d+(?:ms|[smhdw]))+")
_PART = re.compile(r"(\d+)(ms|[smhdw])")


def parse_duration(text: str) -> float:
    """The seconds that `text` says.

    Raises:
        ValueError: it isn't written as a duration; the message says how one is.
    """
    if len(text) > 30 or _WHOLE.fullmatch(text) is None:
        raise ValueError("must be a duration such as 30s, 5m or 1h30m")
    return sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text))
