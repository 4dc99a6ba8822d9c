"""Alembic's environment: runs the migrations on the connection that the service gives.

`make migration` has a scratch database instead. No command migrates a database in use past the service and its checks.
"""

from alembic import context
from alembic.util import CommandError
from sqlalchemy import URL, Connection, create_engine

from app.base import metadata
from app.tasks import model as tasks  # noqa: F401 - registers its tables; add your own resources' models here


def run(connection: Connection) -> None:
    """Run the migrations in one transaction, so that a failure leaves the database as it was."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transactional_ddl=True,
        render_as_batch=True,  # SQLite alters most things by copying the table
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


scratch = context.get_x_argument(as_dictionary=True).get("scratch")
if given := context.config.attributes.get("connection"):
    run(given)
elif scratch:
    with create_engine(URL.create("sqlite", database=scratch)).begin() as opened:
        run(opened)
else:
    raise CommandError("The service itself migrates its database when it starts; `make migration` writes a migration.")
