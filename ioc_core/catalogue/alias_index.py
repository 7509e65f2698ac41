"""Finds what an alias stands for: the text as written, then without regard to accents, case and punctuation."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date

from ioc_core.catalogue.names import exact_key, folded_key
from ioc_core.catalogue.periods import holds_on
from ioc_core.catalogue.types import Alias


class AliasIndex:
    """The aliases of one kind by their texts."""

    def __init__(self, aliases: Iterable[Alias]) -> None:
        by_text: defaultdict[str, list[Alias]] = defaultdict(list)
        by_folded_text: defaultdict[str, list[Alias]] = defaultdict(list)
        for alias in aliases:
            by_text[exact_key(alias.text)].append(alias)
            by_folded_text[folded_key(alias.text)].append(alias)
        by_folded_text.pop("", None)
        self._by_text = dict(by_text)
        self._by_folded_text = dict(by_folded_text)

    def exact(self, text: str, on: date | None, exists: Callable[[str], bool]) -> set[str]:
        """The codes that this very text stands for on a day (None: on any), of those that `exists` accepts."""
        return _codes(self._by_text.get(exact_key(text), ()), on, exists)

    def folded(self, text: str, on: date | None, exists: Callable[[str], bool]) -> set[str]:
        """The same of texts that differ in accents, case, spaces and punctuation only."""
        return _codes(self._by_folded_text.get(folded_key(text), ()), on, exists)


def _codes(aliases: Iterable[Alias], on: date | None, exists: Callable[[str], bool]) -> set[str]:
    return {alias.code for alias in aliases if (on is None or holds_on(alias, on)) and exists(alias.code)}
