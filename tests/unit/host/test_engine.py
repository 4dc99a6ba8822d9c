import pytest

from host import engine
from host.command import NOT_FOUND, Answer
from host.trouble import Trouble
from support.fake_host import FakeHost


def test_an_engine_that_answers_gives_its_version() -> None:
    assert engine.check(FakeHost({"docker version": Answer(0, "20.10.24+dfsg1\n")})) == "20.10.24+dfsg1"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(NOT_FOUND), "There is no `docker` command: install Docker Engine"),
        (Answer(1, err="dial unix /var/run/docker.sock: connect: permission denied"), "sudo usermod -aG docker $USER"),
        (Answer(1, err="Cannot connect. Is the daemon running?"), "does not answer (Cannot connect. Is the daemon"),
        (Answer(0, "19.03.15\n"), "Docker Engine 19.03.15 is too old: upgrade it to 20.10 or newer."),
    ],
)
def test_trouble_with_the_engine_is_one_line_with_the_remedy(answer: Answer, expected: str) -> None:
    with pytest.raises(Trouble) as trouble:
        engine.check(FakeHost({"docker version": answer}))
    assert expected in str(trouble.value)
    assert "\n" not in str(trouble.value)
