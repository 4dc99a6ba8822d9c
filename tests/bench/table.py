"""A table, for the terminal or for a page."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.measurement import Spread

UNKNOWN = "-"


@dataclass(frozen=True)
class Table:
    """Rows of text under a header."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def text(self) -> str:
        """Write it in columns: the first to the left, the others to the right."""
        lines = [self.header, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                cell.rjust(width) if place else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        )

    def markdown(self) -> str:
        """Write it for Markdown."""
        rule = ["---", *["---:"] * (len(self.header) - 1)]
        return "\n".join("| " + " | ".join(line) + " |" for line in (self.header, rule, *self.rows))


def number(value: float) -> str:
    """Write a number with as many digits as mean something."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(values: Spread, unit: str = "") -> str:
    """Write a median, and how far the values lie apart where there are several."""
    middle = f"{number(values.median)}{unit}"
    return middle if values.low == values.high else f"{middle} ({number(values.low)}-{number(values.high)})"
