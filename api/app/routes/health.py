"""The health endpoints: whether the process lives, whether it is ready, and the truth about the database."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from app import __version__, keeper, library
from app.http.dependencies import keeper_of
from app.http.described import Responses
from app.http.probes import PASS, RESULTS
from app.http.problem import NO_STORE
from app.problems import UNAVAILABLE, ProblemError
from app.routes import report
from app.verdict import Verdict

STARTED = time.monotonic()


class HealthJson(JSONResponse):
    """The format of draft-inadarei-api-health-check."""

    media_type = "application/health+json"


async def livez() -> Response:
    """Answer as long as the process works; never touches the database."""
    return PASS


async def readyz(request: Request) -> Response:
    """Tell whether requests can be served."""
    await keeper_of(request).check()
    return PASS


async def db_check(request: Request) -> Response:
    """Tell the truth about the database: its file, a real page, its schema and its write lock."""
    await keeper_of(request).check()
    return RESULTS


async def health(request: Request) -> HealthJson:
    """Show the details, for people and dashboards."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    checks = {"uptime": _measured("system", now, round(time.monotonic() - STARTED), "s")}
    if last := keeper_of(request).integrity:
        checks["sqlite:integrity"] = _found_by(last)
    body: dict[str, Any] = {"status": "pass", "version": __version__, "description": "FastAPI on one SQLite file"}
    try:
        found = await keeper_of(request).check()
        file = request.app.state.database.file
        log_is_stuck = keeper_of(request).log_is_stuck
        checks["sqlite:responseTime"] = _measured("datastore", now, round(found.seconds * 1000, 3), "ms")
        checks["sqlite:schemaRevision"] = _measured("datastore", now, found.revision)
        checks["sqlite:version"] = _measured("datastore", now, library.VERSION, warns=not library.has_safe_log())
        checks["sqlite:size"] = _measured("datastore", now, file.size(), "B")
        checks["sqlite:walSize"] = _measured("datastore", now, file.log_bytes(), "B", warns=log_is_stuck)
        checks["volume:freeBytes"] = _measured("system", now, file.free_bytes(), "B")
        notes = [keeper.LOG_REMEDY] * log_is_stuck + [library.REMEDY] * (not library.has_safe_log())
        body |= {"status": "warn", "notes": notes} if notes else {}
    except ProblemError as error:
        row = error.problem
        body |= {"status": "fail", "output": f"{row.title} {row.remedy}", "code": error.code}
    status = UNAVAILABLE if body["status"] == "fail" else 200
    return HealthJson({**body, "checks": checks}, status_code=status, headers=NO_STORE)


def _measured(
    component: str, now: str, value: float | str, unit: str | None = None, *, warns: bool = False
) -> list[dict[str, Any]]:
    status = "warn" if warns else "pass"
    entry = {"componentType": component, "observedValue": value, "status": status, "time": now}
    return [entry | ({"observedUnit": unit} if unit else {})]


def _found_by(check: Verdict) -> list[dict[str, Any]]:
    (entry,) = _measured("datastore", check.time, "ok")
    return [entry if check.damage is None else entry | {"observedValue": "damaged", "status": "fail"}]


ENDPOINTS: dict[str, tuple[Callable[..., Awaitable[Response]], str, Responses]] = {
    "/db-check": (db_check, "Check the database", report.CHECKED),
    "/readyz": (readyz, "Check readiness", report.READY),
    "/livez": (livez, "Check liveness", report.ALIVE),
    "/health": (health, "Show the details", report.REPORTED),
}

router = APIRouter(tags=["health"])
heads = APIRouter()
for path, (endpoint, summary, responses) in ENDPOINTS.items():
    kind = HealthJson if endpoint is health else JSONResponse
    router.add_api_route(
        path,
        endpoint,
        methods=["GET"],
        summary=summary,
        response_model=None,
        response_class=kind,
        responses=responses,
    )
    heads.add_api_route(path, endpoint, methods=["HEAD"], response_model=None, include_in_schema=False)
