from pathlib import Path

import pytest

from host.command import Answer
from host.rollback import rollback
from host.trouble import Trouble
from support.well_host import (
    API,
    SETTLE,
    STAGE,
    STATE,
    STOP,
    SWAP,
    TAG,
    UNDO,
    UP,
    inspected,
    stand,
    well_host,
)

OLD, NEW = "20260131T120000.000000Z-0001.db", "20260201T120000.000000Z-0002.db"
STEPS = (STAGE, STOP, SWAP, UNDO, UP, SETTLE, TAG)
PREVIOUS = {inspected(f"{API}-previous"): Answer(0, "sha256:previous-api\n")}
NAMED = f"docker tag sha256:previous-api {API}"
NAMED_BACK = f"docker tag sha256:old-api {API}"

pytestmark = pytest.mark.usefixtures("healthy")


def test_the_snapshots_are_listed_and_nothing_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    host = well_host(tmp_path, {STATE: stand(snapshots=(NEW, OLD))})
    rollback(only_list="1", run=host)
    assert host.were(*STEPS) == []
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[:2] == [[NEW, "revision", "0002"], [OLD, "revision", "0001"]]


def test_the_newest_snapshot_is_taken(tmp_path: Path) -> None:
    host = well_host(tmp_path, {STATE: stand(snapshots=(NEW, OLD))})
    rollback(run=host)
    assert f"{STAGE} --snapshot {NEW}" in host.asked
    assert host.were(*STEPS) == [STAGE, STOP, SWAP, UP, SETTLE]


def test_the_version_that_needs_the_snapshot_is_taken_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    states: list[Answer | BaseException] = [stand(snapshots=(NEW, OLD)), stand("0002", "0001")]
    host = well_host(tmp_path, {STATE: states, **PREVIOUS})
    rollback(OLD, run=host)
    assert [line for line in host.asked if line.startswith(TAG)] == [NAMED]
    assert host.were(*STEPS)[-4:] == [STOP, SWAP, UP, SETTLE]
    assert "check its code out before the next `make up`" in capsys.readouterr().err


@pytest.mark.parametrize("previous", [{}, PREVIOUS], ids=["none is kept", "it needs another"])
def test_without_that_version_the_api_is_left_stopped(previous: dict[str, Answer], tmp_path: Path) -> None:
    host = well_host(tmp_path, {STATE: stand(snapshots=(OLD,)), **previous})
    with pytest.raises(Trouble) as trouble:
        rollback(run=host)
    assert str(trouble.value).startswith(
        f"The snapshot {OLD} is in place, and the API is left stopped: this version would migrate it to 0002 at once. "
        "Check out the version that needs 0001 and run `make up`"
    )
    assert trouble.value.exit_code == 69
    assert [step for step in host.were(*STEPS) if step != TAG] == [STAGE, STOP, SWAP, SETTLE]
    named = [line for line in host.asked if line.startswith(f"{TAG} ") and API in line]
    assert named[-1:] == ([NAMED_BACK] if previous else [])


def test_without_that_version_a_snapshot_that_cannot_be_put_in_place_leaves_the_old_database_running(
    tmp_path: Path,
) -> None:
    host = well_host(tmp_path, {STATE: stand(snapshots=(OLD,)), SWAP: Answer(75, err="It is in use.")})
    with pytest.raises(
        Trouble, match=r"^It is in use\.\n\nThe old database is in place\. The stack runs with it again"
    ):
        rollback(run=host)
    assert host.were(UNDO, UP) == [UNDO, UP]


def test_a_version_that_does_not_come_up_is_taken_back_with_the_database(tmp_path: Path) -> None:
    states: list[Answer | BaseException] = [stand(snapshots=(OLD,)), stand("0002", "0001")]
    host = well_host(tmp_path, {STATE: states, UP: [Answer(1), Answer()], **PREVIOUS})
    with pytest.raises(Trouble, match=r"The old database is in place\. The stack runs with it again"):
        rollback(run=host)
    asked = host.asked
    assert asked.index(NAMED) < asked.index(NAMED_BACK) < asked.index(UNDO)
    assert host.were(UNDO, UP)[-2:] == [UNDO, UP]


def test_what_cannot_be_kept_afterwards_takes_nothing_back(tmp_path: Path) -> None:
    states: list[Answer | BaseException] = [stand(snapshots=(OLD,)), stand("0002", "0001")]
    host = well_host(tmp_path, {STATE: states, SETTLE: Answer(73, err="The disk refuses."), **PREVIOUS})
    with pytest.raises(Trouble, match=r"^The new database is in place\..*: The disk refuses\.$") as trouble:
        rollback(run=host)
    assert trouble.value.exit_code == 73
    assert host.were(*STEPS)[-3:] == [SWAP, UP, SETTLE]
    assert NAMED_BACK not in host.asked


@pytest.mark.parametrize(
    ("to", "snapshots", "said"),
    [
        ("", (), "There is no snapshot: one is taken before each migration"),
        ("x.db", (OLD,), "There is no snapshot 'x.db'"),
    ],
)
def test_a_snapshot_that_is_not_there_changes_nothing(
    to: str, snapshots: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    host = well_host(tmp_path, {STATE: stand(snapshots=snapshots)})
    with pytest.raises(Trouble) as trouble:
        rollback(to, run=host)
    assert str(trouble.value).startswith(said)
    assert (trouble.value.exit_code, host.were(*STEPS)) == (66, [])
