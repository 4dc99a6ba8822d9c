import sqlite3
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from app.datafile import DataFile
from app.settings import ConfigurationError
from backup import status
from backup.folder import Folder
from backup.schedule import Schedule
from backup.settings import Settings, read_settings
from support.backups import back_up, backup_folder, database
from support.http import ask
from support.waiting import eventually


@pytest.fixture
def file(tmp_path: Path) -> DataFile:
    return database(tmp_path / "data")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return backup_folder(tmp_path / "backups")


def aged(folder: Folder, *, seconds: float) -> None:
    """Make the newest backup older, by its name."""
    newest = folder.backups()[0]
    then = datetime.now(UTC) - timedelta(seconds=seconds)
    newest.path.rename(folder.path / then.strftime("api-%Y%m%dT%H%M%SZ.zip"))


def test_the_first_backup_is_made_at_once_and_the_next_after_the_interval(file: DataFile, folder: Folder) -> None:
    schedule = Schedule(file, folder, Settings(interval=60))
    schedule.look()
    schedule.look()
    assert len(folder.backups()) == 1
    aged(folder, seconds=61)
    schedule.look()
    assert len(folder.backups()) == 2


def test_a_backup_that_another_command_has_made_counts(file: DataFile, folder: Folder) -> None:
    back_up(file, folder)
    Schedule(file, folder, Settings(interval=60)).look()
    assert len(folder.backups()) == 1


