"""What a run measures, and for how long."""

from dataclasses import dataclass

# As the script of the load generator knows them, and as people do.
WORKLOADS = {
    "db-check": "`/db-check`",
    "read": "read by id",
    "list": "list of 50",
    "create": "durable create",
    "mix": "90/10 mix",
}
CONNECTIONS = (1, 16, 64)
ROWS = 1000


@dataclass(frozen=True)
class Plan:
    """How long a run takes its time for each thing."""

    name: str
    rounds: int  # of each measurement; what counts is their median
    seconds: float  # of one measurement
    warm_up: float  # seconds before each
    starts: int
    sizes: tuple[int, ...]  # rows of the table
    fairness_seconds: int

    @property
    def further_rounds(self) -> int:
        """Give the rounds of what is measured outside the matrix."""
        return min(self.rounds, 3)


FULL = Plan("full", 5, 2, 0.3, starts=7, sizes=(1_000, 1_000_000, 10_000_000), fairness_seconds=60)
QUICK = Plan("quick", 1, 0.6, 0.2, starts=1, sizes=(1_000, 100_000), fairness_seconds=10)
