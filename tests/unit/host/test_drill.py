import os
from dataclasses import replace
from pathlib import Path

import pytest

from host import drill
from host.command import Answer
from host.drill import Rehearsal
from host.trouble import Trouble
from support.fake_host import FakeHost, Known
from support.well_host import VERIFY, well_host

DOWN = "docker compose down --volumes --remove-orphans --timeout 0"
HELD = Rehearsal(
    promised={1: "a", 2: "b"},
    later={3: "c", 4: "d"},
    restored={1: "a", 2: "b", 3: "c"},
    seconds_lost=1.25,
    seconds_down=9.5,
    digests=("sha256:1", "sha256:1"),
)


def engine(answers: dict[str, Known] | None = None) -> FakeHost:
    gone: dict[str, Known] = {"docker ps": Answer(), "docker volume ls": Answer(), "docker network ls": Answer()}
    return FakeHost(gone | {DOWN: Answer(), "docker rm": Answer()} | (answers or {}))


def test_a_rehearsal_tells_the_recovery_point_and_the_recovery_time() -> None:
    assert HELD.fault is None
    assert HELD.table.splitlines() == [
        "before the backup  2 tasks acknowledged, 0 of them lost",
        "content            equal in backup and database",
        "recovery point     1 tasks that were acknowledged later are lost, 1.2 s",
        "recovery time      9.5 s from an engine without a volume to a healthy stack",
    ]


@pytest.mark.parametrize(
    ("seen", "fault"),
    [
        (replace(HELD, restored={1: "a"}), "1 of 2 tasks are lost, the first of them b"),
        (replace(HELD, restored={1: "a", 2: "another"}), "1 of 2 tasks are lost, the first of them b"),
        (replace(HELD, digests=("sha256:1", "")), "the backup has the content sha256:1, and the restored database "),
    ],
)
def test_what_did_not_hold_fails_the_drill(
    seen: Rehearsal, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seen.fault == fault
    monkeypatch.setattr(drill, "rehearse", lambda _project, _run: seen)
    host = well_host(tmp_path)
    host.answers |= engine().answers
    with pytest.raises(Trouble, match=r"^The drill failed: ") as trouble:
        drill.drill(host)
    assert trouble.value.exit_code == 70


def test_a_verification_without_a_hash_fails_the_drill(tmp_path: Path) -> None:
    host = well_host(tmp_path, {VERIFY: Answer(0, "ok       content           none\n")})
    with pytest.raises(Trouble, match="gives no hash of the content"):
        drill.digest("latest", run=host)


@pytest.mark.parametrize("end", [None, KeyboardInterrupt(), Trouble("It broke.")])
def test_the_throw_away_stack_is_removed_however_the_drill_ends(
    end: BaseException | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALTHCHECKER_NOTIFY_URLS", "json://somebody")
    host, before = engine(), dict(os.environ)

    def rehearse() -> None:
        with drill.throw_away_stack(host) as project:
            assert os.environ["COMPOSE_PROJECT_NAME"] == project
            assert os.environ["HEALTHCHECKER_NOTIFY_URLS"] == "", "nobody is to be alarmed"
            assert os.environ["API_PORT"] == os.environ["STATUS_PORT"] == "0"
            if end:
                raise end

    if end:
        with pytest.raises(type(end)):
            rehearse()
    else:
        rehearse()
    assert host.were(DOWN) == [DOWN]
    assert dict(os.environ) == before


def test_what_the_engine_was_still_making_is_removed_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drill.time, "sleep", lambda _: None)
    host = engine({"docker ps": [Answer(), Answer(0, "late\n"), Answer(0, "late\n"), Answer()]})
    drill.remove("drill-1", host)
    assert host.were(DOWN, "docker rm --force late") == [DOWN, "docker rm --force late", DOWN]


def test_what_the_engine_does_not_let_go_of_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(drill.time, "sleep", lambda _: None)
    drill.remove("drill-1", engine({"docker volume ls": Answer(0, "drill-1_data\n")}))
    assert "`docker compose -p drill-1 down -v` does" in capsys.readouterr().err
