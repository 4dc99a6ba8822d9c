"""The one place where exceptions become answers."""

import time

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope

from app.http.problem import problem_response
from app.problems import Code, ProblemError

log = structlog.stdlib.get_logger(__name__)

LOGGED_AGAIN_SECONDS = 60.0
MAX_FAULTS = 5
MAX_NAME_LENGTH = 50  # a name that the caller made up may be anything, and of any length

CODES_BY_STATUS = {404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED, 413: Code.BODY_TOO_LARGE}


def add_error_handlers(app: FastAPI) -> None:
    """Make every error of `app` a problem of the table."""
    app.add_exception_handler(ProblemError, OnProblem())
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_mistake)


class OnProblem:
    """Answers with the problem, and logs its cause, which the answer leaves out; once a minute is often enough."""

    def __init__(self) -> None:
        self._logged_at: dict[Code, float] = {}

    async def __call__(self, _request: Request, error: Exception) -> JSONResponse:
        """Answer."""
        assert isinstance(error, ProblemError)  # noqa: S101 - narrows the type that Starlette declares
        now = time.monotonic()
        if error.cause and now - self._logged_at.get(error.code, float("-inf")) > LOGGED_AGAIN_SECONDS:
            self._logged_at[error.code] = now
            log.warning("request failed", code=error.code, cause=error.cause)
        return problem_response(error.code, error.detail)


async def _on_invalid_request(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return problem_response(Code.MALFORMED_JSON)
    # The value itself is left out: it is the caller's, and may be anything.
    places = [".".join(str(part)[:MAX_NAME_LENGTH] for part in fault["loc"]) for fault in faults[:MAX_FAULTS]]
    sentences = [f"{place}: {fault['msg']}" for place, fault in zip(places, faults, strict=False)]
    return problem_response(Code.INVALID_REQUEST, "; ".join(sentences))


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    code = CODES_BY_STATUS.get(error.status_code, Code.BAD_REQUEST)
    headers = dict(error.headers or {})
    if code is Code.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods(request.app, request.scope))
    return problem_response(code, headers=headers)


async def _on_mistake(_request: Request, _error: Exception) -> JSONResponse:
    return problem_response(Code.INTERNAL_ERROR)  # Starlette raises the exception again, and the server logs it


def _methods(app: FastAPI, scope: Scope) -> list[str]:
    """Ask every route: Starlette's own header knows the methods of one route only, where several share the address."""
    return [
        method
        for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in app.routes)
    ]
