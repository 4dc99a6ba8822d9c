"""The results and the verdicts as tables."""

from bench.plan import WORKLOADS
from bench.results import Results, Row
from bench.table import UNKNOWN, Table, number, spread
from bench.targets import Verdict

LOADED = {"naive": "naive", "naive-2": "naive, 2 proc.", "ours": "ours", "constant": "constant"}
KNOWN = ("ours", "naive", "naive-2", "constant", "sqlite3")
VERDICTS = {True: "met", False: "MISSED", None: "not measured"}


def rates(results: Results) -> Table:
    """Show the requests a second of all, and how ours compares with the naive version."""
    header = [
        "requests a second",
        "conns",
        *LOADED.values(),
        "ours/naive (lowest-highest)",
        "errors naive",
        "errors ours",
    ]
    rows = []
    for workload, connections in loads(results):
        found = {key: results.row(workload, connections, key) for key in LOADED}
        gain = results.gain(workload, connections)
        rows.append(
            [
                WORKLOADS.get(workload, workload),
                str(connections),
                *(rate(row) for row in found.values()),
                spread(gain, "x") if gain else UNKNOWN,
                errors(found["naive"]),
                errors(found["ours"]),
            ]
        )
    return Table("Throughput", header, rows)


def latencies(results: Results) -> Table:
    """Show how long requests took."""
    header = [
        "milliseconds",
        "conns",
        *(f"{who} {what}" for what in ("p50", "p95", "p99", "max") for who in ("naive", "ours")),
    ]
    rows = []
    for workload, connections in loads(results):
        both = [results.row(workload, connections, key) for key in ("naive", "ours")]
        cells = [
            UNKNOWN if row is None else number(value)
            for values in zip(*map(times, both), strict=True)
            for row, value in zip(both, values, strict=True)
        ]
        rows.append([WORKLOADS.get(workload, workload), str(connections), *cells])
    return Table("Latency", header, rows)


def facts(results: Results) -> Table:
    """Show what else is known."""
    rows = []
    for name in dict.fromkeys(fact.name for fact in results.facts):
        found = [results.fact(name, key) for key in KNOWN]
        unit = next(fact.unit for fact in found if fact)
        rows.append(
            [f"{name}, {unit}".removesuffix(", "), *(spread(fact.spread) if fact else UNKNOWN for fact in found)]
        )
    return Table("Besides", ["what", *KNOWN], rows)


def judged(verdicts: list[Verdict]) -> Table:
    """Show the targets."""
    rows = [
        [
            verdict.text,
            f"{verdict.sense} {number(verdict.bound)} {verdict.unit}".rstrip(),
            UNKNOWN if verdict.measured is None else number(verdict.measured),
            VERDICTS[verdict.met],
        ]
        for verdict in verdicts
    ]
    return Table("Targets", ["target", "wanted", "measured", "verdict"], rows)


def loads(results: Results) -> list[tuple[str, int]]:
    """Give every load that was measured, in the order of measuring."""
    return list(dict.fromkeys((row.workload, row.connections) for row in results.rows))


def rate(row: Row | None) -> str:
    """Write a rate."""
    return number(round(row.rate.median)) if row else UNKNOWN


def errors(row: Row | None) -> str:
    """Write how many requests were not answered as they should be."""
    return str(row.errors) if row else UNKNOWN


def times(row: Row | None) -> tuple[float, float, float, float]:
    """Give the latencies of a row, the highest of all rounds being the maximum."""
    if row is None:
        return (0, 0, 0, 0)
    middle = [row.median(lambda one: one.p50), row.median(lambda one: one.p95), row.median(lambda one: one.p99)]
    return (*middle, max(measurement.max for measurement in row.rounds))  # type: ignore[return-value]
