"""What can be done with tasks: units of work, each a plain function of one session that returns plain data.

The statements are built once, here: building one anew for every call takes longer than SQLite takes to answer it.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.problems import Code, ProblemError
from app.tasks.model import tasks
from app.tasks.schema import Task, TaskPage

SHOWN = (tasks.c.id, tasks.c.name, tasks.c.created_at)
HAS_ID = tasks.c.id == sa.bindparam("task_id")

CREATE = sa.insert(tasks).returning(*SHOWN)
MADE_BY = sa.select(*SHOWN, tasks.c.request_fingerprint).where(tasks.c.idempotency_key == sa.bindparam("key"))
GET = sa.select(*SHOWN).where(HAS_ID)
PAGE = sa.select(*SHOWN).where(tasks.c.id > sa.bindparam("after")).order_by(tasks.c.id).limit(sa.bindparam("most"))
RENAME = sa.update(tasks).where(HAS_ID).values(name=sa.bindparam("new_name")).returning(*SHOWN)
DELETE = sa.delete(tasks).where(HAS_ID).returning(tasks.c.id)


def create(session: Session, name: str) -> Task:
    """Add a task."""
    return Task.model_validate(session.execute(CREATE, {"name": name}).one())


def create_once(session: Session, name: str, *, key: str, fingerprint: str) -> Task:
    """Add a task, or give the one that the same request has added before; a task that is deleted frees its key.

    Args:
        session: The unit's, which holds the write lock: the same request at the same time waits for it.
        name: The task's.
        key: The request's idempotency key.
        fingerprint: What tells the request from others.

    Raises:
        ProblemError: `idempotency_key_reused` when another request had the key.

    """
    made = session.execute(MADE_BY, {"key": key}).one_or_none()
    if made is None:
        row = {"name": name, "idempotency_key": key, "request_fingerprint": fingerprint}
        return Task.model_validate(session.execute(CREATE, row).one())
    if made.request_fingerprint != fingerprint:
        raise ProblemError(Code.IDEMPOTENCY_KEY_REUSED)
    return Task.model_validate(made)


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
