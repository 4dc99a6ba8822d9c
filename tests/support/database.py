"""A database without a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.orm import Session

from app.datafile import DataFile
from app.engine import plain_engine
from app.prepare import prepare


def prepare_once(file: DataFile, *, may_create: bool = True) -> None:
    """Do what a start does before it serves, and let go of the files again."""
    opened = prepare(file, may_create=may_create, given_up=lambda: False)
    assert opened.close()


@contextmanager
def new_session(folder: Path) -> Iterator[Session]:
    """Give a session on a new, migrated database in `folder`, in a transaction that is never committed."""
    file = DataFile(folder / "api.db")
    prepare_once(file)
    with Session(plain_engine(file)) as session:
        yield session
