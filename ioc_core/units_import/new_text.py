"""A new text of units.csv or aliases.csv, and where each line came from: a mistake is named where it was made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ioc_core.errors import ConfigError
from ioc_core.units_import.register import Kept, Register, Written


class Place(NamedTuple):
    """Where something was said; no line: an option."""

    file: str
    line: int | None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Slot:
    """A record of the new text: one that was there, as it is or with other cells (`told`); or one that is new.

    `place`: where it was told; `places`: where single columns were, if elsewhere.
    """

    kept: Kept | None = None
    told: Mapping[str, str] | None = None
    place: Place | None = None
    places: Mapping[str, Place] | None = None


@dataclass(frozen=True, slots=True)
class NewText:
    """A file's new text, and the record that begins in each of its lines."""

    text: str
    slots: Mapping[int, Slot]

    def located(self, error: ConfigError) -> ConfigError:
        """A mistake found in the new text, as one of the place where the wrong cell was written."""
        slot = Slot() if error.line is None else self.slots.get(error.line, Slot())
        place = (slot.places or {}).get(error.what.partition(" ")[0])
        if place is None:
            place = slot.place if slot.kept is None else Place(error.file, slot.kept.line)
        file, line = place or (error.file, error.line)
        return ConfigError(file=file, line=line, what=error.what, reason=error.reason)


def assembled(register: Register, slots: Sequence[Slot]) -> NewText:
    """The register's text with these records below its header."""
    text, lines = register.render([_record(slot) for slot in slots])
    return NewText(text, dict(zip(lines, slots, strict=True)))


def _record(slot: Slot) -> Kept | Written:
    if slot.told is not None:
        return Written(slot.told)
    assert slot.kept is not None
    return slot.kept
