import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app import inspection, integrity, locks
from app.database import Database
from app.datafile import DataFile
from app.engine import checking_engine
from app.inspection import Inspection, Pace
from app.prepare import prepare
from support.damage import filled, verdict


@pytest.fixture
def file(tmp_path: Path) -> DataFile:
    return filled(tmp_path / "api.db")


def test_a_check_pauses_while_requests_come_and_only_then(file: DataFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "WORK_SECONDS", 0)
    pauses: list[float] = []
    stopping = threading.Event()
    monkeypatch.setattr(stopping, "wait", pauses.append)
    database = Database(file)
    pace = Pace(database, stopping)
    pace.must_end()
    assert not pauses
    database.units += 1
    pace.must_end()
    pace.must_end()
    assert len(pauses) == 1


def test_a_check_ends_when_the_service_stops_or_the_database_was_closed(file: DataFile) -> None:
    database, stopping = Database(file), threading.Event()
    pace = Pace(database, stopping)
    assert pace.must_end(), "it is not open"
    database._opened = opened = prepare(file, given_up=lambda: False)  # noqa: SLF001
    assert not pace.must_end()
    stopping.set()
    assert pace.must_end()
    opened.close()


def test_a_check_gives_way_when_the_log_grows_too_long_under_it(
    file: DataFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "LONGEST_LOG_BYTES", 0)
    database = Database(file)
    database._opened = opened = prepare(file, given_up=lambda: False)  # noqa: SLF001
    pace = Pace(database, threading.Event())
    assert not pace.must_end()
    with closing(sqlite3.connect(file.path)) as connection, connection:
        connection.execute("DELETE FROM tasks WHERE id < 100")
    assert pace.must_end()
    opened.close()


@pytest.mark.parametrize("age", [-3600.0, inspection.EVERY_SECONDS + 1])
def test_a_check_is_due_six_hours_after_the_last_or_when_the_clock_was_set_back(age: float, file: DataFile) -> None:
    checks = Inspection(Database(file))
    assert not checks.is_due()
    file.record.write(verdict(file)._replace(at=time.time() - age))
    assert checks.is_due()


def test_a_check_is_due_where_nobody_knows_of_one(file: DataFile) -> None:
    file.record.path.unlink()
    assert Inspection(Database(file)).is_due()


@pytest.mark.fault("D14")
def test_a_check_is_due_when_a_request_has_met_damage(file: DataFile) -> None:
    database = Database(file)
    database.has_met_damage = True
    assert Inspection(database).is_due()


@pytest.fixture
def opened_database(file: DataFile) -> Iterator[Database]:
    database = Database(file)
    database._opened = opened = prepare(file, given_up=lambda: False)  # noqa: SLF001
    yield database
    opened.close()


def end_of(checks: Inspection) -> None:
    assert checks._thread  # noqa: SLF001
    checks._thread.join(5)  # noqa: SLF001


def test_a_check_is_left_to_the_process_that_makes_one_already(file: DataFile, opened_database: Database) -> None:
    checks = Inspection(opened_database)
    file.record.write(None)
    with locks.chance(file.record.path) as is_ours:
        assert is_ours
        checks.look()
        end_of(checks)
        assert file.record.read() is None
    checks.look()
    end_of(checks)
    assert verdict(file).damage is None


def test_a_check_that_another_process_has_just_made_is_not_made_again(
    file: DataFile, opened_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = Inspection(opened_database)
    answers = iter([True, False])  # due at the look, and no longer when it is this one's turn
    monkeypatch.setattr(checks, "is_due", lambda: next(answers))
    before = verdict(file)
    monkeypatch.setattr(integrity, "note", lambda *_: pytest.fail("it was made"))
    checks.look()
    end_of(checks)
    assert verdict(file) == before


def test_a_check_that_came_to_nothing_is_tried_again_later_and_says_so(
    file: DataFile, opened_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise sqlite3.OperationalError("disk I/O error")

    checks = Inspection(opened_database)
    before = verdict(file)
    opened_database.has_met_damage = True
    monkeypatch.setattr(integrity, "find_damage", fail)
    with capture_logs() as lines:
        checks.look()
        end_of(checks)
        failed = checks._thread  # noqa: SLF001
        checks.look()
    assert checks._thread is failed, "not at once"  # noqa: SLF001
    assert [line["event"] for line in lines] == ["the integrity check was not finished"]
    monkeypatch.undo()
    assert verdict(file) == before
    assert checks.is_due()
    monkeypatch.setattr(checks, "_not_before", 0)
    checks.look()
    end_of(checks)
    assert not checks.is_due(), "it was done now"


@pytest.mark.fault("D14")
def test_damage_that_only_requests_meet_does_not_keep_the_check_running(
    file: DataFile, opened_database: Database
) -> None:
    checks = Inspection(opened_database)
    opened_database.has_met_damage = True
    checks.look()
    end_of(checks)
    first = checks._thread  # noqa: SLF001
    opened_database.has_met_damage = True
    checks.look()
    assert checks._thread is first  # noqa: SLF001


def test_the_end_of_a_check_that_outlives_all_others_leaves_the_log_where_it_is(file: DataFile) -> None:
    user = prepare(file, given_up=lambda: False)
    with closing(checking_engine(file).raw_connection()) as raw:
        raw.cursor().execute("SELECT * FROM tasks").fetchone()
        with closing(sqlite3.connect(file.path)) as other, other:
            other.execute("DELETE FROM tasks WHERE id = 1")
        assert user.close()
        log = file.log_path.read_bytes()
    assert file.log_path.read_bytes() == log, "by now it may be that of a backup"
