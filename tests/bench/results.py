"""All that a run has measured, as data."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.measurement import Measurement, Spread, ratios


@dataclass(frozen=True)
class Row:
    """One contender under one load, round by round."""

    workload: str
    connections: int
    contender: str
    rounds: list[Measurement]

    @property
    def errors(self) -> int:
        """Give the errors of all rounds."""
        return sum(measurement.errors for measurement in self.rounds)

    @property
    def rate(self) -> Spread:
        """Give the requests a second."""
        return Spread.of(measurement.rate for measurement in self.rounds)

    def median(self, quantity: Callable[[Measurement], float]) -> float:
        """Give the median of a quantity over the rounds."""
        return statistics.median(map(quantity, self.rounds))


@dataclass(frozen=True)
class Fact:
    """Something else of a contender that was measured, several times or once."""

    name: str
    contender: str
    unit: str
    values: list[float]

    @property
    def spread(self) -> Spread:
        """Give the median and the extremes."""
        return Spread.of(self.values)


@dataclass
class Results:
    """A run."""

    plan: str
    machine: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)

    def row(self, workload: str, connections: int, contender: str) -> Row | None:
        """Give what was measured of a contender under a load, if it was."""
        wanted = (workload, connections, contender)
        return next((row for row in self.rows if (row.workload, row.connections, row.contender) == wanted), None)

    def fact(self, name: str, contender: str) -> Fact | None:
        """Give a fact, if it is known."""
        return next((fact for fact in self.facts if (fact.name, fact.contender) == (name, contender)), None)

    def gain(
        self, workload: str, connections: int, over: str = "naive", of: Callable[[Measurement], float] | None = None
    ) -> Spread | None:
        """Give the ratio of ours to another contender's, of the rates or of another quantity, if both are known."""
        ours, theirs = self.row(workload, connections, "ours"), self.row(workload, connections, over)
        if ours is None or theirs is None:
            return None
        quantity = of or (lambda measurement: measurement.rate)
        return ratios(list(map(quantity, ours.rounds)), list(map(quantity, theirs.rounds)))
