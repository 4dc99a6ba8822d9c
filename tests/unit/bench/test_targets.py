from collections.abc import Callable

import pytest

from bench import targets
from bench.experiments import fairness, sizes, start
from bench.plan import CONNECTIONS, FULL, WORKLOADS
from bench.results import Fact, Results
from bench.targets import Verdict, verdicts

Add = Callable[..., None]


def verdict(results: Results, beginning: str) -> Verdict:
    (found,) = [verdict for verdict in verdicts(results) if verdict.text.startswith(beginning)]
    return found


@pytest.mark.parametrize(
    ("sense", "measured", "met"),
    [
        (">=", 2.0, True),
        (">=", 1.9, False),
        ("<=", 2.0, True),
        ("<=", 2.1, False),
        ("<", 1.9, True),
        ("<", 2.0, False),
        ("<", None, None),
    ],
)
def test_a_target_is_met_missed_or_unknown(sense: str, measured: float | None, met: bool | None) -> None:
    assert Verdict("", sense, 2.0, "", measured).met is met


def test_of_an_empty_run_nothing_is_known(results: Results) -> None:
    assert {verdict.met for verdict in verdicts(results)} == {None}


def test_every_target_on_a_rate_is_judged(results: Results, add: Add) -> None:
    for workload, connections, bound in targets.RATES:
        add(workload, connections, "naive", 100)
        add(workload, connections, "ours", 100 * bound)
    judged = list(targets.on_rates(results))[: len(targets.RATES)]
    assert [verdict.met for verdict in judged] == [True] * len(targets.RATES)


def test_at_one_connection_the_slowest_row_decides(results: Results, add: Add) -> None:
    for workload in WORKLOADS:
        add(workload, 1, "naive", 100)
        add(workload, 1, "ours", 90 if workload == "list" else 500)
    assert verdict(results, "the slowest row at one connection").met is False


def test_the_constant_is_compared_at_every_number_of_connections(results: Results, add: Add) -> None:
    for connections in CONNECTIONS:
        add("db-check", connections, "constant", 100)
        add("db-check", connections, "ours", 80 if connections == 64 else 100)
    assert verdict(results, "`/db-check`, its slowest row").measured == 0.8


def test_a_p99_is_better_the_shorter_it_is(results: Results, add: Add) -> None:
    add("create", 64, "naive", 1, p99=1000)
    add("create", 64, "ours", 1, p99=50)
    assert verdict(results, "durable create, 64 connections, p99").measured == 20


def test_ten_million_rows_are_compared_with_a_thousand(results: Results, add: Add) -> None:
    add(sizes.workload(1000), sizes.CONNECTIONS, "ours", 1200)
    add(sizes.workload(10_000_000), sizes.CONNECTIONS, "ours", 1000)
    assert verdict(results, "time of a read by id").measured == 1.2


def test_only_errors_of_ours_are_ours(results: Results, add: Add) -> None:
    add("create", 64, "naive", 1, non_2xx=5)
    add("create", 64, "ours", 1)
    assert verdict(results, "errors in all rows").met is True


def test_one_error_is_too_much(results: Results, add: Add) -> None:
    add(fairness.WORKLOAD, fairness.CONNECTIONS, "ours", 1, read=1)
    assert verdict(results, "errors with 2 containers").met is False


def test_a_fact_is_judged_by_its_median(results: Results) -> None:
    results.facts.append(Fact(start.NAME, "ours", "s", [1.5, 1.9, 9.0]))
    assert verdict(results, start.NAME).measured == 1.9


def test_a_full_run_measures_the_sizes_that_are_judged() -> None:
    assert {1000, targets.BIGGEST} <= set(FULL.sizes)
