"""The OpenAPI document, and ways through it."""

from functools import cache
from typing import Any

from app.main import create_app
from app.settings import Settings

Json = dict[str, Any]

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


@cache
def document() -> Json:
    """Give the document; it needs no database."""
    return create_app(Settings(DB_FILE_PATH="/data/api.db")).openapi()  # type: ignore[call-arg]


def operations() -> dict[str, Json]:
    """Give all operations, by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, operations in document()["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
    }


def resolved(part: Json) -> Json:
    """Follow a reference to what it refers to."""
    while "$ref" in part:
        found = document()
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def examples(content: Json) -> list[Any]:
    """Give the examples of a body: its own, or those of its schema."""
    if "examples" in content:
        return [resolved(example)["value"] for example in content["examples"].values()]
    return [content["example"]] if "example" in content else list(resolved(content["schema"])["examples"])
