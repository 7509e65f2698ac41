"""Matchers as Alertmanager writes them: `severity="1"`, `alertname=~"Dossier.*"`, `unit!=""`. Pure."""

import re
from dataclasses import dataclass

from alerts.rule import Labels

_FORM = re.compile(r"""\s*([a-z_][a-z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"'{},=!~\\]*))\s*\Z""")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label; a label that isn't there counts as empty."""

    label: str
    operator: str
    value: str
    pattern: re.Pattern[str] | None

    def matches(self, labels: Labels) -> bool:
        """Return whether `labels` satisfy it; patterns must match the whole value."""
        value = labels.get(self.label, "")
        found = value == self.value if self.pattern is None else self.pattern.fullmatch(value) is not None
        return found if self.operator in {"=", "=~"} else not found

    def __str__(self) -> str:
        return f'{self.label}{self.operator}"{self.value}"'


def parse_matcher(text: str) -> Matcher:
    """Return the matcher. Raises: ValueError when `text` isn't one, or its pattern isn't a regular expression."""
    form = _FORM.match(text)
    if form is None:
        raise ValueError(
            """is not a matcher: write it like severity="1", unit!="66" or alertname=~"Dossier.*" """.strip()
        )
    label, operator, quoted, bare = form.groups()
    value = bare if quoted is None else _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[0]), quoted)
    if "~" not in operator:
        return Matcher(label, operator, value, None)
    try:
        return Matcher(label, operator, value, re.compile(value))
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from error
