"""What a route may ask for."""

from typing import Annotated, cast

from fastapi import Depends, Request

from app.database import Database
from app.keeper import Keeper


def _database(request: Request) -> Database:
    return cast("Database", request.app.state.database)


def _keeper(request: Request) -> Keeper:
    return cast("Keeper", request.app.state.keeper)


DatabaseDep = Annotated[Database, Depends(_database)]
KeeperDep = Annotated[Keeper, Depends(_keeper)]
