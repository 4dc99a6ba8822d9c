"""The fault matrix: which rows there are, which rows a run has proved, and which it could not, told at its end.

A test that proves a row carries the mark `fault("D4")`; `tests/FAULTS.md` lists all rows.
"""

import os
import re
from collections.abc import Generator
from pathlib import Path
from typing import NoReturn

import pytest

TESTS = Path(__file__).resolve().parents[1]
ROW = re.compile(r"^\| ([A-Z]\d+) \|", re.MULTILINE)
MARK = re.compile(r"\bfault\(([^()]*)\)")
NAME = re.compile(r'"([A-Z]\d+)"')


def listed_rows() -> list[str]:
    """Give the ids of all rows of the matrix, in its order."""
    return ROW.findall((TESTS / "FAULTS.md").read_text())


def marked_rows() -> set[str]:
    """Give the ids of all rows that some test claims to prove."""
    sources = (path.read_text() for path in TESTS.rglob("test_*.py"))
    return {row for source in sources for mark in MARK.findall(source) for row in NAME.findall(mark)}


def cannot_run_here(reason: str) -> NoReturn:
    """Skip a test that this host cannot run; where `CI` is set it fails, because there nothing may be missing."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


class FaultMatrix:
    """The plugin of pytest that keeps the account."""

    def __init__(self) -> None:
        self._proved: set[str] = set()
        self._failed: set[str] = set()
        self._missing: dict[str, str] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note what a test that carries the mark has come to."""
        report = yield
        rows = {str(row) for mark in item.iter_markers("fault") for row in mark.args}
        if report.failed:
            self._failed |= rows
        elif report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self._missing |= dict.fromkeys(rows, reason)
        elif report.when == "call":
            self._proved |= rows
        return report

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many rows were proved, and name each that was not and why."""
        if not (self._proved or self._failed or self._missing):
            return
        terminalreporter.section("fault matrix")
        proved = self._proved - self._failed
        terminalreporter.line(f"{len(proved)} of {len(listed_rows())} rows proved")
        for row in sorted(self._failed):
            terminalreporter.line(f"FAILED  {row}", red=True)
        for row, reason in sorted(self._missing.items()):
            if row not in proved:
                terminalreporter.line(f"NOT RUN {row}: {reason}", yellow=True)
