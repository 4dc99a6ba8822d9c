"""The service with the migrations that a test has put beside its database."""

import shutil
from pathlib import Path

from fastapi import FastAPI

from app import schema
from app.main import create_app
from app.settings import get_settings

APP = "support.migrating:create_migrating_app()"
HEAD = 'import sqlalchemy as sa\nfrom alembic import op\nrevision = "{}"\ndown_revision = "{}"\n\ndef upgrade():\n'
SHIPPED, NEWEST = schema.MIGRATIONS, schema.known_revisions()[0]


def create_migrating_app() -> FastAPI:
    """Build the service."""
    schema.MIGRATIONS = get_settings().db_file_path.parent / "migrations"
    return create_app()


def add_migration(folder: Path, revision: str, upgrade: str) -> Path:
    """Put the service's own migrations into `folder`, and one that follows on them, with this code in its body."""
    migrations = folder / "migrations"
    if not migrations.exists():
        shutil.copytree(SHIPPED, migrations, ignore=shutil.ignore_patterns("__pycache__"))
    (migrations / "versions" / f"{revision}.py").write_text(HEAD.format(revision, NEWEST) + upgrade)
    return migrations
