"""How a task is stored."""

from datetime import UTC, datetime

from sqlalchemy import Column, Integer, String, Table

from app.base import UtcDateTime, metadata

MAX_NAME_LENGTH = 200

tasks = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(MAX_NAME_LENGTH), nullable=False),
    Column("created_at", UtcDateTime, nullable=False, default=lambda: datetime.now(UTC)),
    sqlite_autoincrement=True,  # an id is never used twice
)
