import os
from dataclasses import replace
from pathlib import Path

import pytest

from host import drill
from host.command import Answer
from host.drill import Rehearsal
from host.trouble import Trouble
from support.fake_host import FakeHost
from support.well_host import well_host

HELD = Rehearsal(
    promised={1: "a", 2: "b"},
    later={3: "c", 4: "d"},
    restored={1: "a", 2: "b", 3: "c"},
    seconds_lost=1.25,
    seconds_down=9.5,
    digests=("sha256:1", "sha256:1"),
)


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
    host.answers["docker compose down"] = Answer()
    with pytest.raises(Trouble, match=r"^The drill failed: ") as trouble:
        drill.drill(host)
    assert trouble.value.exit_code == 70


@pytest.mark.parametrize("end", [None, KeyboardInterrupt(), Trouble("It broke.")])
def test_the_throw_away_stack_is_removed_however_the_drill_ends(
    end: BaseException | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALTHCHECKER_NOTIFY_URLS", "json://somebody")
    host, before = FakeHost({"docker compose down": Answer()}), dict(os.environ)

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
    assert host.asked == ["docker compose down --volumes --remove-orphans --timeout 0"]
    assert dict(os.environ) == before
