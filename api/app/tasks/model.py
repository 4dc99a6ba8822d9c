"""How a task is stored."""

from datetime import UTC, datetime

from sqlalchemy import Column, Index, Integer, String, Table

from app.base import UtcDateTime, metadata
from app.http.idempotency import MAX_KEY_LENGTH

MAX_NAME_LENGTH = 200

tasks = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(MAX_NAME_LENGTH), nullable=False),
    Column("created_at", UtcDateTime, nullable=False, default=lambda: datetime.now(UTC)),
    Column("idempotency_key", String(MAX_KEY_LENGTH)),
    Column("request_fingerprint", String(64)),
    sqlite_autoincrement=True,  # an id is never used twice
)

Index(
    "ix_tasks_idempotency_key",
    tasks.c.idempotency_key,
    unique=True,
    sqlite_where=tasks.c.idempotency_key.is_not(None),  # a task without a key costs the index nothing
)
