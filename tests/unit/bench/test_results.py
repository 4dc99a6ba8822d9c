from collections.abc import Callable

from bench.results import Fact, Results


def test_what_was_not_measured_is_unknown(results: Results) -> None:
    assert results.row("read", 16, "ours") is None
    assert results.fact("memory", "ours") is None
    assert results.gain("read", 16) is None


def test_a_gain_compares_the_same_load(results: Results, add: Callable[..., None]) -> None:
    add("read", 1, "naive", 1)
    add("read", 16, "naive", 100)
    add("read", 16, "ours", 600)
    gain = results.gain("read", 16)
    assert gain is not None
    assert gain.median == 6


def test_a_gain_can_be_over_any_contender(results: Results, add: Callable[..., None]) -> None:
    add("db-check", 16, "constant", 1000)
    add("db-check", 16, "ours", 900)
    gain = results.gain("db-check", 16, "constant")
    assert gain is not None
    assert gain.median == 0.9


def test_a_rows_errors_are_those_of_all_rounds(results: Results, add: Callable[..., None]) -> None:
    add("read", 16, "ours", 1, 1, non_2xx=2)
    assert results.rows[0].errors == 4


def test_a_fact_belongs_to_one_contender(results: Results) -> None:
    results.facts.append(Fact("memory", "naive", "MB", [90]))
    assert results.fact("memory", "ours") is None
    assert results.fact("memory", "naive") is not None
