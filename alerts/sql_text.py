"""What can be said of a rule's SQL without a database: is it one SELECT, and which relations does it read."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
    | (?P<text>[eEbBxXnN]?'(?:[^']|'')*' | \$(?P<tag>[A-Za-z_]\w*|)\$.*?\$(?P=tag)\$)
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)
    | (?P<parameter>\$\d+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_KEYWORDS = frozenset({"current_timestamp", "localtimestamp", "current_date", "current_time", "localtime"})
_CALL = re.compile(
    r"""
    --[^\n]*|/\*.*?\*/
    | [eEbBxXnN]?'(?:[^']|'')*' | \$(?P<tag>[A-Za-z_]\w*|)\$.*?\$(?P=tag)\$
    | "(?:[^"]|"")*"
    | (?:pg_catalog\.|(?<![\w$.\u0080-\uffff]))(?P<name>[A-Za-z_][\w$\u0080-\uffff]*)(?P<call>\s*\(\s*\d*\s*\))?
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
# FROM inside these is a part of the call: extract(epoch FROM x), substring(x FROM 2), trim(both FROM x)
_CALLS_WITH_FROM = frozenset({"extract", "substring", "trim", "overlay"})
_FORBIDDEN = frozenset({"insert", "update", "delete", "merge", "into"})


class SqlTextError(ValueError):
    """The SQL can't be a rule's; `line` counts from 0 within it."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view that is read, and in which line (from 0) of the SQL."""

    name: str
    line: int


def relations(sql: str) -> list[Relation]:
    """Return what the one SELECT in `sql` reads, in order; names of its own WITH clauses and functions left out.

    Raises:
        SqlTextError: it isn't one SELECT statement.
    """
    tokens = list(_tokens(sql))
    _one_select(tokens)
    own = _with_names(tokens)
    return [relation for relation in _read(tokens) if relation.name not in own]


def calls(sql: str) -> frozenset[str]:
    """Return the names of all functions that `sql` may call: every name before a parenthesis."""
    tokens = list(_tokens(sql))
    return frozenset(token.text for token, after in pairwise(tokens) if token.kind == "word" and after.text == "(")


def replaced_calls(sql: str, instead: Mapping[str, str]) -> str:
    """Return `sql` with calls of these functions replaced: `now()`, `pg_catalog.now()`, and keywords such as
    `current_date` or `current_timestamp(3)`. Texts, comments, quoted names and columns of such a name stay."""
    parts: list[str] = []
    done = 0
    for match in _CALL.finditer(sql):
        name = (match["name"] or "").lower()
        if name in instead and (name in _KEYWORDS or match["call"]):
            parts += [sql[done : match.start()], instead[name]]
            done = match.end()
    return "".join([*parts, sql[done:]])


def _tokens(sql: str) -> Iterator[_Token]:
    line = 0
    for match in _TOKEN.finditer(sql):
        kind, text = match.lastgroup or "other", match[0]
        if kind == "tag":
            kind = "text"
        if kind == "word":
            yield _Token(kind, text.lower(), line)
        elif kind == "quoted":
            yield _Token("word", text[1:-1].replace('""', '"'), line)
        elif kind != "space":
            yield _Token(kind, text, line)
        line += text.count("\n")


def _one_select(tokens: list[_Token]) -> None:
    if not tokens:
        raise SqlTextError(0, "is empty")
    if tokens[0].text not in {"select", "with"}:
        raise SqlTextError(tokens[0].line, f"must be a SELECT, not {tokens[0].text.upper()}")
    for token in tokens:
        if token.text == ";":
            raise SqlTextError(token.line, "must be a single SELECT without ';'")
        if token.kind == "word" and token.text in _FORBIDDEN:
            raise SqlTextError(token.line, f"must only read: {token.text.upper()} is not allowed")
        if token.kind == "parameter":
            raise SqlTextError(token.line, f"has no parameters, so {token.text} means nothing")


def _with_names(tokens: list[_Token]) -> set[str]:
    """The names that WITH gives: `name AS (` or `name (columns) AS (`."""
    names: set[str] = set()
    for index, token in enumerate(tokens[:-1]):
        before = tokens[index - 1].text if index else ""
        if token.kind == "word" and before in {"with", "recursive", ","} and _introduces(tokens, index + 1):
            names.add(token.text)
    return names


def _introduces(tokens: list[_Token], index: int) -> bool:
    if tokens[index].text == "(":
        while index < len(tokens) and tokens[index].text != ")":
            index += 1
        index += 1
    words = [token.text for token in tokens[index : index + 4]]
    return words[:2] in (["as", "("], ["as", "materialized"]) or words[:3] == ["as", "not", "materialized"]


def _read(tokens: list[_Token]) -> Iterator[Relation]:
    calls: list[str] = []
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else None
        if token.text == "(":
            calls.append(before.text if before and before.kind == "word" else "")
        elif token.text == ")" and calls:
            calls.pop()
        elif token.kind == "word" and before is not None and _starts_relation(before, tokens, index, calls):
            following = tokens[index + 1].text if index + 1 < len(tokens) else ""
            if following == ".":
                yield Relation(f"{token.text}.{tokens[index + 2].text}", token.line)
            elif following != "(" and token.text not in {"select", "lateral", "only"}:
                yield Relation(token.text, token.line)


def _starts_relation(before: _Token, tokens: list[_Token], index: int, calls: list[str]) -> bool:
    if before.text in {"join", "lateral", "only"}:
        return True
    if before.text != "from" or (calls and calls[-1] in _CALLS_WITH_FROM):
        return False
    return index < 2 or tokens[index - 2].text != "distinct"
