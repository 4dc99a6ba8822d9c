"""Alembic's environment: runs the migrations on the connection that the caller gives.

On the command line of a developer, where nobody gives one, it opens the file that DB_FILE_PATH names.
"""

import os

from alembic import context
from sqlalchemy import URL, Connection, create_engine

from app.base import Base
from app.tasks import model as tasks  # noqa: F401 - registers its tables; add your own resources' models here


def run(connection: Connection) -> None:
    """Run the migrations in one transaction, so that a failure leaves the database as it was."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transactional_ddl=True,
        render_as_batch=True,  # SQLite alters most things by copying the table
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if given := context.config.attributes.get("connection"):
    run(given)
else:
    with create_engine(URL.create("sqlite", database=os.environ["DB_FILE_PATH"])).begin() as opened:
        run(opened)
