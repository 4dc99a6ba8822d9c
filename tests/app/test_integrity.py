import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from app import inspection, keeper
from app import verdict as verdict_module
from app.datafile import DataFile
from app.main import create_app
from app.opened import Opened
from app.prepare import prepare
from app.problems import Code, ProblemError
from app.settings import Settings
from support.damage import Page, filled, flipped, verdict
from support.problem import assert_unavailable
from support.waiting import eventually

ROWS = 5000


@contextmanager
def serving(file: DataFile) -> Iterator[TestClient]:
    settings = Settings(DB_FILE_PATH=str(file.path))  # type: ignore[call-arg]
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def healthy(client: TestClient) -> None:
    assert client.get("/db-check").status_code == 200


def corrupt(client: TestClient) -> None:
    assert_unavailable(client.get("/db-check"), "db_corrupt")


@pytest.fixture
def file(tmp_path: Path) -> DataFile:
    return filled(tmp_path / "api.db", rows=ROWS)


@pytest.fixture
def client(file: DataFile) -> Iterator[TestClient]:
    with serving(file) as client:
        eventually(lambda: healthy(client), within=5)
        yield client


def read_all(client: TestClient) -> set[int]:
    """Read every row over the routes, and give the statuses of the answers, all of which are what they must be."""
    statuses = set()
    for after in range(0, ROWS, 200):
        answer = client.get("/tasks", params={"limit": 200, "cursor": after})
        statuses.add(answer.status_code)
        if answer.status_code != 200:
            assert_unavailable(answer, "db_corrupt")
    return statuses


@pytest.mark.fault("D3")
@pytest.mark.parametrize("kind", [Page.TABLE_LEAF, Page.INDEX_LEAF])
def test_damage_is_told_at_the_start_and_a_mended_file_used_without_a_restart(kind: Page, file: DataFile) -> None:
    backup = file.path.with_name("backup")
    shutil.copy(file.path, backup)
    with flipped(file.path, kind), serving(file) as client:
        eventually(lambda: corrupt(client), within=5)
        assert_unavailable(client.get("/tasks"), "db_corrupt")
        assert_unavailable(client.post("/tasks", json={"name": "refused"}), "db_corrupt")
        assert client.get("/livez").status_code == 200
        backup.replace(file.path)
        eventually(lambda: healthy(client), within=5)
        assert read_all(client) == {200}


@pytest.mark.fault("D14")
def test_a_request_that_meets_damage_is_503_and_has_all_pages_checked(client: TestClient, file: DataFile) -> None:
    with capture_logs() as lines:
        with flipped(file.path):
            assert 503 in read_all(client)
            eventually(lambda: corrupt(client), within=5)
            assert verdict(file).damage
        eventually(lambda: healthy(client), within=5)  # the fault is told once the database is closed
    assert read_all(client) == {200}
    faults = [line["code"] for line in lines if line["event"] == "database fault"]
    assert faults.count("db_corrupt") == 1, "a slow machine may have told of a timeout besides"


@pytest.mark.fault("D14")
def test_a_write_that_meets_damage_is_not_acknowledged_and_has_all_pages_checked(
    client: TestClient, file: DataFile
) -> None:
    with flipped(file.path, Page.INDEX_LEAF):

        def met() -> None:
            answers = [client.patch(f"/tasks/{task}", json={"name": "renamed"}) for task in range(1, ROWS, 50)]
            assert 503 in {answer.status_code for answer in answers}
            for answer in answers:
                if answer.status_code != 200:
                    assert_unavailable(answer, "db_corrupt")

        eventually(met, within=5)
        eventually(lambda: corrupt(client), within=5)
    eventually(lambda: healthy(client), within=5)


@pytest.mark.fault("D13")
@pytest.mark.parametrize("kind", [Page.TABLE_LEAF, Page.INDEX_LEAF])
def test_damage_that_no_request_meets_is_found_by_the_check_that_is_due(
    kind: Page, client: TestClient, file: DataFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with flipped(file.path, kind):
        assert client.get("/tasks/1").status_code == 200
        healthy(client)
        monkeypatch.setattr(inspection, "EVERY_SECONDS", 0)
        eventually(lambda: corrupt(client), within=5)
        monkeypatch.undo()
    eventually(lambda: healthy(client), within=5)


def test_a_check_that_finds_nothing_is_one_line_in_the_log(client: TestClient, file: DataFile) -> None:
    with capture_logs() as lines:
        file.record.write(None)
        eventually(lambda: verdict(file), within=5)
        healthy(client)
    assert [line["result"] for line in lines if line["event"] == "integrity checked"] == ["ok"]
    assert not [line for line in lines if line["event"] == "database fault"]


@pytest.mark.fault("D13")
def test_damage_that_is_known_stays_so_while_others_still_use_the_database(
    client: TestClient, file: DataFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait_for_others(*_: Any, **__: Any) -> Opened:
        waited.append(1)
        raise ProblemError(Code.DB_STARTING, cause="another process still uses other files")

    def waited_often() -> None:
        assert len(waited) > 3

    waited: list[int] = []
    with capture_logs() as lines:
        with flipped(file.path):
            monkeypatch.setattr(keeper, "prepare", wait_for_others)
            file.record.write(None)
            eventually(lambda: corrupt(client), within=5)
            eventually(waited_often, within=5)
            corrupt(client)
        monkeypatch.undo()
        eventually(lambda: healthy(client), within=5)
    assert [line["code"] for line in lines if line["event"] == "database fault"] == ["db_corrupt"]


@pytest.mark.fault("D13")
def test_damage_that_cannot_be_recorded_holds_until_the_file_is_mended(
    client: TestClient, file: DataFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def refuse_and_count(*arguments: Any, **keywords: Any) -> Opened:
        refusals.append(1)
        return prepare(*arguments, **keywords)

    def refused_often() -> None:
        corrupt(client)
        assert len(refusals) > 3

    refusals: list[int] = []
    with flipped(file.path):
        monkeypatch.setattr(verdict_module.os, "pwrite", full)
        monkeypatch.setattr(inspection, "EVERY_SECONDS", 0)
        eventually(lambda: corrupt(client), within=5)
        monkeypatch.setattr(keeper, "prepare", refuse_and_count)
        with capture_logs() as lines:
            eventually(refused_often, within=10)
        assert not [line for line in lines if line["event"] == "database ready"]
        monkeypatch.undo()
    eventually(lambda: healthy(client), within=5)


def test_health_shows_when_all_pages_were_checked_last_and_with_what_result(client: TestClient, file: DataFile) -> None:
    (entry,) = client.get("/health").json()["checks"]["sqlite:integrity"]
    assert (entry["observedValue"], entry["status"], entry["time"]) == ("ok", "pass", verdict(file).time)
    with flipped(file.path):
        file.record.write(None)
        eventually(lambda: corrupt(client), within=5)
        (entry,) = client.get("/health").json()["checks"]["sqlite:integrity"]
        assert (entry["observedValue"], entry["status"]) == ("damaged", "fail")
        assert client.get("/health").json()["code"] == "db_corrupt"
    eventually(lambda: healthy(client), within=5)


def test_a_check_in_the_background_leaves_no_files_and_no_lock_behind(client: TestClient, file: DataFile) -> None:
    before = sorted(path.name for path in file.path.parent.iterdir())
    file.record.write(None)
    eventually(lambda: verdict(file), within=5)
    assert sorted(path.name for path in file.path.parent.iterdir()) == before
    with closing(sqlite3.connect(file.path, isolation_level=None, timeout=0)) as other:
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
