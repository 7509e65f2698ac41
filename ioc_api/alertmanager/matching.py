"""Matchers as text, as amtool and Grafana send them in `filter`: `alertname="Down"`, `severity=~"1|2"`. Pure."""

import re
from collections.abc import Sequence

from ioc_core.errors import InputError
from ioc_core.label_matchers import LabelMatcher, check

MOST_FILTERS = 20
_FORM = re.compile(
    r"""\s*\{?\s*(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)\s*(?P<operator>=~|!~|!=|=)\s*
    (?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^"{}]*?))\s*\}?\s*\Z""",
    re.VERBOSE | re.DOTALL,
)
_SOME = LabelMatcher("alertname", "x")  # a filter, unlike a silence, may match everything
_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}


def parse(text: str) -> LabelMatcher:
    """Return the matcher that `text` is.

    Raises:
        InputError: `filter`: it isn't one, or its pattern isn't one that is taken.
    """
    form = _FORM.match(text)
    if form is None:
        raise InputError("filter", f"bad matcher format: {text}")
    operator = form["operator"]
    value = form["bare"]
    if form["quoted"] is not None:
        value = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), form["quoted"], flags=re.DOTALL)
    matcher = LabelMatcher(form["name"], value, is_regex="~" in operator, is_equal=not operator.startswith("!"))
    check((matcher, _SOME))
    return matcher


def parse_all(texts: Sequence[str]) -> tuple[LabelMatcher, ...]:
    """Return the matchers of a request. Raises: InputError."""
    if len(texts) > MOST_FILTERS:
        raise InputError("filter", f"at most {MOST_FILTERS} filters, got {len(texts)}")
    return tuple(map(parse, texts))


def receiver_pattern(text: str | None) -> re.Pattern[str] | None:
    """Return the pattern that a receiver's whole name must match; None: any. Raises: InputError."""
    if not text:
        return None
    check((LabelMatcher("receiver", text, is_regex=True), _SOME))
    return re.compile(text)
