"""`python3 -m bench.apps.stuff BYTES`: fill a stopped service's database until its file has about so many bytes."""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

BATCH = 100_000
# 200 digits of chance: neither all the same nor beyond all compression, as what people write.
ROWS = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
INSERT INTO tasks (name, created_at) SELECT hex(randomblob(100)), ? FROM numbers
"""


def main(wanted: int) -> None:
    """Fill the database that the environment names."""
    path = Path(os.environ["DB_FILE_PATH"])
    with closing(sqlite3.connect(path)) as connection:
        (moment,) = connection.execute("SELECT created_at FROM tasks LIMIT 1").fetchone()
        connection.execute("PRAGMA synchronous = OFF")
        while (left := wanted - path.stat().st_size) > 0:
            with connection:
                connection.execute(ROWS, (min(BATCH, left // 250 + 1), moment))
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


if __name__ == "__main__":
    main(int(sys.argv[1]))
