import io

import pytest

from proof.progress import Progress
from proof.screen import Screen


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_must_tell_how_far_the_run_is_and_what_it_is_at() -> None:
    progress = Progress()
    assert progress.line() == "  0:00  collecting the tests"
    progress.pytest_xdist_node_collection_finished(["a", "b"])
    progress.pytest_runtest_logstart("tests/unit/test_a.py::test_x[1]")
    progress.pytest_runtest_logstart("tests/stack/test_b.py::test_y")
    progress.pytest_runtest_logfinish("tests/unit/test_a.py::test_x[1]")
    assert progress.line() == "  0:00  1 of 2 done; running stack/test_b 0 s"


def test_a_failure_must_be_told_at_once_and_counted(capfd: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    progress.pytest_xdist_node_collection_finished(["a", "b"])
    progress.pytest_runtest_logreport(pytest.TestReport("a", ("", 0, ""), {}, "failed", None, "call"))
    assert capfd.readouterr().out == "  0:00  FAILED a\n"
    assert progress.line() == "  0:00  0 of 2 done, 1 failed"


def test_on_a_terminal_a_line_of_progress_must_be_written_over_and_any_other_must_stay() -> None:
    terminal = Terminal()
    screen = Screen(terminal)
    for line in ("Proving.", "  0:03  1 of 2 done", "  0:06  2 of 2 done", "  0:07  FAILED a"):
        screen.show(line)
    shown = [line.rpartition("\x1b[2K")[2] for line in terminal.getvalue().split("\n")[:-1]]
    assert shown == ["Proving.", "  0:07  FAILED a"]


def test_elsewhere_each_line_must_be_a_line() -> None:
    file = io.StringIO()
    for line in ("  0:03  1 of 2 done", "  0:06  2 of 2 done"):
        Screen(file).show(line)
    assert file.getvalue() == "  0:03  1 of 2 done\n  0:06  2 of 2 done\n"
