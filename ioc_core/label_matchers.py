"""Conditions on the labels of an alert, as Alertmanager's API writes them, and whether an alert meets them. Pure."""

import re
import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from ioc_core.errors import InputError

MOST_MATCHERS = 20
LONGEST_VALUE = 500
MOST_REPEATS = 3
"""Open repeats (`*`, `+`, `{2,}`) of one alternative: more of them, or nested ones, can take minutes on one label."""
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,99}\Z")
_FORM = re.compile(r"""\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"'{},=!~\\]*))\s*\Z""")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}
_ESCAPED_OR_SET = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_REPEAT = re.compile(r"[*+]|\{\d*,\d*\}")


class LabelMatcher(Struct, frozen=True, rename="camel"):
    """One condition: the label has (`is_equal`) or hasn't this value; a label that isn't there is empty."""

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether `labels` meet it; patterns must match the whole value."""
        value = labels.get(self.name, "")
        found = _compiled(self.value).fullmatch(value) is not None if self.is_regex else value == self.value
        return found is self.is_equal

    def __str__(self) -> str:
        operator = ("=~" if self.is_equal else "!~") if self.is_regex else "=" if self.is_equal else "!="
        value = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.name}{operator}"{value}"'


def parse(text: str) -> LabelMatcher:
    """Return the condition that `text` says as Alertmanager writes it: `system="igate"`, `host=~"web.*"`, `unit!=66`.

    Raises:
        InputError: `matchers`; it isn't one.
    """
    form = _FORM.match(text)
    if form is None:
        raise InputError(
            "matchers", f'{text.strip()!r} is not a matcher: write it like system="igate" or host=~"web.*"'
        )
    name, operator, quoted, bare = form.groups()
    value = bare if quoted is None else _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[0]), quoted)
    return LabelMatcher(name, value, is_regex="~" in operator, is_equal=not operator.startswith("!"))


def routing_labels(rule: str, severity: int, labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels that matchers and `group_by` see."""
    return {**labels, "alertname": rule, "severity": str(severity)}


def all_match(matchers: Sequence[LabelMatcher], labels: Mapping[str, str]) -> bool:
    """Return whether `labels` meet every condition."""
    return all(matcher.matches(labels) for matcher in matchers)


def in_order(matchers: Sequence[LabelMatcher]) -> tuple[LabelMatcher, ...]:
    """Return them with the cheap ones first: most alerts fail those."""
    return tuple(sorted(matchers, key=lambda matcher: (matcher.is_regex, not matcher.is_equal)))


def check(matchers: Sequence[LabelMatcher]) -> None:
    """Refuse conditions that can't be, or that every alert meets.

    Raises:
        InputError: `matchers`; the message names the condition.
    """
    if not 1 <= len(matchers) <= MOST_MATCHERS:
        raise InputError("matchers", f"there must be 1 to {MOST_MATCHERS} matchers, got {len(matchers)}")
    for matcher in matchers:
        if not _NAME.match(matcher.name):
            raise InputError("matchers", f"{matcher.name!r} is not the name of a label")
        if len(matcher.value) > LONGEST_VALUE:
            raise InputError("matchers", f"the value for {matcher.name} is longer than {LONGEST_VALUE} characters")
        if "\x00" in matcher.value:
            raise InputError("matchers", f"the value for {matcher.name} has a NUL character")
        if matcher.is_regex:
            _check_pattern(matcher)
    if all(matcher.matches({}) for matcher in matchers):
        raise InputError("matchers", "at least one matcher must ask for a label that is there: these match everything")


def _check_pattern(matcher: LabelMatcher) -> None:
    """Refuse what isn't a regular expression, and those that a hostile label could make run for ever."""
    where = f"the pattern {matcher.value!r} for {matcher.name}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(matcher.value)
    except (re.error, Warning, OverflowError, RecursionError) as error:
        raise InputError("matchers", f"{where} is not a regular expression: {error}") from error
    plain = _ESCAPED_OR_SET.sub(lambda found: "\\1" if found[0][1:].isdigit() else "x", matcher.value)
    if "\\1" in plain or re.search(r"\(\?(?!:|i\)|P<)", plain):
        raise InputError("matchers", f"{where} looks ahead, behind or back: only plain patterns are taken")
    repeats = max(len(_REPEAT.findall(part)) for part in plain.split("|"))
    if _nests(plain) or repeats > MOST_REPEATS:
        raise InputError("matchers", f"{where} repeats what repeats, or more than {MOST_REPEATS} times: simplify it")


def _nests(plain: str) -> bool:
    """Whether a group with a repeat or alternatives in it is repeated itself; sets and escapes are out already."""
    inside: list[bool] = []  # of each open group: whether there is a repeat or an alternative in it
    for index, character in enumerate(plain):
        if character == "(":
            inside.append(False)
        elif character == ")" and inside:
            busy = inside.pop()
            if busy and plain[index + 1 : index + 2] in {"*", "+", "{"}:
                return True
            if inside:
                inside[-1] = inside[-1] or busy
        elif inside and (character == "|" or _REPEAT.match(plain, index)):
            inside[-1] = True
    return False


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
