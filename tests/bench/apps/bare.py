"""`python3 -m bench.apps.bare SECONDS`: SQLite with nothing around it, the statements of the workloads from a loop."""

import json
import os
import random
import sqlite3
import sys
import time
from collections.abc import Callable

ROWS = 1000
CREATE = "INSERT INTO tasks (name, created_at) VALUES ('bench', '2026-01-01 00:00:00.000000') RETURNING *"


def main(seconds: float) -> None:
    """Print for each workload how many a second SQLite does on the database that the environment names."""
    connection = sqlite3.connect(os.environ["DB_FILE_PATH"], isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")

    def ask(statement: str, *values: int) -> None:
        connection.execute(statement, values).fetchall()

    def create(rows: int) -> None:
        ask("BEGIN IMMEDIATE")
        for _ in range(rows):
            ask(CREATE)
        ask("COMMIT")

    def check() -> None:
        ask("SELECT 1")
        ask("SELECT * FROM sqlite_schema LIMIT 1")

    rates = {
        "db-check": rate(check, seconds),
        "read": rate(lambda: ask("SELECT * FROM tasks WHERE id = ?", random.randint(1, ROWS)), seconds),  # noqa: S311
        "list": rate(lambda: ask("SELECT * FROM tasks ORDER BY id LIMIT 50"), seconds),
        "create": rate(lambda: create(1), seconds),
        "create, 64 a commit": 64 * rate(lambda: create(64), seconds),
    }
    print(json.dumps(rates))
    connection.close()


def rate(work: Callable[[], None], seconds: float) -> float:
    """Give how many times a second `work` can be done."""
    began = time.monotonic()
    done = 0
    while (elapsed := time.monotonic() - began) < seconds:
        work()
        done += 1
    return done / elapsed


if __name__ == "__main__":
    main(float(sys.argv[1]))
