"""The schema's revision: which one a database has, which one this code needs, and the way from one to the other."""

from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

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
    if revision == known[0]:
        return
    behind = revision is None or revision in known
    code = Code.DB_SCHEMA_BEHIND if behind else Code.DB_SCHEMA_AHEAD
    raise ProblemError(code, cause=f"the database is at revision {revision}, this code needs {known[0]}")


def current_revision(connection: Connection) -> str | None:
    """Give the revision of a database, `None` where it has never been migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql(READ_REVISION).scalar()


def migrate(connection: Connection) -> None:
    """Bring the database to the needed revision, in the transaction of `connection`.

    Raises:
        ProblemError: `db_schema_ahead` when the database's revision is unknown to this code.

    """
    try:
        judge(current_revision(connection), known_revisions())
    except ProblemError as problem:
        if problem.code is not Code.DB_SCHEMA_BEHIND:
            raise
        command.upgrade(configuration(connection), "head")
        if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
            raise RuntimeError(f"the migration leaves broken references: {broken[:3]}") from None
        log.info("database migrated", cause=problem.cause)
