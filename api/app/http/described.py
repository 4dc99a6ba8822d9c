"""Answers as the OpenAPI document describes them."""

from typing import Any

from app.http.problem import MEDIA_TYPE
from app.problems import PROBLEMS, UNAVAILABLE, Code

Responses = dict[int | str, dict[str, Any]]


def header(description: str, example: str, **schema: Any) -> dict[str, Any]:
    """Describe a header that the answer always has."""
    return {"description": description, "required": True, "schema": {"type": "string", **schema}, "example": example}


FRESH = {"Cache-Control": header("The answer is about this moment only", "no-store", const="no-store")}
RETRY = {"Retry-After": header("Seconds after which to look again", "1", pattern="^[0-9]+$")}
ALLOW = {"Allow": header("The methods of this address", "GET, HEAD")}

# What the database may be in the way of, for every operation that needs it.
UNAVAILABLE_CODES = tuple(code for code, problem in PROBLEMS.items() if problem.status == UNAVAILABLE)


def problem_responses(*codes: Code) -> Responses:
    """Describe the answers of an operation that meets the problems `codes`: one for each status."""
    statuses = sorted({PROBLEMS[code].status for code in codes})
    return {status: _described([code for code in codes if PROBLEMS[code].status == status]) for status in statuses}


def _described(codes: list[Code]) -> dict[str, Any]:
    is_timed = all(PROBLEMS[code].retry_after is not None for code in codes)
    return {
        "description": _sentence(codes),
        "headers": {**FRESH, **(RETRY if is_timed else {}), **(ALLOW if Code.METHOD_NOT_ALLOWED in codes else {})},
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/ProblemBody"},
                "examples": {code.value: {"$ref": f"#/components/examples/{code}"} for code in codes},
            }
        },
    }


def _sentence(codes: list[Code]) -> str:
    if set(codes) == set(UNAVAILABLE_CODES):
        return "The database cannot answer now; the code tells why."
    return " Or: ".join(PROBLEMS[code].title for code in codes)
