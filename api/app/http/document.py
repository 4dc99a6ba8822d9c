"""The OpenAPI document, complete: what FastAPI cannot know of the routes is added in this one place."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from app.http.described import problem_responses
from app.http.problem import ProblemBody, problem_body
from app.problems import PROBLEMS, Code

ABOUT: dict[str, Any] = {
    "title": "FastAPI on one SQLite file",
    "summary": "Tasks, and the truth about the database they are in.",
    "description": """
Every answer that is not a success is a problem of [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457): its `code` is for
programs, its `title` and `remedy` are for people, and its `type` is the address of a page about it.

Beside what each operation says:

- **404** `not_found` for an address that does not exist, and **405** `method_not_allowed` for a method that an address
  does not have, with the right ones in `Allow`;
- **500** `internal_error` where the service made a mistake;
- **400**, **408**, **414** or **431**, and the end of the connection, for what is no HTTP, takes too long to arrive, or
  is more than the server takes: it never comes to any operation.

Health endpoints answer HEAD as they answer GET.
""".strip(),
    "license_info": {"name": "MIT", "identifier": "MIT"},
    "servers": [{"url": "/", "description": "This server"}],
    "openapi_tags": [
        {"name": "tasks", "description": "The example resource."},
        {"name": "health", "description": "Whether the process lives, is ready, and can use its database."},
        {"name": "welcome", "description": "Where to go from here."},
        {"name": "problems", "description": "A page for each problem: what its `type` refers to."},
        {"name": "metrics", "description": "Numbers for Prometheus."},
    ],
}

# What can be met whatever is asked for, and so is said once.
ANYWHERE = (
    Code.NOT_FOUND,
    Code.METHOD_NOT_ALLOWED,
    Code.REQUEST_TIMEOUT,
    Code.URI_TOO_LONG,
    Code.HEADERS_TOO_LARGE,
    Code.INTERNAL_ERROR,
)

# FastAPI says of every operation with a parameter that it answers so, and none does: a route names its own problems.
FOREIGN = ("HTTPValidationError", "ValidationError")


class Documented(FastAPI):
    """An application whose OpenAPI document is complete."""

    def openapi(self) -> dict[str, Any]:
        """Give the document; made when it is first asked for."""
        if self.openapi_schema is None:
            for route in self.routes:
                if isinstance(route, APIRoute):
                    route.operation_id = route.operation_id or route.name  # for the names in generated clients
                    route.summary = route.summary or route.name.replace("_", " ").capitalize()
            _complete(super().openapi())
        return super().openapi()


def _complete(document: dict[str, Any]) -> None:
    for operation in (operation for path in document["paths"].values() for operation in path.values()):
        if FOREIGN[0] in str(operation["responses"].get("422")):
            del operation["responses"]["422"]
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in FOREIGN:
        schemas.pop(name, None)
    schemas[ProblemBody.__name__] = ProblemBody.model_json_schema()
    components["examples"] = {code.value: _example(code) for code in Code}
    components["responses"] = {code.value: problem_responses(code)[PROBLEMS[code].status] for code in ANYWHERE}


def _example(code: Code) -> dict[str, Any]:
    return {"summary": PROBLEMS[code].title, "value": problem_body(code).model_dump(mode="json")}
