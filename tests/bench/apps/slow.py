"""Both services with one more route, whose query takes seconds; `python3 -m bench.apps.slow ROWS` tells how many."""

import os
import sys
import time

from fastapi import FastAPI, Request
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

QUERY = text(
    "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :rows) "
    "SELECT max(n) FROM numbers"
)


def count(session: Session) -> int:
    """Run the slow query, as a unit of work."""
    return int(session.scalar(QUERY, {"rows": int(os.environ["SLOW_ROWS"])}) or 0)


def main(rows: int) -> None:
    """Print how long the query takes over so many rows."""
    with create_engine("sqlite://").connect() as connection:
        began = time.monotonic()
        connection.execute(QUERY, {"rows": rows})
        print(time.monotonic() - began)


def create_ours() -> FastAPI:
    """Build this project's service with the route."""
    from app.http.dependencies import database_of  # noqa: PLC0415 - the naive service does without
    from app.main import create_app  # noqa: PLC0415 - the same

    app = create_app()

    @app.get("/slow")
    async def slow(request: Request) -> int:
        return await database_of(request).read(count)

    return app


def create_naive() -> FastAPI:
    """Build the naive service with the route."""
    from bench.naive.database import SessionDep  # noqa: PLC0415 - this project does without
    from bench.naive.main import app  # noqa: PLC0415 - the same

    @app.get("/slow")
    async def slow(session: SessionDep) -> int:
        return await session.run_sync(count)

    return app


if __name__ == "__main__":
    main(int(sys.argv[1]))
