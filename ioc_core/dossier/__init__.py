"""A dossier: what was said of it, what follows from that, and how it stands by the clock of Decision 766. Pure."""

from ioc_core.dossier.marks import REORDER_WINDOW, Mark, Placed, timeline
from ioc_core.dossier.merge import HistoryNeeded, Told, merge, tell
from ioc_core.dossier.standing import Standing, standing
from ioc_core.dossier.state import Dossier
from ioc_core.dossier.steps import Arrival, Handling, Step, StepKind, arrivals, steps
from ioc_core.dossier.story import ENDING, Pause, Story, story
from ioc_core.dossier.term import Lateness
from ioc_core.dossier.verdict import DossierClock, Statutory, Verdict

__all__ = [
    "ENDING",
    "REORDER_WINDOW",
    "Arrival",
    "Dossier",
    "DossierClock",
    "Handling",
    "HistoryNeeded",
    "Lateness",
    "Mark",
    "Pause",
    "Placed",
    "Standing",
    "Statutory",
    "Step",
    "StepKind",
    "Story",
    "Told",
    "Verdict",
    "arrivals",
    "merge",
    "standing",
    "steps",
    "story",
    "tell",
    "timeline",
]
