import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from app import checkup, lookout
from app import keeper as keeper_module
from app.datafile import DataFile
from app.main import create_app
from app.problems import ProblemError
from app.settings import Settings
from app.tasks import store
from support.problem import assert_unavailable
from support.waiting import eventually


def healthy_again(client: TestClient) -> None:
    def healthy() -> None:
        assert client.get("/db-check").status_code == 200

    eventually(healthy, within=5)


def becomes(client: TestClient, code: str) -> None:
    eventually(lambda: assert_unavailable(client.get("/db-check"), code), within=5)


def files(data: Path) -> list[str]:
    return sorted(path.name for path in data.parent.iterdir())


@pytest.mark.fault("D4")
def test_a_deleted_database_is_missing_at_the_very_next_probe_and_stays_so(client: TestClient, data: Path) -> None:
    data.unlink()
    assert_unavailable(client.get("/db-check"), "db_missing")
    assert_unavailable(client.get("/readyz"), "db_missing")
    assert_unavailable(client.get("/tasks"), "db_missing")
    assert_unavailable(client.post("/tasks", json={"name": "x"}), "db_missing")
    assert client.get("/livez").status_code == 200
    assert "api.db" not in files(data)


def test_nothing_is_created_on_a_volume_that_was_emptied_under_the_service(client: TestClient, data: Path) -> None:
    for path in data.parent.iterdir():
        path.unlink()
    lock = data.with_name(".api.db.lock")

    def tried_again() -> None:
        assert lock.exists()

    eventually(tried_again, within=5)
    assert_unavailable(client.get("/db-check"), "db_missing")
    assert not data.exists()


