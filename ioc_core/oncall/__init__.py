"""Who is on call, and whom an alert goes to when nobody answers: people, rotations, policies."""

from ioc_core.oncall.model import OnCall, Override, Person, Policy, Rotation, Step, Target, Way, ways_of
from ioc_core.oncall.oncall_file import load_oncall
from ioc_core.oncall.rota import Shift, gaps, on_call, shifts

__all__ = [
    "OnCall",
    "Override",
    "Person",
    "Policy",
    "Rotation",
    "Shift",
    "Step",
    "Target",
    "Way",
    "gaps",
    "load_oncall",
    "on_call",
    "shifts",
    "ways_of",
]
