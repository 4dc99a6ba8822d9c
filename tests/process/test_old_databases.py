"""The database of every released revision must be brought up to date with all its rows."""

import shutil
from pathlib import Path

import pytest

from support.http import ask
from support.server import API, running_server

OLD = Path(__file__).parent / "data"
REVISIONS = sorted(path.stem[:4] for path in (API / "migrations" / "versions").glob("[0-9]*.py"))


@pytest.mark.fault("L3", "D11")
@pytest.mark.parametrize("old", sorted(OLD.glob("*.db")), ids=lambda path: path.stem)
def test_the_database_of_an_old_release_keeps_its_rows(old: Path, tmp_path: Path) -> None:
    data = tmp_path / "api.db"
    shutil.copy(old, data)
    with running_server(data) as server:
        tasks = ask("GET", f"{server.url}/tasks").json()["items"]
        assert [(task["id"], task["name"], task["created_at"][:19]) for task in tasks] == [
            (1, "first", "2026-01-01T01:01:01"),
            (3, "naïve ☕", "2026-03-03T03:03:03"),
        ]
        assert ask("POST", f"{server.url}/tasks", json={"name": "new"}).json()["id"] == 4, "3 was the last id"


def test_there_is_a_database_of_the_first_release() -> None:
    assert (OLD / f"{REVISIONS[0]}.db").exists()
