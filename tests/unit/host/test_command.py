import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from host import command
from host.command import NOT_FOUND, TOO_LATE, Answer
from support.waiting import eventually


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


def test_what_is_shown_goes_to_stderr_and_only_there(capfd: pytest.CaptureFixture[str]) -> None:
    program = "import sys; print('out', flush=True); print('err', file=sys.stderr)"
    assert command.run(sys.executable, "-c", program, shown=True) == Answer()
    assert capfd.readouterr() == ("", "out\nerr\n")


def test_an_interrupt_ends_a_command_with_all_that_it_has_started(tmp_path: Path) -> None:
    told = tmp_path / "child"
    os.mkfifo(told)
    program = f"import subprocess; subprocess.run(['sh', '-c', 'echo $$ > {told}; exec sleep 60'])"
    child: list[int] = []

    def interrupt() -> None:
        child.append(int(told.read_text()))
        os.kill(os.getpid(), signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    with pytest.raises(KeyboardInterrupt):
        command.run(sys.executable, "-c", program)
    interrupting.join()
    eventually(lambda: gone(child[0]), within=5)


def gone(process: int) -> None:
    status = Path(f"/proc/{process}/stat")
    assert not status.exists() or status.read_text().split()[2] == "Z", "it goes on"
