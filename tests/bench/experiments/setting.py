"""What every experiment is given."""

from dataclasses import dataclass

from bench.lab import Lab
from bench.plan import Plan
from bench.progress import Progress
from bench.results import Results


@dataclass(frozen=True)
class Setting:
    """Where it takes place, how long, and where its results go."""

    lab: Lab
    plan: Plan
    results: Results
    progress: Progress
