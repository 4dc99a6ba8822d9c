from collections.abc import Callable

from bench import tables
from bench.page import page
from bench.plan import QUICK
from bench.results import Fact, Results
from bench.targets import verdicts

Add = Callable[..., None]


def test_a_row_that_was_lost_is_shown_like_any_other(results: Results, add: Add) -> None:
    add("list", 1, "naive", 200)
    add("list", 1, "ours", 100)
    assert "| list of 50 | 1 | 200 | - | 100 | - | 0.50x | 0 | 0 |" in page(results, QUICK)


def test_errors_stand_in_the_row(results: Results, add: Add) -> None:
    add("create", 64, "naive", 200, non_2xx=7)
    add("create", 64, "ours", 400, timeout=3)
    assert tables.rates(results).rows[0][-2:] == ["7", "3"]


def test_the_longest_of_all_rounds_is_the_maximum(results: Results, add: Add) -> None:
    add("read", 1, "ours", 5, max=10)
    add("read", 1, "naive", 5, max=30)
    assert tables.latencies(results).rows[0][-2:] == ["30", "10"]


def test_a_fact_stands_beside_those_of_the_others(results: Results) -> None:
    results.facts.extend([Fact("memory", "naive", "MB", [90]), Fact("memory", "ours", "MB", [120])])
    assert tables.facts(results).rows == [["memory, MB", "120", "90", "-", "-", "-"]]


def test_a_missed_target_is_told_loudly(results: Results, add: Add) -> None:
    add("read", 16, "naive", 100)
    add("read", 16, "ours", 300)
    rows = tables.judged(verdicts(results)).rows
    assert ["read by id, 16 connections, times naive", ">= 6 x", "3", "MISSED"] in rows


def test_the_page_tells_what_it_was_made_on(results: Results) -> None:
    results.machine["engine"] = "Docker 20.10"
    assert "- engine: Docker 20.10" in page(results, QUICK)
