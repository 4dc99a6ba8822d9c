"""Keep with a task the idempotency key of the request that made it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("tasks", sa.Column("idempotency_key", sa.String(length=255)))
    op.add_column("tasks", sa.Column("request_fingerprint", sa.String(length=64)))
    op.create_index(
        "ix_tasks_idempotency_key",
        "tasks",
        ["idempotency_key"],
        unique=True,
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_tasks_idempotency_key", "tasks")
    op.drop_column("tasks", "request_fingerprint")  # not as a batch, which would lose AUTOINCREMENT
    op.drop_column("tasks", "idempotency_key")
