"""What a route may ask for."""

from typing import Annotated, cast

from fastapi import Depends, Request

from app.database import Database
from app.keeper import Keeper


# A coroutine, because FastAPI runs plain functions on a thread.
async def _database(request: Request) -> Database:
    return cast("Database", request.app.state.database)


def keeper_of(request: Request) -> Keeper:
    """Give the keeper, without what a dependency costs a probe."""
    return cast("Keeper", request.app.state.keeper)


DatabaseDep = Annotated[Database, Depends(_database)]
