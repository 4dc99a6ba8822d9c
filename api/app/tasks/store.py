"""What can be done with tasks: units of work, each a plain function of one session that returns plain data.

The statements are built once, here: building one anew for every call takes longer than SQLite takes to answer it.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.tasks.model import tasks
from app.tasks.schema import Task, TaskPage

HAS_ID = tasks.c.id == sa.bindparam("task_id")

CREATE = sa.insert(tasks).returning(tasks)
GET = sa.select(tasks).where(HAS_ID)
PAGE = sa.select(tasks).where(tasks.c.id > sa.bindparam("after")).order_by(tasks.c.id).limit(sa.bindparam("most"))
RENAME = sa.update(tasks).where(HAS_ID).values(name=sa.bindparam("new_name")).returning(tasks)
DELETE = sa.delete(tasks).where(HAS_ID).returning(tasks.c.id)


def create(session: Session, name: str) -> Task:
    """Add a task."""
    return Task.model_validate(session.execute(CREATE, {"name": name}).one())


def get(session: Session, task_id: int) -> Task | None:
    """Give a task, `None` if there is none with that id."""
    row = session.execute(GET, {"task_id": task_id}).one_or_none()
    return None if row is None else Task.model_validate(row)


def page(session: Session, *, after: int, limit: int) -> TaskPage:
    """Give at most `limit` tasks with ids above `after`, the oldest first."""
    rows = session.execute(PAGE, {"after": after, "most": limit + 1}).all()
    items = [Task.model_validate(row) for row in rows[:limit]]
    return TaskPage(items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)


def rename(session: Session, task_id: int, name: str) -> Task | None:
    """Change the name of a task and give it, `None` if there is none with that id."""
    row = session.execute(RENAME, {"task_id": task_id, "new_name": name}).one_or_none()
    return None if row is None else Task.model_validate(row)


def delete(session: Session, task_id: int) -> bool:
    """Remove a task, and tell whether there was one."""
    return session.execute(DELETE, {"task_id": task_id}).one_or_none() is not None
