"""The variable is wrong: one line, exit 78, before anything starts."""

import json

import pytest
from testcontainers.core.container import DockerContainer

from support.exhaustive import first
from support.images import API_IMAGE
from support.stack import NewStack, labels
from support.waiting import eventually

REMEDY = "Set it to an absolute path on a mounted volume, for example DB_FILE_PATH=/data/api.db"
VANISHES = "which is inside the container's own filesystem and not on a volume, so the data would vanish with it"

WRONG = {
    "no-volume-mounted": ("/data/api.db", f"DB_FILE_PATH is '/data/api.db', {VANISHES}."),
    "missing": (None, "DB_FILE_PATH is not set."),
    "empty": ("", "DB_FILE_PATH is empty."),
    "relative": ("api.db", "DB_FILE_PATH is 'api.db', which is a relative path."),
    "url": ("sqlite:////data/api.db", "DB_FILE_PATH is 'sqlite:////data/api.db', which is a URL and not a path."),
    "inside-the-container": ("/srv/api.db", f"DB_FILE_PATH is '/srv/api.db', {VANISHES}."),
}


@pytest.mark.fault("C2", "C3", "C4", "F12")
@pytest.mark.parametrize(("value", "fault"), first(WRONG.values()), ids=WRONG)
def test_the_image_alone_refuses_a_wrong_variable_in_one_line(value: str | None, fault: str) -> None:
    container = DockerContainer(API_IMAGE, labels=labels())
    if value is not None:
        container.with_env("DB_FILE_PATH", value)
    with container:
        assert container.wait() == 78
        output, errors = container.get_logs()
    assert output == b""
    assert errors.decode() == f"configuration error: {fault} {REMEDY}\n"


@pytest.mark.fault("C1", "P10")
@pytest.mark.parametrize("scenario", first(["empty", "missing", "relative", "url", "inside-the-container"]))
def test_the_stack_with_a_wrong_variable_says_why_and_starts_once_it_is_right(
    scenario: str, new_stack: NewStack
) -> None:
    value, fault = WRONG[scenario]
    without = "services: {api: {environment: {DB_FILE_PATH: !reset null}}}"
    stack = new_stack(overlay=without) if value is None else new_stack(variables={"DB_FILE_PATH": value})

    started = stack.up()
    assert started.returncode == 1
    assert "api" in started.stderr.splitlines()[-1]

    def refused() -> None:
        assert stack.state("api")["ExitCode"] == 78

    eventually(refused, within=10)  # Docker starts it again and again, with longer and longer pauses
    lines = set(stack.log("api").splitlines())
    assert lines == {f"configuration error: {fault} {REMEDY}"}

    def told() -> None:
        status = stack.status()
        assert status["state"] == "unhealthy"
        assert status["last_poll"]["reason"] in {"dns", "connection_refused", "connect_timeout", "connection"}

    eventually(told, within=20)
    assert stack.compose("down").returncode == 0

    stack.set_variables({"DB_FILE_PATH": "/data/api.db"})
    if value is None:
        stack.compose_file_name.pop()  # the overlay without the variable
        del stack.compose_command_property
    assert stack.up().returncode == 0
    eventually(stack.healthy, within=10)


def test_a_path_of_any_characters_is_that_file_on_the_volume(new_stack: NewStack) -> None:
    path = "/data/ä ?#%20&mode=memory.db"
    overlay = f"services: {{api: {{environment: {{DB_FILE_PATH: '{path}'}}}}}}"
    stack = new_stack(overlay=overlay)
    assert stack.up("api").returncode == 0
    assert stack.get("/db-check").status_code == 200
    assert stack.python(f"import os; print(os.path.isfile('{path}'))") == "True"


@pytest.mark.fault("C5")
@pytest.mark.parametrize(
    "written", ['"/data/api.db"', "'/data/api.db'", "/data/api.db\r", "/data/api.db  ", " /data/api.db"]
)
def test_what_editors_add_to_a_value_never_becomes_a_part_of_the_path(written: str, new_stack: NewStack) -> None:
    stack = new_stack(variables={"DB_FILE_PATH": written})
    configuration = json.loads(stack.compose("config", "--format", "json").stdout)
    assert configuration["services"]["api"]["environment"]["DB_FILE_PATH"] == "/data/api.db"


@pytest.mark.fault("C11")
def test_an_image_that_is_not_here_is_named_at_once(new_stack: NewStack) -> None:
    stack = new_stack(variables={"IMAGE_TAG": "never-built"})
    failed = stack.up("api")
    assert failed.returncode != 0
    assert "fastapi-sqlite/api:never-built" in failed.stderr
