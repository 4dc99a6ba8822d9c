import inspect
import os

import pytest

from host import __main__, console
from host.trouble import Trouble


def test_a_verb_that_does_not_exist_is_answered_with_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["start"]) == 64
    assert capsys.readouterr().err.startswith("There is no verb 'start'. Say one of: up, status, doctor, setup, backup")


def test_the_words_of_the_command_line_are_the_arguments_of_the_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, str] = {}
    monkeypatch.setitem(__main__.VERBS, "restore", given.update)
    assert __main__.main(["restore", "FROM=a=b c.zip", "STOP=1"]) == 0
    assert given == {"source": "a=b c.zip", "stop": "1"}


@pytest.mark.parametrize("word", ["FORM=x", "FROM", "KEEP=1"])
def test_a_word_that_a_verb_does_not_know_is_answered_with_those_that_it_does(
    word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert __main__.main(["restore", word]) == 64
    assert capsys.readouterr().err == f"`make restore` does not know {word!r}; it takes FROM=…, AT=…, STOP=….\n"


@pytest.mark.parametrize("verb", list(__main__.WORDS))
def test_each_word_stands_for_an_argument_of_its_verb(verb: str) -> None:
    assert set(__main__.WORDS[verb].values()) <= set(inspect.signature(__main__.VERBS[verb]).parameters)


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (Trouble("Port 8000 is taken."), 69, "Port 8000 is taken.\n"),
        (
            PermissionError(13, "Permission denied", "/plugins"),
            73,
            "This host refuses: [Errno 13] Permission denied: '/plugins'.\n",
        ),
        (Trouble("It is damaged.", 65), 65, "It is damaged.\n"),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
        (KeyboardInterrupt("Interrupted. The old one is back."), 130, "Interrupted. The old one is back.\n"),
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


def test_of_two_verbs_that_change_the_data_the_later_one_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    codes: list[int] = []
    monkeypatch.setitem(__main__.VERBS, "verify", lambda: None)
    monkeypatch.setitem(__main__.VERBS, "rollback", lambda: None)
    monkeypatch.setitem(
        __main__.VERBS, "restore", lambda: codes.extend(__main__.main([verb]) for verb in ("rollback", "verify"))
    )
    assert __main__.main(["restore"]) == 0
    assert codes == [os.EX_TEMPFAIL, 0]
    assert capsys.readouterr().err.startswith("Another restore, rollback, upgrade or destruction is under way")
    assert __main__.main(["rollback"]) == 0


def test_progress_leaves_stdout_to_results(capsys: pytest.CaptureFixture[str]) -> None:
    console.say("Building.")
    assert capsys.readouterr() == ("", "Building.\n")
