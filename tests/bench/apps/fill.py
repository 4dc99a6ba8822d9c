"""`python3 -m bench.apps.fill ROWS`: fill a stopped service's table up to so many rows; a new file gets one."""

import os
import sqlite3
import sys

from sqlalchemy import create_engine

from bench.naive.models import Base

# The table is not read in the statement that fills it, because SQLite would put all the rows aside first, in /tmp. The
# moments are copies of one that the service wrote, in whatever form it keeps them.
LAST = "SELECT max(id), created_at FROM tasks"
ROWS = """
WITH RECURSIVE numbers(n) AS (SELECT ? + 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
INSERT INTO tasks (name, created_at) SELECT 'task ' || n, ? FROM numbers
"""
FIRST = "INSERT INTO tasks (name, created_at) VALUES ('task 1', '2026-01-01 00:00:00.000000')"


def main(rows: int) -> None:
    """Fill the database that the environment names."""
    path = os.environ["DB_FILE_PATH"]
    if not os.path.exists(path):  # noqa: PTH110 - one call
        Base.metadata.create_all(create_engine(f"sqlite:///{path}"))
    connection = sqlite3.connect(path)
    with connection:
        if connection.execute("SELECT count(*) FROM tasks").fetchone() == (0,):
            connection.execute(FIRST)
        last, moment = connection.execute(LAST).fetchone()
        connection.execute(ROWS, (last, rows, moment))
    connection.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
