from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from app import engine
from app.datafile import DataFile
from app.engine import plain_engine, reading_engine, writing_engine
from app.problems import ProblemError
from support.database import prepare_once

KINDS: list[Callable[[DataFile], Engine]] = [writing_engine, plain_engine, reading_engine]


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
    with make(file).connect() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value


def test_a_reading_connection_refuses_to_write(file: DataFile) -> None:
    with reading_engine(file).connect() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.execute(text("DELETE FROM tasks"))


@pytest.mark.parametrize("make", KINDS)
def test_no_connection_ever_creates_a_file(make: Callable[[DataFile], Engine], file: DataFile) -> None:
    file.path.unlink()
    with pytest.raises(OperationalError, match="unable to open"):
        make(file).connect()
    assert not file.path.exists()


def test_a_pragma_that_did_not_take_effect_is_told(file: DataFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PRAGMAS", (("page_size", "8192", 8192),))  # cannot change once there are pages
    with pytest.raises(ProblemError, match="PRAGMA page_size is"):
        plain_engine(file).connect()
