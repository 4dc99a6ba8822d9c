"""A database without a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.datafile import DataFile
from app.engine import plain_engine
from app.prepare import prepare
from app.problems import Code, ProblemError


def prepare_once(file: DataFile, *, may_create: bool = True) -> None:
    """Do what a start does before it serves, and let go of the files again."""
    opened = prepare(file, may_create=may_create, given_up=never)
    assert opened.close()


def never() -> bool:
    """Give nothing up; for whoever prepares a database."""
    return False


def refused(file: DataFile) -> Code:
    """Assert that a database is not taken into use, and give the code that says why."""
    with pytest.raises(ProblemError) as refusal:
        prepare_once(file)
    return refusal.value.code


@contextmanager
def new_session(folder: Path) -> Iterator[Session]:
    """Give a session on a new, migrated database in `folder`, in a transaction that is never committed."""
    file = DataFile(folder / "api.db")
    prepare_once(file)
    with Session(plain_engine(file)) as session:
        yield session
