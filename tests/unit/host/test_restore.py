from pathlib import Path

import pytest

from host import base_image, build
from host.command import Answer
from host.restore import restore
from host.trouble import Trouble
from support.well_host import (
    API,
    CONFIG,
    PS,
    REPLICA_JOB,
    SETTLE,
    STAGE,
    STOP,
    SWAP,
    UNDO,
    UP,
    configured,
    inspected,
    running,
    well_host,
)

STEPS = (STAGE, STOP, SWAP, UNDO, UP, SETTLE)

pytestmark = pytest.mark.usefixtures("healthy")


def refusal(**given: object) -> Trouble:
    with pytest.raises(Trouble) as trouble:
        restore(**given)  # type: ignore[arg-type]
    return trouble.value


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({}, "Say what to restore: `make restore FROM=latest`"),
        ({"source": "latest", "at": "2026-01-31T12:00:00Z"}, "AT=2026-01-31T12:00:00Z goes with FROM=replica"),
        ({"source": "replica", "at": "noon"}, "AT=noon is no time: write it as in AT=2026-01-31T12:00:00Z."),
    ],
)
def test_words_that_make_no_sense_are_refused_before_anything_is_asked(
    words: dict[str, str], said: str, tmp_path: Path
) -> None:
    host = well_host(tmp_path)
    trouble = refusal(**words, run=host)
    assert str(trouble).startswith(said)
    assert (trouble.exit_code, host.asked) == (64, [])


@pytest.mark.parametrize("stop", ["", "0"])
def test_a_running_api_is_not_stopped_unasked(stop: str, tmp_path: Path) -> None:
    host = well_host(tmp_path)
    trouble = refusal(source="latest", stop=stop, run=host)
    assert str(trouble).startswith("The API runs, and what is written until it stops would be lost: `make restore FROM")
    assert (trouble.exit_code, host.were(*STEPS)) == (75, [])


def test_the_service_goes_on_until_the_backup_has_proved_good(tmp_path: Path) -> None:
    host = well_host(tmp_path)
    restore("latest", stop="1", run=host)
    assert host.were(*STEPS) == [STAGE, STOP, SWAP, UP, SETTLE]


def test_a_file_is_streamed(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"archive")
    host = well_host(tmp_path)
    restore(str(tmp_path / "a.zip"), stop="1", run=host)
    assert host.read == {f"{STAGE} -": b"archive"}


def test_a_backup_that_is_no_good_changes_nothing(tmp_path: Path) -> None:
    host = well_host(tmp_path, {STAGE: Answer(65, err="It cannot be restored, and nothing was touched.")})
    trouble = refusal(source="latest", stop="1", run=host)
    assert (str(trouble), trouble.exit_code) == ("It cannot be restored, and nothing was touched.", 65)
    assert host.were(*STEPS) == [STAGE]


def test_a_stack_that_is_down_is_started_as_a_whole(tmp_path: Path) -> None:
    host = well_host(tmp_path, {PS: running()})
    restore("latest", run=host)
    assert host.were(*STEPS) == [STAGE, SWAP, UP, SETTLE]


def test_missing_images_are_built_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    monkeypatch.setattr(build, "build", built.append)
    monkeypatch.setattr(base_image, "ensure", lambda _run: "base")
    host = well_host(
        tmp_path,
        {
            PS: running(),
            inspected(API): Answer(1),
            CONFIG: configured(api={"image": API, "build": {}}, healthchecker={"image": API}),
        },
    )
    host.answers["docker compose pull"] = Answer()
    restore("latest", run=host)
    assert built == ["base"]


def test_the_replica_is_asked_in_its_own_container(tmp_path: Path) -> None:
    settings = {"replica": {"image": "fastapi-sqlite/replica:1"}}
    host = well_host(tmp_path, {CONFIG: configured(**settings), f"{REPLICA_JOB} stage": Answer()})
    host.answers[inspected("fastapi-sqlite/replica:1")] = Answer(0, "sha256:replica")
    restore("replica", at="2026-01-31T12:00:00Z", stop="1", run=host)
    assert f"{REPLICA_JOB} stage --replica --at 2026-01-31T12:00:00Z" in host.asked


def test_a_stack_without_a_replica_says_how_to_get_it(tmp_path: Path) -> None:
    trouble = refusal(source="replica", stop="1", run=well_host(tmp_path))
    assert str(trouble).startswith(
        "The replica is not a part of the stack: say `make restore FROM=replica COMPOSE_PROF"
    )


@pytest.mark.parametrize(
    ("step", "answer", "code"),
    [
        (STOP, [Answer(1, err="no"), Answer()], 69),
        (SWAP, Answer(75, err="Another process has it open."), 75),
        (UP, [Answer(1), Answer()], 69),
    ],
)
def test_a_step_that_fails_brings_the_old_database_back(step: str, answer: Answer, code: int, tmp_path: Path) -> None:
    host = well_host(tmp_path, {step: answer, "docker logs": Answer()})
    trouble = refusal(source="latest", stop="1", run=host)
    assert str(trouble).endswith("\n\nThe old database is in place. The stack runs with it again.")
    assert trouble.exit_code == code
    assert host.were(*STEPS)[-3:] == [STOP, UNDO, UP]


def test_a_stack_that_was_stopped_is_stopped_again(tmp_path: Path) -> None:
    host = well_host(tmp_path, {PS: [running(), running(), running(), running("api")], UP: Answer(1)})
    trouble = refusal(source="latest", run=host)
    assert str(trouble).endswith("The old database is in place. The stack is stopped, as it was.")
    assert host.were(*STEPS)[-2:] == [STOP, UNDO]


@pytest.mark.parametrize("step", [STOP, SWAP, UP])
def test_an_interrupt_brings_the_old_database_back(step: str, tmp_path: Path) -> None:
    host = well_host(tmp_path, {step: [KeyboardInterrupt(), Answer()]})
    with pytest.raises(KeyboardInterrupt, match=r"^Interrupted\. The old database is in place\. The stack runs"):
        restore("latest", stop="1", run=host)
    assert host.were(*STEPS)[-3:] == [STOP, UNDO, UP]


def test_an_old_database_that_cannot_be_put_back_is_not_kept_quiet(tmp_path: Path) -> None:
    refused = Answer(75, err="It is in use.")
    trouble = refusal(source="latest", stop="1", run=well_host(tmp_path, {SWAP: refused, UNDO: refused}))
    assert "The database from before could not be put back" in str(trouble)
    assert str(trouble).endswith("It is in use.")


def test_an_old_database_that_does_not_run_is_told_of(tmp_path: Path) -> None:
    trouble = refusal(source="latest", stop="1", run=well_host(tmp_path, {UP: Answer(1), "docker logs": Answer()}))
    assert "The old database is in place. But the stack does not run with it" in str(trouble)
