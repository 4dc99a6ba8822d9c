"""How the answers of the health endpoints look to a caller."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.http.described import FRESH, UNAVAILABLE_CODES, Responses, problem_responses


class Pass(BaseModel):
    """All is well."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"status": "pass"}]})

    status: Literal["pass"]


class Results(BaseModel):
    """What the database has answered."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"results": [1]}]})

    results: Annotated[list[Literal[1]], Field(min_length=1, max_length=1)]


class Measured(BaseModel):
    """One thing that was looked at."""

    componentType: str  # noqa: N815 - the format's own name, as are the next
    observedValue: float | str  # noqa: N815
    observedUnit: str | None = None  # noqa: N815
    status: Literal["pass", "warn", "fail"]
    time: datetime


class Report(BaseModel):
    """The details, in the format of draft-inadarei-api-health-check."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "pass",
                    "version": "0.1.0",
                    "description": "FastAPI on one SQLite file",
                    "checks": {
                        "sqlite:size": [
                            {
                                "componentType": "datastore",
                                "observedValue": 16384,
                                "observedUnit": "B",
                                "status": "pass",
                                "time": "2026-01-31T08:30:00+00:00",
                            }
                        ]
                    },
                }
            ]
        }
    )

    status: Literal["pass", "warn", "fail"]
    version: str
    description: str
    notes: list[str] | None = None
    output: str | None = None
    code: str | None = None
    checks: dict[str, list[Measured]]


UNAVAILABLE = problem_responses(*UNAVAILABLE_CODES)

ALIVE: Responses = {200: {"model": Pass, "description": "The process works", "headers": FRESH}}
READY: Responses = {200: {"model": Pass, "description": "Requests can be served", "headers": FRESH}, **UNAVAILABLE}
CHECKED: Responses = {200: {"model": Results, "description": "The database works", "headers": FRESH}, **UNAVAILABLE}
REPORTED: Responses = {
    200: {"model": Report, "description": "All is well, or a note says what is not quite", "headers": FRESH},
    503: {"model": Report, "description": "The database cannot answer now; `code` tells why", "headers": FRESH},
}
