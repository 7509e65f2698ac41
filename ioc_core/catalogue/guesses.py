"""What a text that no catalogue knows may mean: the most similar names, for a person to choose from. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from unicodedata import combining, normalize

from ioc_core.catalogue.catalogue import Catalogue
from ioc_core.catalogue.types import Procedure, Unit

LEAST = 0.4
"""A lower score is no help."""
_TAKEN_OVER = 0.9
_OTHER_FORM = 0.9
_INSIDE = 0.95
_NAMED = 0.8
_LONGEST_LINE = 5
_NEWER_IDENTIFIER = re.compile(r"([A-Z]\d{2})\.(\d{2})(?:\.(\d{2}))?(?:\.(\d{3}))?")
_AUTHORITY = re.compile(r"\b(?:ubnd|uy ban nhan dan)\b")
_SHORT = {"h": "huyen", "x": "xa", "p": "phuong", "q": "quan", "tp": "thanh pho", "tx": "thi xa"}


@dataclass(frozen=True, slots=True)
class Guess:
    """A unit or procedure, how similar its name is (0 to 1), and why it is offered when that isn't its name."""

    code: str
    name: str
    score: float
    because: str = ""


class _Named(NamedTuple):
    unit: Unit
    words: str
    name: frozenset[str]
    short_name: frozenset[str]

    def score(self, line: str, written: frozenset[str]) -> float:
        """How similar a text is; or, of a longer one ("Bộ phận một cửa xã Ea Súp"), whether the name is in it."""
        inside = len(self.words) > 2 and self.words in line
        return max(similarity(written, self.name), similarity(written, self.short_name), _NAMED * inside)


class Guesser:
    """Compares texts with every name of a catalogue; made once for many texts."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        units = catalogue.units.values()
        self._units = [_Named(unit, words(unit.name), pairs(unit.name), pairs(unit.short_name)) for unit in units]
        self._procedures = [(procedure, pairs(procedure.name)) for procedure in catalogue.procedures.values()]

    def units(self, text: str, first: date, last: date, *, limit: int = 3) -> list[Guess]:
        """The likeliest units, the best first, for what was filed from `first` to `last`.

        Only units of that time: for one that had ended, those that took over its work are offered; for one that
        didn't exist yet, those whose work it took over.
        """
        line, written = words(text), pairs(text)
        scores = {named.unit.code: named.score(line, written) for named in self._units}
        identified = self._other_form(text, last)
        if identified is not None:
            scores[identified.code] = max(scores[identified.code], _OTHER_FORM)
        alike = [named.unit for named in self._units if scores[named.unit.code] >= LEAST]
        return _best((guess for unit in alike for guess in self._of_the_time(unit, first, last, scores)), limit)

    def procedures(self, text: str, name: str, *, limit: int = 3) -> list[Guess]:
        """The likeliest procedures, the best first, for a code or name and the name that stood beside it."""
        written = pairs(name or text)
        guesses = (Guess(p.code, p.name, _procedure_score(p, text, written, words)) for p, words in self._procedures)
        return _best((guess for guess in guesses if guess.score >= LEAST), limit)

    def _of_the_time(self, unit: Unit, first: date, last: date, scores: dict[str, float]) -> Iterator[Guess]:
        score = scores[unit.code]
        if _exists(unit, first, last):
            yield Guess(unit.code, unit.name, score)
            return
        ended = unit.valid_to is not None and unit.valid_to < first
        why = f"took over from {unit.code} {unit.name}" if ended else f"came before {unit.code} {unit.name}"
        for other in self._line(unit, first, last, forward=ended):
            blended = _TAKEN_OVER * score + (1 - _TAKEN_OVER) * scores[other.code]
            yield Guess(other.code, other.name, blended, why)

    def _line(self, unit: Unit, first: date, last: date, *, forward: bool) -> list[Unit]:
        """The nearest successors (or predecessors) that exist at the time."""
        nearest, found = [unit], []
        for _ in range(_LONGEST_LINE):
            nearest = [other for one in nearest for other in self._next(one, forward=forward)]
            found += [other for other in nearest if _exists(other, first, last)]
            nearest = [other for other in nearest if not _exists(other, first, last)]
        return found

    def _next(self, unit: Unit, *, forward: bool) -> Sequence[Unit]:
        if forward:
            return self._catalogue.successors(unit.code)
        return [self._catalogue.units[code] for code in unit.predecessors]

    def _other_form(self, text: str, on: date) -> Unit | None:
        """The holder of an identifier written as Decision 20/2020/QĐ-TTg does (`H15.11`), known in the earlier form
        of QCVN 102:2016 (`000.00.11.H15`)."""
        parts = _NEWER_IDENTIFIER.fullmatch(text.strip().upper())
        if parts is None:
            return None
        return self._catalogue.resolve_unit(f"{parts[4] or '000'}.{parts[3] or '00'}.{parts[2]}.{parts[1]}", on)


def words(text: str) -> str:
    """The words of a text between single spaces, with one before and one after.

    Accents, case, punctuation and "UBND" don't count; usual short forms of kinds of unit are written out.
    """
    plain = normalize("NFKD", text).casefold().replace("đ", "d")
    folded = "".join(letter if letter.isalnum() else " " for letter in plain if not combining(letter))
    found = _AUTHORITY.sub(" ", " ".join(folded.split())).split()
    if len(found) > 1:
        found[0] = _SHORT.get(found[0], found[0])
    return f" {' '.join(found)} "


def pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring letters in the words of a text, their beginnings and ends counting as letters."""
    line = words(text)
    return frozenset(line[at : at + 2] for at in range(len(line) - 1)) - {"  "}


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of pairs that two texts have in common (Sørensen and Dice), 0 to 1."""
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def _procedure_score(procedure: Procedure, text: str, written: frozenset[str], name: frozenset[str]) -> float:
    return max(similarity(written, name), _INSIDE if procedure.code in text else 0.0)


def _exists(unit: Unit, first: date, last: date) -> bool:
    return (unit.valid_from is None or unit.valid_from <= last) and (unit.valid_to is None or first <= unit.valid_to)


def _best(guesses: Iterable[Guess], limit: int) -> list[Guess]:
    best: dict[str, Guess] = {}
    for guess in guesses:
        held = best.get(guess.code)
        if held is None or guess.score > held.score:
            best[guess.code] = guess
    return sorted(best.values(), key=lambda guess: (-guess.score, guess.code))[:limit]
