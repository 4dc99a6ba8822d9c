import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.datafile import DataFile
from app.engine import writing_engine
from app.group import Unit, commit_together
from app.tasks import store
from app.unit import UnitConnection, Work
from support.database import prepare_once


class Caller:
    """Stands in for the future that a caller waits for."""

    def __init__(self, *, is_gone: bool = False) -> None:
        self.is_gone = is_gone

    def done(self) -> bool:
        return self.is_gone


@pytest.fixture
def path(tmp_path: Path) -> Path:
    prepare_once(DataFile(tmp_path / "api.db"))
    return tmp_path / "api.db"


@pytest.fixture
def connection(path: Path) -> Iterator[UnitConnection]:
    connection = UnitConnection(writing_engine(DataFile(path)))
    yield connection
    connection.close()


def unit(work: Work[object], *, is_gone: bool = False) -> Unit:
    return Unit(work, Caller(is_gone=is_gone))  # type: ignore[arg-type]


def creating(name: str) -> Work[object]:
    return lambda session: store.create(session, name)


def names(path: Path) -> list[str]:
    """Read what is on the disk, as a stranger would."""
    with sqlite3.connect(path) as reader:
        found = [name for (name,) in reader.execute("SELECT name FROM tasks ORDER BY id")]
    reader.close()
    return found


def fail_half_way(session: Session) -> None:
    store.create(session, "half")
    raise ValueError("the unit's own mistake")


def break_a_constraint(session: Session) -> None:
    session.execute(text("INSERT INTO tasks (id, name, created_at) VALUES (1, 'again', '2026-01-01')"))


@pytest.mark.parametrize("mistake", [fail_half_way, break_a_constraint])
def test_a_unit_that_raises_among_63_others_affects_itself_alone(
    mistake: Work[object], connection: UnitConnection, path: Path
) -> None:
    units = [unit(creating(f"{number}")) for number in range(64)]
    units[31] = unit(mistake)
    commit_together(connection, units)
    assert names(path) == [f"{number}" for number in range(64) if number != 31]
    assert [number for number, each in enumerate(units) if each.error] == [31]


def test_every_unit_sees_what_the_units_before_it_did(connection: UnitConnection) -> None:
    created, found = unit(creating("first")), unit(lambda session: store.get(session, 1))
    commit_together(connection, [created, found])
    assert found.result == created.result


def test_nothing_is_on_the_disk_before_all_of_it_is(connection: UnitConnection, path: Path) -> None:
    seen: list[list[str]] = []
    commit_together(connection, [unit(creating("x")), unit(lambda _session: seen.append(names(path)))])
    assert seen == [[]]
    assert names(path) == ["x"]


def test_a_unit_whose_caller_has_gone_is_not_begun(connection: UnitConnection, path: Path) -> None:
    gone = unit(creating("nobody waits"), is_gone=True)
    commit_together(connection, [gone, unit(creating("wanted"))])
    assert names(path) == ["wanted"]
    assert not gone.began


def lose_the_transaction(session: Session) -> None:
    session.connection().exec_driver_sql("ROLLBACK")  # as SQLite itself does when the disk is full
    raise sqlite3.OperationalError("database or disk is full")


def test_where_sqlite_gives_up_the_transaction_none_of_the_units_is_done(
    connection: UnitConnection, path: Path
) -> None:
    with pytest.raises(sqlite3.OperationalError, match="full"):
        commit_together(connection, [unit(creating("before")), unit(lose_the_transaction), unit(creating("after"))])
    assert names(path) == []
    commit_together(connection, [unit(creating("and on"))])
    assert names(path) == ["and on"]


@pytest.mark.parametrize(("end", "remedy"), [(Session.commit, "leave the commit away"), (Session.rollback, "raise")])
def test_a_unit_cannot_end_the_transaction_that_it_shares(
    end: Work[None], remedy: str, connection: UnitConnection, path: Path
) -> None:
    def meddle(session: Session) -> None:
        store.create(session, "meddler")
        getattr(session, end.__name__)()

    meddler = unit(meddle)
    commit_together(connection, [unit(creating("x")), meddler])
    assert remedy in str(meddler.error)
    assert names(path) == ["x"]


def test_a_unit_may_have_savepoints_of_its_own(connection: UnitConnection, path: Path) -> None:
    def try_and_go_on(session: Session) -> None:
        store.create(session, "kept")
        with pytest.raises(ValueError, match="mistake"), session.begin_nested():
            fail_half_way(session)

    commit_together(connection, [unit(try_and_go_on)])
    assert names(path) == ["kept"]


def test_a_connection_that_a_fault_has_spoilt_is_replaced_by_the_next_transaction(
    connection: UnitConnection, path: Path
) -> None:
    def meet_a_broken_disk(session: Session) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorname = "SQLITE_IOERR_READ"
        session.connection().invalidate(error)
        raise error

    with pytest.raises(sqlite3.OperationalError):
        commit_together(connection, [unit(creating("lost")), unit(meet_a_broken_disk)])
    path.rename(path.with_name("away"))
    with pytest.raises(OperationalError, match="unable to open"):
        commit_together(connection, [unit(creating("not yet"))])
    path.with_name("away").rename(path)
    commit_together(connection, [unit(creating("x"))])
    assert names(path) == ["x"]
