from datetime import UTC, datetime

import pytest

from healthchecker.words import duration, lag, latency, moment, percent


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "under 1 s"),
        (0.2, "under 1 s"),
        (1, "1 s"),
        (59.6, "1 min 0 s"),
        (252, "4 min 12 s"),
        (3600, "1 h 0 min"),
        (90_061, "1 d 1 h"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "unknown"),
        (0.00042, "0.4 ms"),
        (0.0042, "4.2 ms"),
        (0.00997, "10 ms"),
        (0.0871, "87 ms"),
        (0.9996, "1.0 s"),
        (1.26, "1.3 s"),
    ],
)
def test_a_latency_is_told_with_the_digits_that_mean_something(seconds: float | None, words: str) -> None:
    assert latency(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "unknown"), (0, "0.0 ms"), (0.42, "420 ms"), (1, "1 s"), (252, "4 min 12 s")]
)
def test_a_lag_is_told_as_a_latency_and_as_a_duration_once_it_is_long(seconds: float | None, words: str) -> None:
    assert lag(seconds) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [(None, "unknown"), (0, "0.00 %"), (0.29, "29.00 %"), (0.98765, "98.76 %"), (0.999999, "99.99 %"), (1, "100 %")],
)
def test_only_an_uptime_without_any_outage_is_100_percent(share: float | None, words: str) -> None:
    assert percent(share) == words


def test_a_moment_names_its_day_and_its_zone() -> None:
    assert moment(datetime(2026, 11, 3, 14, 3, 2, tzinfo=UTC)) == "3 Nov 14:03:02 UTC"
