import sys

import pytest

from host import command
from host.command import NOT_FOUND, TOO_LATE, Answer


def test_an_absent_command_is_an_answer_and_no_exception() -> None:
    assert command.run("no-such-command-anywhere").code == NOT_FOUND


def test_a_command_that_takes_too_long_is_killed() -> None:
    answer = command.run(sys.executable, "-c", "import time; time.sleep(60)", timeout=0.2)
    assert (answer.code, answer.reason) == (TOO_LATE, "no answer within 0.2 s")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(1, "Pulling\n", "warning\nno such host\n\n"), "no such host"),
        (Answer(1, "refused\n", ""), "refused"),
        (Answer(3), "exit code 3"),
    ],
)
def test_the_reason_is_the_last_line_said(answer: Answer, expected: str) -> None:
    assert answer.reason == expected


def test_each_line_is_handed_over_and_the_exit_code_given() -> None:
    lines: list[str] = []
    program = "import os, sys; print('out', flush=True); print(os.environ['X'], file=sys.stderr); sys.exit(3)"
    assert command.follow(sys.executable, "-c", program, environment={"X": "err"}, each=lines.append) == 3
    assert lines == ["out", "err"]
