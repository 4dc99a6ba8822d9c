import io
import sys

import pytest

from host import table
from host.table import Row, State

LONG = Row("port 8000", State.MISSING, "Port 8000 is taken by another program: stop that, or set API_PORT elsewhere.")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_row_has_its_state_its_title_and_its_detail() -> None:
    assert table.line(Row("make", State.OK, "4.3")) == "ok       make              4.3"


def test_a_row_fits_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    first, *others = table.line(LONG).splitlines()
    assert len(first) <= 80
    assert all(len(line) <= 80 and line.startswith(" " * 27) for line in others)


def test_the_state_is_coloured_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert table.line(Row("make", State.OK, "4.3")).startswith("\x1b[32mok\x1b[0m  ")


def test_nothing_is_coloured_for_those_who_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert "\x1b" not in table.line(LONG)
