"""The limits of config/calendar.yaml that are spans of working time: when a dossier is due soon, when unaccepted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClockRules:
    """Limits of a dossier's clock, in whole working seconds (all > 0).

    `due_soon_seconds` has the three tiers in descending order: a running dossier is in the most urgent tier (the
    last one) whose limit is not below the working time left to it. `acceptance_seconds` is the time in which a
    dossier filed online must be accepted (8 hours by Decision 766/QĐ-TTg).
    """

    due_soon_seconds: tuple[int, int, int]
    acceptance_seconds: int
