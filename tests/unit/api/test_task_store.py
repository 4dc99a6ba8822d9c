"""The store functions of the example resource: plain functions of one session, tested without a server or asyncio."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.problems import ProblemError
from app.tasks import store
from support.database import new_session


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with new_session(tmp_path) as session:
        yield session


def test_a_created_task_can_be_got(session: Session) -> None:
    created = store.create(session, "water the plants")
    assert store.get(session, created.id) == created


def test_a_task_is_created_now(session: Session) -> None:
    created_at = store.create(session, "x").created_at
    age = datetime.now(UTC) - created_at
    assert timedelta() <= age < timedelta(seconds=10)


def test_a_task_that_is_not_there_is_none(session: Session) -> None:
    assert store.get(session, 1) is None
    assert store.rename(session, 1, "x") is None
    assert not store.delete(session, 1)


def test_a_page_starts_after_its_cursor_and_names_the_next(session: Session) -> None:
    tasks = [store.create(session, f"{number}") for number in range(5)]
    page = store.page(session, after=tasks[0].id, limit=2)
    assert page.items == tasks[1:3]
    assert page.next_cursor == str(tasks[2].id)


def test_the_last_page_names_no_next(session: Session) -> None:
    tasks = [store.create(session, f"{number}") for number in range(2)]
    page = store.page(session, after=0, limit=2)
    assert (page.items, page.next_cursor) == (tasks, None)


def test_renaming_changes_the_name_alone(session: Session) -> None:
    task = store.create(session, "old")
    renamed = store.rename(session, task.id, "new")
    assert renamed == task.model_copy(update={"name": "new"})
    assert store.get(session, task.id) == renamed


def test_deleting_removes_one_task_and_leaves_the_others(session: Session) -> None:
    first, second = store.create(session, "first"), store.create(session, "second")
    assert store.delete(session, first.id)
    assert store.page(session, after=0, limit=10).items == [second]


def test_the_same_key_and_request_again_give_the_same_task_and_make_no_other(session: Session) -> None:
    first = store.create_once(session, "x", key="k", fingerprint="f")
    assert store.create_once(session, "x", key="k", fingerprint="f") == first
    assert store.page(session, after=0, limit=10).items == [first]


def test_the_same_key_for_another_request_is_refused(session: Session) -> None:
    store.create_once(session, "x", key="k", fingerprint="f")
    with pytest.raises(ProblemError, match="idempotency_key_reused"):
        store.create_once(session, "y", key="k", fingerprint="g")


def test_a_deleted_task_frees_its_key(session: Session) -> None:
    first = store.create_once(session, "x", key="k", fingerprint="f")
    store.delete(session, first.id)
    assert store.create_once(session, "x", key="k", fingerprint="f").id > first.id


def test_a_key_is_found_by_its_index(session: Session) -> None:
    plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {store.MADE_BY.compile()}", ("k",)).all()
    assert "ix_tasks_idempotency_key" in str(plan)
