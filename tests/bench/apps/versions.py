"""`python3 -m bench.apps.versions`: what the services are made of."""

import json
import platform
import sqlite3
from importlib.metadata import version

PACKAGES = ("fastapi", "starlette", "pydantic", "sqlalchemy", "aiosqlite", "uvicorn", "uvloop", "gunicorn")


def main() -> None:
    """Print the versions."""
    versions = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
    print(json.dumps(versions | {package: version(package) for package in PACKAGES}))


if __name__ == "__main__":
    main()
