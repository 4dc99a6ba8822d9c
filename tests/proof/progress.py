"""What a run shows while it goes on: each failure at once, and every few seconds how far it is and what it is at."""

import os
import threading
import time
from collections.abc import Generator, Sequence

import pytest

SECONDS = 3.0  # from one line to the next
SHOWN = 3  # tests under way


Status = tuple[str, str, object]


class Progress:
    """The plugin of pytest that takes the place of its dots."""

    def __init__(self) -> None:
        """Begin before anything is collected."""
        self._began = time.monotonic()
        self._under_way: dict[str, float] = {}
        self._total = self._done = self._failed = 0
        self._over = threading.Event()
        self._output = os.dup(1)  # as it is now, before a test's own output is captured
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def pytest_sessionstart(self) -> None:
        """Begin to tell."""
        self._thread.start()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Learn how many tests there are, where they are run in this process."""
        self._total = len(session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Learn how many tests there are, where they are run by workers."""
        self._total = len(ids)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note that a test has begun."""
        self._under_way[nodeid] = time.monotonic()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Note that a test has ended."""
        self._under_way.pop(nodeid, None)
        self._done += 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell of a failure at once."""
        if report.failed:
            self._failed += 1
            self._write(f"{self._clock()}  FAILED {report.nodeid}")

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self) -> Generator[None, Status, Status]:
        """Keep pytest from printing a letter for each test, but not from naming the failures in the end."""
        category, letter, word = yield
        return (category, letter, word) if self._over.is_set() else (category, "", "")

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """Be silent from here on."""
        self._over.set()
        self._thread.join()
        return (yield)

    def _tell(self) -> None:
        while not self._over.wait(SECONDS):
            self._write(self.line())

    def line(self) -> str:
        """Return how far the run is."""
        if not self._total:
            return f"{self._clock()}  collecting the tests"
        failed = f", {self._failed} failed" if self._failed else ""
        now = time.monotonic()
        longest = sorted(self._under_way.copy().items(), key=lambda test: test[1])[:SHOWN]
        tests = ", ".join(f"{_short(test)} {now - began:.0f} s" for test, began in longest)
        return f"{self._clock()}  {self._done} of {self._total} done{failed}" + (f"; running {tests}" if tests else "")

    def _clock(self) -> str:
        seconds = int(time.monotonic() - self._began)
        return f"{seconds // 60:3}:{seconds % 60:02}"

    def _write(self, line: str) -> None:
        os.write(self._output, f"{line}\n".encode())


def _short(test: str) -> str:
    return test.removeprefix("tests/").split("::")[0].removesuffix(".py")
