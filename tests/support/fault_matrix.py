"""The fault matrix: which rows there are, which rows a run has proved, and which it could not, told at its end.

A test that proves a row carries the mark `fault("D4")`; `tests/FAULTS.md` lists all rows and the rings that prove them.
"""

import os
import re
from pathlib import Path
from typing import NoReturn

import pytest

TESTS = Path(__file__).resolve().parents[1]
ROW = re.compile(r"^\| ([A-Z]\d+) \|.*\| ([^|]+) \|$", re.MULTILINE)
ONLY_ALL = " (ALL=1)"
KEY = "fault"


def listed_rows() -> dict[str, set[str]]:
    """Return the rings that prove each row of the matrix, as the table says; those that need `ALL=1` end so."""
    rows = ROW.findall((TESTS / "FAULTS.md").read_text())
    assert len(rows) == len(dict(rows)), "a row is listed twice"
    return {row: set(rings.split(", ")) for row, rings in rows}


def left_to_all() -> list[str]:
    """Return the rows that only `make test ALL=1` proves."""
    return [row for row, rings in listed_rows().items() if all(ring.endswith(ONLY_ALL) for ring in rings)]


def mark_rows(item: pytest.Item) -> None:
    """Let each report of a test say which rows it proves, also where the report comes from another process."""
    item.user_properties += [(KEY, str(row)) for mark in item.iter_markers("fault") for row in mark.args]


def cannot_run_here(reason: str) -> NoReturn:
    """Skip a test that this host cannot run; where `CI` is set it fails, because there nothing may be missing."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


class FaultMatrix:
    """The plugin of pytest that keeps the account, in the one process that gets all reports."""

    def __init__(self, wanted: str | None) -> None:
        """Begin with nothing proved; a run that is to prove the `usual` rows, or `all`, is red without one of them."""
        self._proved: set[str] = set()
        self._failed: set[str] = set()
        self._missing: dict[str, str] = {}
        self._wanted = {None: set[str](), "all": set(listed_rows()), "usual": set(listed_rows()) - set(left_to_all())}[
            wanted
        ]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what a test that proves rows has come to."""
        rows = {str(row) for key, row in report.user_properties if key == KEY}
        if report.failed:
            self._failed |= rows
        elif report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self._missing |= dict.fromkeys(rows, reason)
        elif report.when == "call":
            self._proved |= rows

    @property
    def proved(self) -> set[str]:
        """The rows of which every test that was run has passed."""
        return self._proved - self._failed

    @property
    def lost(self) -> set[str]:
        """The rows that were to be proved, and of which nothing was heard."""
        return self._wanted - self._proved - self._failed - set(self._missing)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Let a run fail that has lost a row."""
        if self.lost and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many rows were proved, and name each that was not and why."""
        if not (self._proved or self._failed or self._missing or self._wanted):
            return
        terminalreporter.section("fault matrix")
        terminalreporter.line(f"{len(self.proved)} of {len(listed_rows())} rows proved")
        for row in sorted(self._failed):
            terminalreporter.line(f"FAILED  {row}", red=True)
        for row in sorted(self.lost):
            terminalreporter.line(f"LOST    {row}: no test of it was run", red=True)
        for row, reason in sorted(self._missing.items()):
            if row not in self.proved:
                terminalreporter.line(f"NOT RUN {row}: {reason}", yellow=True)
        if others := [row for row in left_to_all() if row not in self.proved | self._failed]:
            terminalreporter.line(f"left to `make test ALL=1`: {', '.join(others)}")
