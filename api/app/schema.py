"""The schema's revision: which one a database has, which one this code needs, and the way from one to the other."""

from collections.abc import Callable
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from app.faults import cannot_open, code_of
from app.problems import Code, ProblemError

log = structlog.stdlib.get_logger(__name__)

READ_REVISION = "SELECT version_num FROM alembic_version"
MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"


def configuration(connection: Connection | None = None) -> Config:
    """Give Alembic's configuration; `connection` is the one its environment uses."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def known_revisions() -> list[str]:
    """Give the revisions that this code knows, the one it needs first."""
    return [revision.revision for revision in ScriptDirectory.from_config(configuration()).walk_revisions()]


def judge(revision: str | None, known: list[str]) -> None:
    """Decide whether a database of `revision` can be used by code that knows the revisions `known`. Pure.

    Raises:
        ProblemError: `db_schema_behind` or `db_schema_ahead`.

    """
    if problem := find_gap(revision, known):
        raise problem


def find_gap(revision: str | None, known: list[str]) -> ProblemError | None:
    """Give what is wrong with a database of `revision` for code that knows the revisions `known`. Pure."""
    if revision == known[0]:
        return None
    is_behind = revision is None or revision in known
    code = Code.DB_SCHEMA_BEHIND if is_behind else Code.DB_SCHEMA_AHEAD
    found = "no revision" if revision is None else f"revision {revision}"
    told = f"The database is at {found}, and this version needs revision {known[0]}."
    return ProblemError(code, detail=told, cause=told)


def current_revision(connection: Connection) -> str | None:
    """Give the revision of a database, `None` where it has never been migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql(READ_REVISION).scalar()


def refuse_newer(connection: Connection) -> None:
    """Refuse a database that only a newer version can use.

    Raises:
        ProblemError: `db_schema_ahead`.

    """
    gap = find_gap(current_revision(connection), known_revisions())
    if gap and gap.code is Code.DB_SCHEMA_AHEAD:
        raise gap


def migrate(connection: Connection, *, before: Callable[[str], object]) -> bool:
    """Bring the database to the needed revision, in the transaction of `connection`, and tell whether it was behind.

    Args:
        connection: In a transaction that holds the write lock.
        before: Called with the revision of a database that is behind, before the first change; not for a new one.

    Raises:
        ProblemError: `db_schema_ahead` when the database's revision is unknown to this code; `db_schema_behind` when
            the migration does not work: the schema stays behind until that is corrected.

    """
    revision = current_revision(connection)
    gap = find_gap(revision, known_revisions())
    if gap is None:
        return False
    if gap.code is Code.DB_SCHEMA_AHEAD:
        raise gap
    if revision is not None:
        before(revision)
    try:
        _upgrade(connection)
    except Exception as error:
        if code_of(error) or cannot_open(error):
            raise
        raise ProblemError(gap.code, detail=gap.detail, cause=f"{type(error).__name__}: {error}") from error
    log.info("database migrated", cause=gap.cause)
    return True


def _upgrade(connection: Connection) -> None:
    command.upgrade(configuration(connection), "head")
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
        raise RuntimeError(f"the migration leaves broken references: {broken[:3]}")
