"""The HTTP side of tasks."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response, status

from app.http.dependencies import database_of
from app.http.described import UNAVAILABLE_CODES, Responses, header, problem_responses
from app.http.idempotency import IdempotencyKey, fingerprint_of
from app.problems import Code, ProblemError
from app.tasks import store
from app.tasks.schema import Task, TaskInput, TaskPage

MAX_ID = 2**63 - 1  # SQLite's largest integer

TaskId = Annotated[int, Path(ge=1, le=MAX_ID, description="`id` of the task", examples=[1])]
Limit = Annotated[int, Query(ge=1, le=200, description="How many tasks to list at most", examples=[50])]
Cursor = Annotated[int, Query(ge=0, le=MAX_ID, description="`next_cursor` of the page before", examples=[0])]

NO_TASK = problem_responses(Code.NOT_FOUND)
BAD_BODY = problem_responses(Code.MALFORMED_JSON, Code.BAD_REQUEST, Code.BODY_TOO_LARGE)
BAD_KEY = problem_responses(Code.INVALID_REQUEST, Code.IDEMPOTENCY_KEY_REUSED)
CREATED: Responses = {
    201: {
        "description": "The task as it was stored",
        "headers": {"Location": header("The address of the task", "/tasks/1", pattern="^/tasks/[0-9]+$")},
        "links": {
            operation: {"operationId": operation, "parameters": {"task_id": "$response.body#/id"}}
            for operation in ("get_task", "rename_task", "delete_task")
        },
    }
}

router = APIRouter(
    prefix="/tasks", tags=["tasks"], responses=problem_responses(Code.INVALID_REQUEST, *UNAVAILABLE_CODES)
)


def _found(task: Task | None) -> Task:
    if task is None:
        raise ProblemError(Code.NOT_FOUND, detail="There is no task with this id.")
    return task


@router.post("", status_code=status.HTTP_201_CREATED, responses=CREATED | BAD_BODY | BAD_KEY)
async def create_task(
    task: TaskInput, request: Request, response: Response, idempotency_key: IdempotencyKey = None
) -> Task:
    """Create a task, once for each `Idempotency-Key`, for as long as the task is not deleted."""
    if idempotency_key is None:
        work = partial(store.create, name=task.name)
    else:
        work = partial(store.create_once, name=task.name, key=idempotency_key, fingerprint=fingerprint_of(task))
    created = await database_of(request).write(work)
    response.headers["Location"] = f"/tasks/{created.id}"
    return created


@router.get("", response_description="A page of the list")
async def list_tasks(request: Request, limit: Limit = 50, cursor: Cursor = 0) -> TaskPage:
    """List the tasks, the oldest first."""
    return await database_of(request).read(partial(store.page, after=cursor, limit=limit))


@router.get("/{task_id}", response_description="The task", responses=NO_TASK)
async def get_task(task_id: TaskId, request: Request) -> Task:
    """Read one task."""
    return _found(await database_of(request).read(partial(store.get, task_id=task_id)))


@router.patch("/{task_id}", response_description="The task with its new name", responses=NO_TASK | BAD_BODY)
async def rename_task(task_id: TaskId, task: TaskInput, request: Request) -> Task:
    """Rename a task."""
    return _found(await database_of(request).write(partial(store.rename, task_id=task_id, name=task.name)))


@router.delete(
    "/{task_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    response_description="The task is gone",
    responses=NO_TASK,
)
async def delete_task(task_id: TaskId, request: Request) -> None:
    """Delete a task."""
    if not await database_of(request).write(partial(store.delete, task_id=task_id)):
        raise ProblemError(Code.NOT_FOUND, detail="There is no task with this id.")
