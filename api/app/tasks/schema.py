"""How a task looks to a caller."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from app.tasks.model import MAX_NAME_LENGTH

CONTROL = r"\x00-\x1f\x7f-\x9f"
CONTROL_CHARACTER = re.compile(f"[{CONTROL}]")


def _printable(name: str) -> str:
    if CONTROL_CHARACTER.search(name):
        raise ValueError("must not contain control characters")
    return name


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME_LENGTH),
    AfterValidator(_printable),
    Field(json_schema_extra={"pattern": rf"^[^{CONTROL}]*[^\s{CONTROL}][^{CONTROL}]*$"}),
]


class TaskInput(BaseModel):
    """What a caller says of a task."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Water the plants"}]})

    name: Name


EXAMPLE: JsonDict = {"id": 1, "name": "Water the plants", "created_at": "2026-01-31T08:30:00.123456Z"}


class Task(BaseModel):
    """A task."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [EXAMPLE]})

    id: int
    name: str
    created_at: datetime


class TaskPage(BaseModel):
    """A part of the list of tasks; `next_cursor` asks for the part after it, and is null at the end."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EXAMPLE], "next_cursor": None}]})

    items: list[Task]
    next_cursor: str | None
