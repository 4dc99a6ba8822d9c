import pytest

from bench.measurement import Measurement, Spread, parse, ratios

PRINTED = """\
Running 1m test @ http://127.0.0.1:8000
  1 threads and 16 connections
JSON {"requests":90,"seconds":2.0,"non_2xx":10,"connect":1,"read":2,"write":3,"timeout":4,\
"p50":1.5,"p95":2.0,"p99":3.0,"max":9.0,"workers":{"a-1":5}}
"""


def test_what_the_load_generator_printed_is_read() -> None:
    found = parse(PRINTED)
    assert (found.p50, found.p95, found.p99, found.max) == (1.5, 2.0, 3.0, 9.0)
    assert found.workers == {"a-1": 5}


def test_every_kind_of_error_counts() -> None:
    assert parse(PRINTED).errors == 10 + 1 + 2 + 3 + 4


def test_wrong_answers_do_not_count_as_throughput() -> None:
    assert parse(PRINTED).rate == (90 - 10) / 2


def test_without_a_result_the_generators_last_words_are_told() -> None:
    with pytest.raises(ValueError, match="unable to connect to"):
        parse("Running\nunable to connect to 127.0.0.1:8000 Connection refused\n")


def test_silence_is_told_as_such() -> None:
    with pytest.raises(ValueError, match="it said: nothing"):
        parse("")


def test_nothing_asked_for_counts_as_no_error() -> None:
    assert Measurement(requests=1, seconds=1).errors == 0


def test_a_spread_has_the_median_and_the_extremes() -> None:
    assert Spread.of([3, 1, 10]) == Spread(median=3, low=1, high=10)


def test_the_ratio_is_that_of_the_medians() -> None:
    assert ratios([10, 20, 90], [2, 5, 4]).median == 20 / 4


def test_the_spread_of_a_ratio_is_that_of_single_rounds() -> None:
    found = ratios([10, 20, 90], [2, 5, 4])
    assert (found.low, found.high) == (20 / 5, 90 / 4)


def test_against_nothing_the_ratio_is_infinite() -> None:
    assert ratios([5], [0]).median == float("inf")
