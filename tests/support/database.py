"""A database without a server."""

from app.datafile import DataFile
from app.prepare import prepare


def prepare_once(file: DataFile, *, may_create: bool = True) -> None:
    """Do what a start does before it serves, and let go of the files again."""
    opened = prepare(file, may_create=may_create, given_up=lambda: False)
    assert opened.close()
