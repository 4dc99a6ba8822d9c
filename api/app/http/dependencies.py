"""What a route takes from the application.

Plain functions of the request, and no dependencies of FastAPI: resolving one takes it longer than the database takes to
answer.
"""

from typing import cast

from fastapi import Request

from app.database import Database
from app.keeper import Keeper


def database_of(request: Request) -> Database:
    """Give the database."""
    return cast("Database", request.app.state.database)


def keeper_of(request: Request) -> Keeper:
    """Give the keeper of the database."""
    return cast("Keeper", request.app.state.keeper)
