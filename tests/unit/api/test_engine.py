from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from app.datafile import DataFile
from app.engine import plain_engine, reading_engine, writing_engine
from support.database import prepare_once

KINDS: list[Callable[[DataFile], Engine]] = [writing_engine, plain_engine, lambda file: reading_engine(file, 1)]


@pytest.fixture
def file(tmp_path: Path) -> DataFile:
    file = DataFile(tmp_path / "api.db")
    prepare_once(file)
    return file


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("mmap_size", 0), ("trusted_schema", 0)],
)
def test_every_connection_is_set_up_in_the_same_way(
    make: Callable[[DataFile], Engine], pragma: str, value: object, file: DataFile
) -> None:
    engine = make(file)
    with engine.connect() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value
    engine.dispose()


def test_a_reading_connection_refuses_to_write(file: DataFile) -> None:
    engine = reading_engine(file, 1)
    with engine.connect() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.execute(text("DELETE FROM tasks"))
    engine.dispose()


@pytest.mark.parametrize("make", KINDS)
def test_no_connection_ever_creates_a_file(make: Callable[[DataFile], Engine], file: DataFile) -> None:
    file.path.unlink()
    with pytest.raises(OperationalError, match="unable to open"):
        make(file).connect()
    assert not file.path.exists()


def test_a_writing_unit_holds_the_write_lock_from_its_start(file: DataFile) -> None:
    first, second = writing_engine(file), plain_engine(file)
    with first.begin() as connection:
        connection.execute(text("SELECT 1"))
        with second.connect() as other:
            raw = other.connection.cursor()
            raw.execute("PRAGMA busy_timeout = 0")
            with pytest.raises(Exception, match="locked"):
                raw.execute("BEGIN IMMEDIATE")
            raw.close()
    first.dispose()
