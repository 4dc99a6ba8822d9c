"""The routes."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select, text

from bench.naive.database import SessionDep
from bench.naive.models import Task


class TaskIn(BaseModel):
    """What a caller says of a task."""

    name: str


class TaskOut(BaseModel):
    """How a task looks to a caller."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    created_at: datetime


app = FastAPI()


@app.get("/db-check")
async def db_check(session: SessionDep) -> dict[str, list[int]]:
    """Check the database, as the course believes."""
    await session.execute(text("SELECT 1"))
    return {"results": [1]}


@app.post("/tasks", status_code=201, response_model=TaskOut)
async def create_task(task: TaskIn, session: SessionDep) -> Task:
    """Create a task."""
    created = Task(name=task.name)
    session.add(created)
    await session.commit()
    await session.refresh(created)
    return created


@app.get("/tasks", response_model=list[TaskOut])
async def list_tasks(session: SessionDep, limit: int = 50) -> Sequence[Task]:
    """List the tasks, the oldest first."""
    return (await session.scalars(select(Task).order_by(Task.id).limit(limit))).all()


@app.get("/tasks/{task_id}", response_model=TaskOut)
async def get_task(task_id: int, session: SessionDep) -> Task:
    """Read one task."""
    task = await session.get(Task, task_id)
    if task is None:
        raise HTTPException(status_code=404)
    return task