def test_a_file_that_vanishes_in_the_middle_of_a_check_is_missing_and_no_disk_error(
    client: TestClient, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose_the_file() -> None:
        data.unlink(missing_ok=True)  # noqa: ASYNC240 - it is to happen at just this moment
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorname = "SQLITE_IOERR_FSTAT"
        raise error

    keeper = client.app.state.keeper  # type: ignore[attr-defined]
    monkeypatch.setattr(keeper, "_checkups", checkup.Checkups(DataFile(data), lose_the_file))
    assert client.portal is not None
    with pytest.raises(ProblemError, match="db_missing"):
        client.portal.call(keeper.check)


def test_the_same_file_put_back_is_used_again_with_its_rows(client: TestClient, data: Path) -> None:
    client.post("/tasks", json={"name": "kept"})
    data.rename(data.with_name("away"))
    becomes(client, "db_missing")
    data.with_name("away").rename(data)
    healthy_again(client)
    assert [task["name"] for task in client.get("/tasks").json()["items"]] == ["kept"]


def test_a_backup_put_in_the_place_of_a_deleted_database_is_used(client: TestClient, data: Path) -> None:
    client.post("/tasks", json={"name": "in the backup"})
    backup = data.with_name("backup")
    with sqlite3.connect(data) as source, sqlite3.connect(backup) as target:
        source.backup(target)
    source.close()
    target.close()
    data.unlink()
    becomes(client, "db_missing")
    backup.rename(data)
    healthy_again(client)
    assert [task["name"] for task in client.get("/tasks").json()["items"]] == ["in the backup"]


def test_a_log_that_is_deleted_is_noticed_at_the_next_probe_and_given_back(client: TestClient, data: Path) -> None:
    client.post("/tasks", json={"name": "in the log"})
    Path(f"{data}-wal").unlink()
    assert_unavailable(client.get("/db-check"), "db_replaced")
    assert_unavailable(client.post("/tasks", json={"name": "refused"}), "db_replaced")
    healthy_again(client)
    assert [task["name"] for task in client.get("/tasks").json()["items"]] == ["in the log"]


def test_another_database_written_into_the_same_file_is_noticed(client: TestClient, data: Path) -> None:
    with sqlite3.connect(data) as connection:
        (lineage,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute("PRAGMA user_version = 12345")
    becomes(client, "db_replaced")
    connection.execute(f"PRAGMA user_version = {lineage}")
    connection.close()
    healthy_again(client)


@pytest.mark.fault("D5")
def test_a_file_in_the_place_of_the_database_is_noticed_at_the_next_probe(client: TestClient, data: Path) -> None:
    original = data.with_name("original")
    data.rename(original)
    data.touch()
    assert_unavailable(client.get("/db-check"), "db_replaced")
    assert_unavailable(client.post("/tasks", json={"name": "x"}), "db_replaced")
    becomes(client, "db_replaced")
    original.replace(data)
    healthy_again(client)


def test_a_directory_that_is_moved_as_a_whole_is_noticed_and_takes_no_acknowledged_write_along(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    settings = Settings(DB_FILE_PATH=str(folder / "api.db"))  # type: ignore[call-arg]
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        healthy_again(client)
        folder.rename(tmp_path / "moved")
        assert_unavailable(client.post("/tasks", json={"name": "x"}), "db_missing")
        becomes(client, "db_missing")
        (tmp_path / "moved").rename(folder)
        healthy_again(client)


def test_a_write_to_a_file_that_vanishes_meanwhile_is_not_acknowledged(client: TestClient, data: Path) -> None:
    database = client.app.state.database  # type: ignore[attr-defined]

    def write_and_lose_the_file(_session: object) -> str:
        data.unlink()
        return "done"

    async def attempt() -> None:
        await database.write(write_and_lose_the_file)

    assert client.portal is not None
    with pytest.raises(Exception, match="db_missing"):
        client.portal.call(attempt)


def overwrite(data: Path) -> None:
    data.write_bytes(b"garbage " * 2048)


def truncate(data: Path) -> None:
    os.truncate(data, data.stat().st_size // 2)


def become_a_directory(data: Path) -> None:
    data.unlink()
    data.mkdir()


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        pytest.param(overwrite, "db_not_a_database", marks=pytest.mark.fault("D1")),
        pytest.param(truncate, "db_corrupt", marks=pytest.mark.fault("D2")),
        (become_a_directory, "db_not_a_file"),
    ],
)
def test_a_damaged_file_is_named_and_a_mended_one_used_again(
    damage: Callable[[Path], None], code: str, client: TestClient, data: Path
) -> None:
    with sqlite3.connect(data) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    good = data.read_bytes()
    damage(data)
    becomes(client, code)
    if data.is_dir():
        data.rmdir()
    data.write_bytes(good)
    healthy_again(client)


@pytest.mark.fault("D8")
def test_a_locked_database_is_locked_within_a_second_and_reads_go_on(client: TestClient, data: Path) -> None:
    holder = sqlite3.connect(data, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    becomes(client, "db_locked")
    assert client.get("/tasks").status_code == 200
    holder.rollback()
    holder.close()
    healthy_again(client)


def test_a_write_to_a_locked_database_is_503_and_was_not_done(client: TestClient, data: Path) -> None:
    holder = sqlite3.connect(data, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert_unavailable(client.post("/tasks", json={"name": "refused"}), "db_locked")
    holder.rollback()
    holder.close()
    assert client.get("/tasks").json()["items"] == []


@pytest.mark.fault("R7")
def test_a_reader_that_keeps_the_log_growing_is_told_of_until_it_has_gone(
    client: TestClient, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(*, is_stuck: bool) -> None:
        answer = client.get("/health").json()
        assert (keeper_module.LOG_REMEDY in answer.get("notes", [])) is is_stuck
        assert answer["checks"]["sqlite:walSize"][0]["status"] == ("warn" if is_stuck else "pass")

    monkeypatch.setattr(keeper_module, "LONGEST_LOG_BYTES", 20_000)
    reader = sqlite3.connect(data, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM tasks").fetchall()
    for number in range(10):
        client.post("/tasks", json={"name": f"{number}"})
    eventually(lambda: told(is_stuck=True), within=5)
    assert client.get("/health").status_code == client.get("/db-check").status_code == 200
    reader.close()
    eventually(lambda: told(is_stuck=False), within=5)
    assert Path(f"{data}-wal").stat().st_size == 0


def test_a_volume_that_is_all_but_full_is_told_before_a_write_fails(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookout, "FREE_FLOOR_BYTES", 2**60)
    assert_unavailable(client.get("/db-check"), "db_disk_full")
    assert client.get("/tasks").status_code == 200
    monkeypatch.undo()
    healthy_again(client)


def test_health_names_the_fault_and_its_remedy(client: TestClient, data: Path) -> None:
    shutil.move(data, data.with_name("away"))
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/health+json"
    assert (answer.json()["status"], answer.json()["code"]) == ("fail", "db_missing")
    assert "restore a backup" in answer.json()["output"]


def test_the_cause_of_a_fault_that_only_a_request_meets_is_in_the_log_once_a_minute_and_never_in_the_answer(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meet_a_damaged_page(_session: Session, task_id: int) -> None:
        error = sqlite3.DatabaseError(f"the page of row {task_id} is malformed")
        error.sqlite_errorname = "SQLITE_CORRUPT"
        raise error

    monkeypatch.setattr(store, "get", meet_a_damaged_page)
    with capture_logs() as lines:
        for _ in range(3):
            answer = client.get("/tasks/7")
            assert_unavailable(answer, "db_corrupt")
            assert "malformed" not in answer.text
    causes = [line["cause"] for line in lines if line["event"] == "request failed"]
    assert causes == ["DatabaseError: the page of row 7 is malformed"]


@pytest.mark.fault("S3")
def test_an_unexpected_mistake_is_a_problem_without_details(client: TestClient) -> None:
    async def broken() -> None:
        raise RuntimeError("SELECT secret FROM api.db")

    client.app.add_api_route("/broken", broken)  # type: ignore[attr-defined]
    answer = client.get("/broken")
    assert answer.json()["code"] == "internal_error"
    assert "secret" not in answer.text
