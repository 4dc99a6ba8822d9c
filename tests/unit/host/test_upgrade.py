from pathlib import Path

import pytest

from host import images
from host.command import Answer
from host.trouble import Trouble
from host.upgrade import upgrade
from support.fake_host import FakeHost
from support.well_host import (
    API,
    CREATE,
    HEALTHCHECKER,
    PS,
    SETTLE,
    STAGE,
    STATE,
    STOP,
    SWAP,
    TAG,
    UP,
    VOLUME,
    running,
    stand,
    well_host,
)

STEPS = (CREATE, "renew", STOP, STAGE, SWAP, UP, SETTLE)
KEPT = [f"docker tag sha256:old-api {API}-previous", f"docker tag sha256:old-healthchecker {HEALTHCHECKER}-previous"]
PUT_BACK = [f"docker tag sha256:old-api {API}", f"docker tag sha256:old-healthchecker {HEALTHCHECKER}"]
SNAPSHOT = "20260131T120000.000000Z-0001.db"
FAILS_ONCE: list[Answer | BaseException] = [Answer(1), Answer()]

pytestmark = pytest.mark.usefixtures("healthy")


@pytest.fixture(autouse=True)
def renewing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the new version be one that the containers run as soon as it is there."""

    def renew(_config: object, run: FakeHost) -> None:
        run.asked.append("renew")
        run.answers["docker inspect --format {{.Image}} api"] = Answer(0, "sha256:new-api\n")

    monkeypatch.setattr(images, "renew", renew)


def tags(host: FakeHost) -> list[str]:
    return [line for line in host.asked if line.startswith(TAG)]


def failure(host: FakeHost) -> str:
    with pytest.raises(Trouble) as trouble:
        upgrade(run=host)
    assert trouble.value.exit_code == 69
    return str(trouble.value)


def test_a_backup_comes_first_and_the_old_images_are_kept(tmp_path: Path) -> None:
    host = well_host(tmp_path)
    upgrade(run=host)
    assert host.were(*STEPS) == [CREATE, "renew", UP]
    assert tags(host) == KEPT


def test_without_a_backup_there_is_no_upgrade(tmp_path: Path) -> None:
    host = well_host(tmp_path, {CREATE: Answer(65, err="The database is damaged.")})
    with pytest.raises(Trouble, match=r"^The database is damaged\.$") as trouble:
        upgrade(run=host)
    assert trouble.value.exit_code == 65
    assert (host.were(*STEPS), tags(host)) == ([CREATE], [])


def test_a_stack_that_never_ran_has_nothing_to_upgrade(tmp_path: Path) -> None:
    assert failure(well_host(tmp_path, {VOLUME: Answer(1)})).startswith("There is nothing to upgrade: the volume")


def test_a_version_that_cannot_be_built_leaves_the_old_one_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_config: object, _run: object) -> None:
        raise Trouble("The images could not be built.")

    monkeypatch.setattr(images, "renew", fail)
    host = well_host(tmp_path)
    assert failure(host).endswith("The version from before was not touched.")
    assert tags(host) == KEPT + PUT_BACK
    assert host.were(STOP, UP) == []


def test_a_version_that_does_not_come_up_is_taken_back(tmp_path: Path) -> None:
    host = well_host(tmp_path, {UP: FAILS_ONCE, STATE: stand("0001", "0001")})
    assert "The version from before is in place, and runs again" in failure(host)
    assert tags(host) == KEPT + PUT_BACK
    assert host.were(*STEPS) == [CREATE, "renew", UP, STOP, UP]


def test_a_database_that_the_new_version_migrated_is_taken_back_as_well(tmp_path: Path) -> None:
    host = well_host(tmp_path, {UP: FAILS_ONCE, STATE: stand("0002", "0001", (SNAPSHOT,))})
    said = failure(host)
    assert (
        f"The version from before is in place with the snapshot {SNAPSHOT} from before the migration, and runs" in said
    )
    assert f"{STAGE} --snapshot {SNAPSHOT}" in host.asked
    assert host.were(*STEPS) == [CREATE, "renew", UP, STOP, STAGE, SWAP, UP, SETTLE]


def test_a_database_that_cannot_be_read_is_no_reason_to_go_back_to_a_snapshot(tmp_path: Path) -> None:
    host = well_host(tmp_path, {UP: FAILS_ONCE, STATE: stand(None, "0001", (SNAPSHOT,))})
    assert "The version from before is in place, and runs again" in failure(host)
    assert host.were(STAGE, SWAP) == []


def test_a_migrated_database_without_a_snapshot_is_told_of_with_the_way_out(tmp_path: Path) -> None:
    host = well_host(tmp_path, {UP: FAILS_ONCE, STATE: stand("0002", "0001")})
    said = failure(host)
    assert (
        "the database has revision 0002, the version from before needs 0001, and there is no snapshot of that" in said
    )
    assert host.were(UP) == [UP], "the old version would only say db_schema_ahead"


def test_a_stack_that_was_stopped_is_left_so_when_the_upgrade_fails(tmp_path: Path) -> None:
    host = well_host(tmp_path, {PS: [running(), running(), running(), running("api")], UP: FAILS_ONCE})
    assert failure(host).endswith(
        "The version from before is in place, and is stopped, as it was; the next `make up` builds what is checked out."
    )
    assert host.were(STOP, UP) == [UP, STOP]


def test_an_interrupt_takes_the_old_version_back(tmp_path: Path) -> None:
    host = well_host(tmp_path, {UP: [KeyboardInterrupt(), Answer()]})
    with pytest.raises(KeyboardInterrupt, match=r"^Interrupted\. The version from before is in place, and runs again"):
        upgrade(run=host)
    assert tags(host) == KEPT + PUT_BACK
