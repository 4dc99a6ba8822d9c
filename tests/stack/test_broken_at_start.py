"""The disk is wrong from the start: the API is up, says why, and begins to work when it is mended, with no restart."""

import pytest

from support.exhaustive import first
from support.problem import assert_unavailable
from support.stack import NewStack, Stack
from support.waiting import eventually

MAKE_DATABASE = """
import sqlite3
database = sqlite3.connect("/data/api.db")
database.execute("CREATE TABLE t (x)")
database.executemany("INSERT INTO t VALUES (?)", [("x" * 100,)] * 1000)
database.commit()
database.close()
"""
GIVE_TO_THE_API = "import os; os.chown('/data/api.db', 10001, 0); "
REMOVE = "import os; os.unlink('/data/api.db')"
REMOVE_DIRECTORY = "import os; os.rmdir('/data/api.db')"

# Broken for longer than any start takes: Docker's verdict need not wait for the end of the usual grace.
IMPATIENT = "services: { api: { healthcheck: { start_period: 1s } } }"

BROKEN = {
    "volume-owned-by-root": (
        "import os; os.chown('/data', 0, 0); os.chmod('/data', 0o755)",
        "import os; os.chown('/data', 10001, 0)",
        "db_permission_denied",
    ),
    "directory-at-the-path": ("import os; os.mkdir('/data/api.db')", REMOVE_DIRECTORY, "db_not_a_file"),
    "garbage": ("open('/data/api.db', 'wb').write(b'garbage ' * 999);" + GIVE_TO_THE_API, REMOVE, "db_not_a_database"),
    "another-application": (MAKE_DATABASE + GIVE_TO_THE_API, REMOVE, "db_foreign"),
    "file-of-root": (
        "import os; open('/data/api.db', 'w').close(); os.chmod('/data/api.db', 0o600)",
        GIVE_TO_THE_API,
        "db_permission_denied",
    ),
}


def begun(new_stack: NewStack) -> Stack:
    """Start an API that makes its database, and wait longer for it than Docker is told to."""

    def is_ready() -> None:
        assert stack.get("/db-check").status_code == 200

    stack = new_stack(overlay=IMPATIENT)
    assert stack.compose("up", "--detach", "api").returncode == 0
    eventually(is_ready, within=20)
    return stack


def assert_the_stack_says(stack: Stack, code: str) -> None:
    """Assert what Docker, the API, its health log and the healthchecker say of a broken disk."""
    started = stack.up()
    assert started.returncode == 1
    assert "unhealthy" in started.stderr
    assert "-api-1" in started.stderr.splitlines()[-1]
    eventually(lambda: assert_unavailable(stack.get("/db-check"), code), within=10)
    assert stack.get("/livez").status_code == 200

    def is_in_the_health_log() -> None:
        assert stack.health_line("api").startswith(f"503 {code}: ")

    eventually(is_in_the_health_log, within=10)

    def told() -> None:
        status = stack.status()
        assert status["state"] == "unhealthy"
        assert (status["last_poll"]["reason"], status["last_poll"]["code"]) == ("http_status", code)

    eventually(told, within=20)
    faults = [line for line in stack.log("api").splitlines() if "database fault" in line]
    assert faults
    assert all(code in line for line in faults)
    assert "Traceback" not in stack.log("api")


@pytest.mark.fault("F1", "F4", "D1")
@pytest.mark.parametrize("scenario", first(BROKEN))
def test_a_broken_volume_is_named_and_used_once_it_is_mended(scenario: str, new_stack: NewStack) -> None:
    damage, mend, code = BROKEN[scenario]
    stack = new_stack(overlay=IMPATIENT)
    assert stack.compose("create").returncode == 0  # the volume gets its owner from the image
    stack.python_on_volume(damage)
    assert_the_stack_says(stack, code)
    started_at = stack.state("api")["StartedAt"]

    stack.python_on_volume(mend)
    eventually(stack.healthy, within=15)
    assert stack.state("api")["StartedAt"] == started_at, "no restart was needed"


@pytest.mark.exhaustive
@pytest.mark.fault("D2")
def test_a_truncated_database_is_named_and_its_backup_used(new_stack: NewStack) -> None:
    stack = begun(new_stack)
    created = stack.post("/tasks", {"name": "kept"}).json()
    assert stack.compose("stop").returncode == 0
    stack.python_on_volume(
        "import os, shutil; shutil.copy2('/data/api.db', '/data/backup');"
        "os.truncate('/data/api.db', os.path.getsize('/data/api.db') // 2)"
    )
    assert_the_stack_says(stack, "db_corrupt")
    stack.python_on_volume("import os; os.chown('/data/backup', 10001, 0); os.replace('/data/backup', '/data/api.db')")
    eventually(stack.healthy, within=15)
    assert stack.get(f"/tasks/{created['id']}").json() == created


@pytest.mark.exhaustive
@pytest.mark.fault("D4")
def test_a_vanished_database_stays_missing_after_a_restart(new_stack: NewStack) -> None:
    stack = begun(new_stack)
    assert stack.compose("down").returncode == 0
    stack.compose("create")
    stack.python_on_volume("import os; os.rename('/data/api.db', '/data/elsewhere')")
    assert_the_stack_says(stack, "db_missing")
    assert stack.python("import os; print(os.path.exists('/data/api.db'))") == "False"
    stack.python_on_volume("import os; os.rename('/data/elsewhere', '/data/api.db')")
    eventually(stack.healthy, within=15)


@pytest.mark.fault("F2")
def test_a_read_only_volume_is_named(new_stack: NewStack) -> None:
    stack = new_stack(
        overlay="services: {api: {volumes: !override ['data:/data:ro'], healthcheck: {start_period: 1s}}}"
    )
    assert_the_stack_says(stack, "db_read_only")
    stack.compose_file_name.pop()
    del stack.compose_command_property
    assert stack.up().returncode == 0
    eventually(stack.healthy, within=15)
