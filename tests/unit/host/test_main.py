import pytest

from host import __main__, console
from host.trouble import Trouble


def test_a_verb_that_does_not_exist_is_answered_with_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["start"]) == 64
    assert capsys.readouterr().err == "There is no verb 'start'. Say one of: up, status, doctor, setup.\n"


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (Trouble("Port 8000 is taken."), 69, "Port 8000 is taken.\n"),
        (
            PermissionError(13, "Permission denied", "/plugins"),
            73,
            "This host refuses: [Errno 13] Permission denied: '/plugins'.\n",
        ),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
    ],
)
def test_what_stops_a_verb_is_said_in_words(
    raised: BaseException, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop() -> None:
        raise raised

    monkeypatch.setitem(__main__.VERBS, "up", stop)
    assert __main__.main(["up"]) == code
    assert capsys.readouterr().err == said


def test_progress_leaves_stdout_to_results(capsys: pytest.CaptureFixture[str]) -> None:
    console.say("Building.")
    assert capsys.readouterr() == ("", "Building.\n")
