"""What can be done with tasks: units of work, each a plain function of one session that returns plain data."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.tasks.model import TaskRow
from app.tasks.schema import Task, TaskPage


def create(session: Session, name: str) -> Task:
    """Add a task."""
    row = TaskRow(name=name)
    session.add(row)
    session.flush()
    return Task.model_validate(row)


def get(session: Session, task_id: int) -> Task | None:
    """Give a task, `None` if there is none with that id."""
    row = session.get(TaskRow, task_id)
    return None if row is None else Task.model_validate(row)


def page(session: Session, *, after: int, limit: int) -> TaskPage:
    """Give at most `limit` tasks with ids above `after`, the oldest first."""
    query = select(TaskRow).where(TaskRow.id > after).order_by(TaskRow.id).limit(limit + 1)
    rows = list(session.scalars(query))
    items = [Task.model_validate(row) for row in rows[:limit]]
    return TaskPage(items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)


def rename(session: Session, task_id: int, name: str) -> Task | None:
    """Change the name of a task and give it, `None` if there is none with that id."""
    row = session.get(TaskRow, task_id)
    if row is None:
        return None
    row.name = name
    return Task.model_validate(row)


def delete(session: Session, task_id: int) -> bool:
    """Remove a task, and tell whether there was one."""
    row = session.get(TaskRow, task_id)
    if row is None:
        return False
    session.delete(row)
    return True
