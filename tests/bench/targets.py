"""What must be reached, as data, and the verdicts on a run."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.experiments import fairness, sizes, slow_disk, slow_query, start
from bench.experiments.matrix import AT_REST
from bench.plan import CONNECTIONS, WORKLOADS
from bench.results import Results

# Workload, connections, and how many times the naive version's rate there must be at least.
RATES = (
    ("db-check", 16, 12.0),
    ("db-check", 64, 15.0),
    ("read", 16, 6.0),
    ("read", 64, 6.0),
    ("create", 16, 12.0),
    ("create", 64, 15.0),
    ("mix", 16, 7.0),
    ("mix", 64, 7.0),
    (slow_disk.WORKLOAD, slow_disk.CONNECTIONS, 50.0),
)
SAME_AS_NAIVE = 1.0
OF_CONSTANT = 0.9
CREATE_TAIL = 10.0
# A fact about this project, and its bound: from below for what should be much, from above for the rest.
FACTS = (
    (start.NAME, "<", 2.0),
    (AT_REST, "<", 160.0),
    (fairness.EVENNESS, ">=", 0.7),
    (fairness.LONGEST, "<=", 1000.0),
)
SLOW_QUERY_MS = 250.0
BIGGEST = 10_000_000
SIZES_APART = 1.3


@dataclass(frozen=True)
class Verdict:
    """One target and what was measured, `None` where it was not."""

    text: str
    sense: str  # >=, <= or <
    bound: float
    unit: str
    measured: float | None

    @property
    def met(self) -> bool | None:
        """Tell whether the target is met, `None` if nobody knows."""
        if self.measured is None:
            return None
        if self.sense == ">=":
            return self.measured >= self.bound
        return self.measured < self.bound or (self.sense == "<=" and self.measured == self.bound)


def verdicts(results: Results) -> list[Verdict]:
    """Hold a run against all targets."""
    return [*on_rates(results), *on_tails(results), *on_errors(results), *on_facts(results)]


def on_rates(results: Results) -> Iterable[Verdict]:
    """Judge the throughput."""
    for workload, connections, bound in RATES:
        text = f"{WORKLOADS.get(workload, workload)}, {connections} connections, times naive"
        yield Verdict(text, ">=", bound, "x", gain(results, workload, connections))
    alone = worst(gain(results, workload, 1) for workload in WORKLOADS)
    yield Verdict("the slowest row at one connection, times naive", ">=", SAME_AS_NAIVE, "x", alone)
    constant = worst(gain(results, "db-check", connections, "constant") for connections in CONNECTIONS)
    yield Verdict("`/db-check`, its slowest row, times FastAPI's constant", ">=", OF_CONSTANT, "x", constant)
    small, big = (results.row(sizes.workload(rows), sizes.CONNECTIONS, "ours") for rows in (1000, BIGGEST))
    apart = small.rate.median / big.rate.median if small and big else None
    yield Verdict("time of a read by id in 10 000 000 rows, times that in 1 000", "<=", SIZES_APART, "x", apart)


def on_tails(results: Results) -> Iterable[Verdict]:
    """Judge the slowest requests."""
    for workload, title in WORKLOADS.items():
        slowest = worst(tail(results, workload, connections) for connections in CONNECTIONS)
        yield Verdict(f"{title}, p99 of naive in ours, the closest row", ">=", SAME_AS_NAIVE, "x", slowest)
    create = tail(results, "create", 64)
    yield Verdict("durable create, 64 connections, p99 of naive in ours", ">=", CREATE_TAIL, "x", create)
    beside = results.row(slow_query.WORKLOAD, slow_query.CONNECTIONS, "ours")
    p99 = beside.median(lambda measurement: measurement.p99) if beside else None
    yield Verdict("`/db-check` p99 while a query of 2 s runs", "<", SLOW_QUERY_MS, "ms", p99)


def on_errors(results: Results) -> Iterable[Verdict]:
    """Judge what was not answered as it should be."""
    ours = [row for row in results.rows if row.contender == "ours"]
    yield Verdict("errors in all rows of ours", "<=", 0, "", sum(row.errors for row in ours) if ours else None)
    shared = results.row(fairness.WORKLOAD, fairness.CONNECTIONS, "ours")
    yield Verdict("errors with 2 containers on 1 volume", "<=", 0, "", shared.errors if shared else None)


def on_facts(results: Results) -> Iterable[Verdict]:
    """Judge the rest."""
    for name, sense, bound in FACTS:
        fact = results.fact(name, "ours")
        yield Verdict(name, sense, bound, fact.unit if fact else "", fact.spread.median if fact else None)


def gain(results: Results, workload: str, connections: int, over: str = "naive") -> float | None:
    """Give how many times the other's rate ours is."""
    spread = results.gain(workload, connections, over)
    return spread.median if spread else None


def tail(results: Results, workload: str, connections: int) -> float | None:
    """Give how many times ours goes into the naive p99."""
    spread = results.gain(workload, connections, of=lambda measurement: measurement.p99)
    return 1 / spread.median if spread and spread.median else None


def worst(values: Iterable[float | None]) -> float | None:
    """Give the lowest of the values, `None` unless all are known."""
    known = list(values)
    return None if None in known else min(value for value in known if value is not None)
