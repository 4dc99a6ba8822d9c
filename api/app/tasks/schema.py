"""How a task looks to a caller."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

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

    model_config = ConfigDict(extra="forbid")

    name: Name


class Task(BaseModel):
    """A task."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    created_at: datetime


class TaskPage(BaseModel):
    """A part of the list of tasks; `next_cursor` asks for the part after it, and is null at the end."""

    items: list[Task]
    next_cursor: str | None
