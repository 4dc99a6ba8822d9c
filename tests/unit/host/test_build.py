import pytest

from host import build
from host.build import Steps

FAILED = """\
#9 [api builder 2/6] RUN false
#9 ERROR: process "/bin/bash -c false" did not complete successfully: exit code: 1
------
 > [api builder 2/6] RUN false:
0.2 what it said
------
failed to solve"""


def shown(log: str) -> list[str]:
    steps = Steps()
    return [words for line in log.splitlines() if (words := steps.feed(line))]


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (
            "#7 [api builder 2/6] RUN apt-get update  && true\n#7 0.4 Hit:1",
            ["builder             apt-get update && true"],
        ),
        ("#7 [venvs 2/6] RUN --mount=type=cache --mount=x pip\n#7 DONE 0.1s", ["venvs               pip"]),
        ("#7 [builder  2/16] RUN true\n#7 DONE 0.1s", ["builder             true"]),
        ("#7 [api builder 2/6] RUN true\n#7 CACHED", []),
        ("#7 [api builder 2/6] RUN true", []),
        ("#5 [api 1/7] FROM debian:trixie-slim\n#5 DONE 0.0s", []),
        ("#6 [api files 3/7] COPY api srv/\n#6 DONE 0.0s", []),
        ("#1 [api internal] load build definition\n#1 DONE 0.0s", []),
        ("a line of no form", []),
    ],
)
def test_a_command_is_shown_once_it_runs_and_only_then(log: str, expected: list[str]) -> None:
    assert shown(log) == expected


def test_a_step_that_two_images_share_is_shown_once() -> None:
    log = "#7 [api a 2/6] RUN x\n#7 0.1 out\n#8 [healthchecker a 2/6] RUN x\n#8 0.1 out\n#7 [api a 2/6] RUN x\n#7 DONE"
    assert len(shown(log)) == 1


def test_a_failure_is_told_from_where_the_step_is_quoted() -> None:
    steps = Steps()
    for line in FAILED.splitlines():
        steps.feed(line)
    assert steps.failure() == FAILED[FAILED.index("------") :]


def test_a_failure_without_a_quotation_is_told_by_the_end_of_the_log() -> None:
    steps = Steps()
    for number in range(30):
        steps.feed(f"line {number}")
    assert steps.failure().splitlines() == [f"line {number}" for number in range(10, 30)]


def test_a_line_that_is_too_long_is_cut_visibly() -> None:
    assert build.shorten("0123456789", 8) == "0123456…"
