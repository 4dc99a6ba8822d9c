"""The health endpoints: whether the process lives, whether it is ready, and the truth about the database."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from app import __version__
from app.http.dependencies import DatabaseDep, KeeperDep
from app.http.problem import NO_STORE, PROBLEM_RESPONSES
from app.problems import UNAVAILABLE, ProblemError

STARTED = time.monotonic()


class HealthJson(JSONResponse):
    """The format of draft-inadarei-api-health-check."""

    media_type = "application/health+json"


def _ok(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers=NO_STORE)


async def livez() -> Response:
    """Answer as long as the process works; never touches the database."""
    return _ok(b'{"status":"pass"}')


async def readyz(keeper: KeeperDep) -> Response:
    """Tell whether requests can be served."""
    await keeper.check()
    return _ok(b'{"status":"pass"}')


async def db_check(keeper: KeeperDep) -> Response:
    """Tell the truth about the database: its file, a real page, its schema and its write lock."""
    await keeper.check()
    return _ok(b'{"results":[1]}')


async def health(keeper: KeeperDep, database: DatabaseDep) -> HealthJson:
    """Show the details, for people and dashboards."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    body: dict[str, Any] = {"status": "pass", "version": __version__, "description": "FastAPI on one SQLite file"}
    checks: dict[str, Any] = {"uptime": _measured("system", round(time.monotonic() - STARTED), "s", now)}
    try:
        checkup = await keeper.check()
        checks["sqlite:responseTime"] = _measured("datastore", round(checkup.seconds * 1000, 3), "ms", now)
        checks["sqlite:schemaRevision"] = _measured("datastore", checkup.revision, None, now)
        checks["sqlite:walSize"] = _measured("datastore", database.file.log_bytes(), "B", now)
        checks["volume:freeBytes"] = _measured("system", database.file.free_bytes(), "B", now)
    except ProblemError as error:
        row = error.problem
        body |= {"status": "fail", "output": f"{row.title} {row.remedy}", "code": error.code}
    status = 200 if body["status"] == "pass" else UNAVAILABLE
    return HealthJson({**body, "checks": checks}, status_code=status, headers=NO_STORE)


def _measured(component: str, value: float | str, unit: str | None, now: str) -> list[dict[str, Any]]:
    entry = {"componentType": component, "observedValue": value, "status": "pass", "time": now}
    return [entry | ({"observedUnit": unit} if unit else {})]


def _router() -> APIRouter:
    router = APIRouter(tags=["health"], responses={503: PROBLEM_RESPONSES[503]})
    endpoints: dict[str, Callable[..., Awaitable[Response]]] = {
        "/livez": livez,
        "/readyz": readyz,
        "/db-check": db_check,
        "/health": health,
    }
    for path, endpoint in endpoints.items():
        kind = HealthJson if endpoint is health else JSONResponse
        router.add_api_route(path, endpoint, methods=["GET"], response_model=None, response_class=kind)
        router.add_api_route(path, endpoint, methods=["HEAD"], response_model=None, include_in_schema=False)
    return router


router = _router()
