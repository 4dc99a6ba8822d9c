"""A table for the terminal that says of each thing how it stands."""

import shutil
import sys
import textwrap
from dataclasses import dataclass
from enum import StrEnum

from host import console


class State(StrEnum):
    """How a thing stands."""

    OK = "ok"
    BROUGHT = "make up"  # missing, and `make up` brings it
    MISSING = "missing"


COLOURS = {State.OK: console.GREEN, State.BROUGHT: console.YELLOW, State.MISSING: console.RED}


@dataclass(frozen=True)
class Row:
    """One thing, how it stands, and its details or the remedy."""

    title: str
    state: State
    detail: str


def line(row: Row) -> str:
    """Write one row for the terminal; a long detail goes on below its own beginning."""
    head = f"{row.state:9}{row.title:18}"
    width = max(60, min(100, shutil.get_terminal_size().columns))
    text = textwrap.fill(
        head + row.detail, width, subsequent_indent=" " * len(head), break_long_words=False, break_on_hyphens=False
    )
    return console.paint(text[: len(row.state)], COLOURS[row.state], sys.stdout) + text[len(row.state) :]