def test_an_old_backup_that_cannot_be_removed_is_no_error_of_the_schedule(
    file: DataFile, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(file, folder)
    aged(folder, seconds=61)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", refuse)
    schedule = Schedule(file, folder, Settings(interval=60, keep=1))
    schedule.look()
    assert schedule.status()["last_error"] is None
    assert len(folder.backups()) == 2


def test_a_backup_dated_in_the_future_does_not_stop_the_schedule(file: DataFile, folder: Folder) -> None:
    back_up(file, folder)
    aged(folder, seconds=-3600)
    schedule = Schedule(file, folder, Settings(interval=60, keep=1))
    schedule.look()
    schedule.look()
    assert len(folder.backups()) == 2
    assert schedule.status()["age_seconds"] >= 0


def test_a_clock_that_is_set_back_does_not_stop_the_schedule(
    file: DataFile, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(days=365)

    with monkeypatch.context() as patched:
        patched.setattr("backup.schedule.datetime", Ahead)
        schedule = Schedule(file, folder, Settings(interval=60))

    def made() -> None:
        schedule.look()
        assert len(folder.backups()) == 1

    eventually(made, within=5)


def test_a_backup_of_another_database_does_not_count(file: DataFile, folder: Folder, tmp_path: Path) -> None:
    foreign = back_up(database(tmp_path / "other"), folder)
    schedule = Schedule(file, folder, Settings(interval=60))
    schedule.look()
    assert len(folder.backups()) == 2
    assert schedule.status()["newest"]["name"] != foreign.path.name


def test_no_backup_counts_on_a_volume_without_a_database(folder: Folder, tmp_path: Path) -> None:
    back_up(database(tmp_path / "other"), folder)
    schedule = Schedule(DataFile(tmp_path / "api.db"), folder, Settings(interval=60))
    schedule.look()
    assert schedule.status()["newest"] is None
    assert schedule.status()["last_error"] == "There is no database yet: `make up` creates it."


def test_a_database_without_a_seal_is_not_backed_up_again_and_again(file: DataFile, folder: Folder) -> None:
    file.seal_path.unlink()
    schedule = Schedule(file, folder, Settings(interval=60))
    schedule.look()
    schedule.look()
    assert len(folder.backups()) == 1


def test_a_seal_that_cannot_be_read_ends_no_schedule(file: DataFile, folder: Folder) -> None:
    file.seal_path.write_text("garbage")
    schedule = Schedule(file, folder, Settings(interval=60))
    schedule.look()
    assert "does not hold a lineage" in schedule.status()["last_error"]


@pytest.mark.parametrize(
    "manifest", ["[" * 100_000, '{"format": 1, "taken_at": "2026-01-01T00:00:00Z", "rows": {"x": 1e999}}']
)
def test_a_bad_file_among_the_backups_ends_no_schedule(manifest: str, file: DataFile, folder: Folder) -> None:
    with zipfile.ZipFile(folder.path / "api-20260101T000000Z.zip", "w") as packed:
        packed.writestr("manifest.json", manifest)
    Schedule(file, folder, Settings(interval=60)).look()
    assert len(folder.backups()) == 1


def test_a_folder_that_cannot_be_read_ends_no_schedule_and_mends_itself(file: DataFile, folder: Folder) -> None:
    back_up(file, folder)
    schedule, path = Schedule(file, folder, Settings(interval=3600)), folder.path
    folder.path = path / ("x" * 300)
    schedule.look()
    assert "File name too long" in schedule.status()["last_error"]
    folder.path = path

    def mended() -> None:
        schedule.look()
        assert schedule.status()["last_error"] is None

    eventually(mended, within=5)
    assert len(folder.backups()) == 1


def test_the_status_tells_of_the_newest_backup_and_of_the_next(file: DataFile, folder: Folder) -> None:
    schedule = Schedule(file, folder, Settings(interval=3600))
    schedule.look()
    told, newest = schedule.status(), folder.backups()[0]
    assert told["newest"] == {
        "name": newest.path.name,
        "at": f"{newest.at:%Y-%m-%dT%H:%M:%SZ}",
        "bytes": newest.bytes,
        "rows": 3,
    }
    assert 0 <= told["age_seconds"] < 5
    assert told["next_at"] == f"{newest.at + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    assert told["last_error"] is None
    assert schedule.unwell() is None


def test_a_backup_that_is_overdue_makes_the_service_unwell(file: DataFile, folder: Folder) -> None:
    back_up(file, folder)
    aged(folder, seconds=160)
    with closing(sqlite3.connect(file.path)) as connection:
        connection.execute("PRAGMA application_id = 42")
    schedule = Schedule(file, folder, Settings(interval=100))
    schedule.look()
    unwell = schedule.unwell()
    assert unwell
    assert unwell.code == "backup_overdue"
    assert "another application" in unwell.detail
    assert schedule.status()["last_error"] == unwell.detail


def test_what_failed_is_tried_again_and_mends_itself(folder: Folder, tmp_path: Path) -> None:
    file = DataFile(tmp_path / "api.db")
    schedule = Schedule(file, folder, Settings(interval=1))
    schedule.look()
    assert schedule.status()["last_error"] == "There is no database yet: `make up` creates it."
    assert schedule.status()["newest"] is None
    database(tmp_path)

    def made() -> None:
        schedule.look()
        assert len(folder.backups()) == 1

    eventually(made, within=5)
    assert schedule.status()["last_error"] is None


def test_status_and_health_are_answered_over_http() -> None:
    reasons: list[status.Unwell | None] = [None, status.Unwell("backup_overdue", "Old.", "Too old.", "Look.")]
    port = status.serve(lambda: {"newest": None}, lambda: reasons.pop(0), port=0)
    url = f"http://127.0.0.1:{port}"
    assert ask("GET", f"{url}/status").json() == {"newest": None}
    assert ask("GET", f"{url}/healthz").json() == {"status": "pass"}
    ill = ask("GET", f"{url}/healthz")
    assert ill.status_code == 503
    assert ill.headers["Content-Type"] == "application/problem+json"
    assert ill.json() == {
        "type": "about:blank",
        "status": 503,
        "code": "backup_overdue",
        "title": "Old.",
        "detail": "Too old.",
        "remedy": "Look.",
    }
    assert ask("GET", f"{url}/nothing").status_code == 404


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("BACKUP_INTERVAL", "0", "Set it to a number of seconds between 1 and 2678400"),
        ("BACKUP_INTERVAL", "daily", "Set it to a number of seconds between 1 and 2678400"),
        ("BACKUP_KEEP", "0", "Set it to a whole number of backups, 1 or more"),
        ("BACKUP_KEEP_DAYS", "-1", "Set it to a number of days between 0 and 36500"),
    ],
)
def test_a_wrong_setting_is_one_line_with_its_remedy(
    name: str, value: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"{name} is '{value}'. {remedy}, for example {name}="):
        read_settings()


def test_empty_settings_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BACKUP_INTERVAL", "BACKUP_KEEP", "BACKUP_KEEP_DAYS"):
        monkeypatch.setenv(name, "")
    assert read_settings() == Settings()
