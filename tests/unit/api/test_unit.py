from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, registry

from app.datafile import DataFile
from app.engine import reading_engine, writing_engine
from app.group import Unit, commit_together
from app.tasks import store
from app.tasks.model import tasks
from app.unit import UnitConnection, Work
from support.database import prepare_once

mapping = registry()


class Row:
    """The tasks' table as a class, as the ORM wants it."""


mapping.map_imperatively(Row, tasks)


@pytest.fixture
def file(tmp_path: Path) -> DataFile:
    file = DataFile(tmp_path / "api.db")
    prepare_once(file)
    return file


@pytest.fixture
def writing(file: DataFile) -> Iterator[UnitConnection]:
    connection = UnitConnection(writing_engine(file))
    yield connection
    connection.close()


class Caller:
    def done(self) -> bool:
        return False


def write(connection: UnitConnection, *works: Work[object]) -> list[Unit]:
    units = [Unit(work, Caller()) for work in works]  # type: ignore[arg-type]
    commit_together(connection, units)
    return units


def names(session: Session) -> list[str]:
    return [task.name for task in store.page(session, after=0, limit=10).items]


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 6, 7, 8])
def test_a_read_that_is_late_from_its_first_step_on_spoils_nothing(steps: int, file: DataFile) -> None:
    connection = UnitConnection(reading_engine(file), steps_between_looks=steps)
    for _ in range(20):
        with pytest.raises(OperationalError, match="interrupted"):
            connection.read(names, seconds=-1)
        assert not connection.in_transaction
        assert connection.read(names, seconds=60) == []
    connection.close()


def swallow_a_failed_flush(session: Session) -> str:
    store.create(session, "before")
    row = Row()
    row.id, row.name = 1, "a second one with this id"  # type: ignore[attr-defined]
    session.add(row)
    try:
        session.flush()
    except IntegrityError:
        return "there is one already"
    raise AssertionError("the flush was to fail")


def leave_a_savepoint_open(session: Session) -> None:
    session.begin_nested()
    store.create(session, "before")


@pytest.mark.parametrize("half", [swallow_a_failed_flush, leave_a_savepoint_open])
def test_a_unit_that_hides_that_a_part_of_it_failed_is_undone_and_harms_no_other(
    half: Work[object], writing: UnitConnection
) -> None:
    write(writing, lambda session: store.create(session, "one"))
    hiding, _after = write(writing, half, lambda session: store.create(session, "after"))
    assert "begin_nested" in str(hiding.error)
    assert write(writing, names)[0].result == ["one", "after"]


def test_a_unit_may_go_on_after_a_part_of_it_has_failed_in_a_savepoint(writing: UnitConnection) -> None:
    def replace_or_keep(session: Session) -> None:
        try:
            with session.begin_nested():
                store.create(session, "undone")
                session.execute(text("INSERT INTO tasks (id) VALUES (1)"))
        except IntegrityError:
            store.create(session, "kept")

    (unit,) = write(writing, replace_or_keep)
    assert unit.error is None
    assert write(writing, names)[0].result == ["kept"]


@pytest.mark.parametrize("end", [SystemExit("bye"), StopIteration()], ids=repr)
def test_a_unit_that_ends_in_a_way_that_cannot_be_told_is_an_error_of_its_own(
    end: BaseException, writing: UnitConnection
) -> None:
    def leave(session: Session) -> None:
        store.create(session, "half")
        raise end

    leaving, _ = write(writing, leave, lambda session: store.create(session, "other"))
    assert isinstance(leaving.error, RuntimeError)
    assert repr(end) in str(leaving.error)
    assert write(writing, names)[0].result == ["other"]
