import os
import signal

import pytest

from host import patience


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_interrupts_what_must_be_ended_is_asked_to_wait(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(number)
    with patience.asked("Wait."):
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
    assert capsys.readouterr().err == "Wait.\nWait.\n"
    assert signal.getsignal(number) is before
