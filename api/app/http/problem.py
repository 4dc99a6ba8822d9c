"""How a problem looks to a caller: `application/problem+json`, RFC 9457."""

from typing import Annotated

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from app.problems import PROBLEMS, Code

MEDIA_TYPE = "application/problem+json"
NO_STORE = {"Cache-Control": "no-store"}


class ProblemBody(BaseModel):
    """The body of every answer that is not a success.

    `type` is the address of a page about the problem; `code` is its stable name; `retryable` tells whether the same
    request can succeed later although nobody mends anything.
    """

    type: str
    title: str
    status: int
    detail: str
    code: Annotated[str, Field(json_schema_extra={"enum": list(Code)})]
    remedy: str
    retryable: bool


def problem_body(code: Code, detail: str | None = None) -> ProblemBody:
    """Make the body from the table."""
    problem = PROBLEMS[code]
    return ProblemBody(
        type=f"/problems/{code}",
        title=problem.title,
        status=problem.status,
        detail=detail or problem.title,
        code=code,
        remedy=problem.remedy,
        retryable=problem.passing,
    )


def problem_response(code: Code, detail: str | None = None, headers: dict[str, str] | None = None) -> JSONResponse:
    """Answer with a problem of the table."""
    problem = PROBLEMS[code]
    retry = {"Retry-After": str(problem.retry_after)} if problem.retry_after is not None else {}
    return JSONResponse(
        problem_body(code, detail).model_dump(mode="json"),
        status_code=problem.status,
        headers={**NO_STORE, **retry, **(headers or {})},
        media_type=MEDIA_TYPE,
    )
