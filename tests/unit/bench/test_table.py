import pytest

from bench.measurement import Spread
from bench.table import Table, number, spread

TABLE = Table("Rates", ["workload", "ours"], [["read by id", "9"], ["mix", "12,345"]])


def test_on_the_terminal_numbers_are_aligned_to_the_right() -> None:
    assert TABLE.text().splitlines() == [
        "workload      ours",
        "read by id       9",
        "mix         12,345",
    ]


def test_in_markdown_it_is_a_table_too() -> None:
    assert TABLE.markdown().splitlines()[:3] == ["| workload | ours |", "| --- | ---: |", "| read by id | 9 |"]


@pytest.mark.parametrize(
    ("value", "written"),
    [(12345.6, "12,346"), (99.94, "99.9"), (9.876, "9.88"), (0.5, "0.50"), (7.0, "7"), (0, "0")],
)
def test_a_number_has_as_many_digits_as_mean_something(value: float, written: str) -> None:
    assert number(value) == written


def test_a_spread_shows_its_extremes() -> None:
    assert spread(Spread(6.5, 5, 8.25), "x") == "6.50x (5-8.25)"


def test_a_single_value_has_no_spread() -> None:
    assert spread(Spread(6.5, 6.5, 6.5), "x") == "6.50x"
