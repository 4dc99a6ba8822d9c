from datetime import UTC, datetime, timedelta

import pytest

from healthchecker.chart import HEIGHT, LEAST_DOWN, MARGIN, columns, line, summary
from healthchecker.history import Part

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def part(up: float, down: float, **reasons: int) -> Part:
    return Part(NOON, NOON + timedelta(minutes=15), up, down, reasons)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (part(0, 0), "nothing known"),
        (part(900, 0), "up"),
        (part(900, 0, dns=1), "up; failed polls: dns (1)"),
        (part(770, 130, read_timeout=5, dns=2), "down for 2 min 10 s; failed polls: dns (2), read_timeout (5)"),
    ],
)
def test_every_part_of_the_day_says_in_words_what_it_shows(seen: Part, words: str) -> None:
    assert columns([seen])[0].title == f"1 Jan 12:00 to 12:15 UTC: {words}"


@pytest.mark.parametrize(
    ("up", "down", "height"),
    [(900, 0, 0), (899, 1, LEAST_DOWN), (450, 450, 0.5), (90, 90, 0.5), (0, 900, 1), (0, 0, 0)],
)
def test_an_outage_is_as_high_as_its_share_of_what_is_known_and_never_too_small_to_see(
    up: float, down: float, height: float
) -> None:
    assert columns([part(up, down)])[0].down == height


def test_a_part_of_which_nothing_is_known_is_told_from_one_that_was_up() -> None:
    assert [column.known for column in columns([part(0, 0), part(1, 0), part(0, 1)])] == [False, True, True]


def test_failed_polls_are_marked_even_where_they_made_no_outage() -> None:
    assert [column.failed for column in columns([part(900, 0), part(900, 0, dns=1)])] == [False, True]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([part(0, 0)], "Nothing is known of the last 24 hours yet."),
        ([part(900, 0)], "Never down, up for 15 min 0 s."),
        ([part(800, 60), part(900, 0)], "Down for 1 min 0 s, up for 28 min 20 s."),
        ([part(900, 0), part(0, 0)], "Never down, up for 15 min 0 s, nothing known of 15 min 0 s."),
    ],
)
def test_the_whole_bar_is_told_in_one_sentence(parts: list[Part], words: str) -> None:
    assert summary(parts) == words


def test_a_line_rises_from_zero_to_its_highest_value() -> None:
    drawn = line([0.0, 0.5, 1.0])
    assert drawn
    assert drawn.path == f"M0.5 {HEIGHT - MARGIN:.2f}h0L1.5 {HEIGHT / 2:.2f}L2.5 {MARGIN:.2f}"
    assert (drawn.low, drawn.high, drawn.width) == (0, 1, 3)


def test_a_line_has_a_gap_where_there_was_no_answer() -> None:
    drawn = line([None, 1.0, None, 1.0, 1.0])
    assert drawn
    assert [stroke.count("L") for stroke in drawn.path.split("M")[1:]] == [0, 1]


def test_no_answer_at_all_is_no_line() -> None:
    assert line([None, None]) is None


def test_a_line_of_zeros_can_be_drawn() -> None:
    assert line([0.0, 0.0])
