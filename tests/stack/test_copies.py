"""The services that keep copies of the data, as Compose starts them beside the API."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.s3 import KEYS
from support.stack import NewStack, Stack
from support.waiting import eventually

PROFILES = ("--profile", "backup", "--profile", "replica")
SERVICES = ["backup", "replica"]
NOBODY = "s3://bucket/folder?endpoint=http://127.0.0.1:9&region=us-east-1"
IMPATIENT = "services: { replica: { healthcheck: { start_period: 1s, interval: 1s, retries: 2 } } }"
SOMEBODY = 1234
SYNC_SECONDS = 6  # longer than a stop takes: what was written just before is brought to the replica by the stop itself

# Of the process that works: the first one that is no init and was not started to look.
PROCESS = """
import os
pids = sorted(int(pid) for pid in os.listdir("/proc") if pid.isdigit() and int(pid) not in (1, os.getpid()))
lines = dict(line.split(":", 1) for line in open(f"/proc/{pids[0]}/status"))
print(*lines["Uid"].split(), int(lines["CapEff"], 16), int(lines["CapPrm"], 16), int(lines["CapBnd"], 16) & 1 << 21)
"""


def up(stack: Stack) -> None:
    started = stack.compose(*PROFILES, "up", "--detach", "--wait")
    assert started.returncode == 0, started.stderr


def lag(stack: Stack) -> float:
    """Give what the healthchecker knows of the replica, as an assertion."""
    replica = stack.status()["replica"]
    assert replica
    assert replica["lag_seconds"] is not None
    return float(replica["lag_seconds"])


@pytest.fixture(scope="module")
def copied(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Give a stack with both services; its backups go to an empty folder of somebody on this host."""
    folder = tmp_path_factory.mktemp("copied")
    (folder / "backups").mkdir()
    if os.geteuid() == 0:  # else it belongs to somebody already
        os.chown(folder / "backups", SOMEBODY, SOMEBODY)
    variables = {"BACKUP_DIR": str(folder / "backups"), "REPLICA_SYNC_INTERVAL": str(SYNC_SECONDS)}
    with Stack("copied", folder, variables=variables) as stack:
        up(stack)
        yield stack


def test_the_page_tells_how_old_the_newest_backup_is_and_how_far_the_replica_is_behind(copied: Stack) -> None:
    def told() -> None:
        status = copied.status()
        assert status["backup"]
        assert status["backup"]["newest"]
        assert 0 <= status["backup"]["newest"]["age_seconds"] < 120
        assert status["backup"]["overdue"] is False
        assert 0 <= lag(copied) < 30

    eventually(told, within=40)


def test_backups_are_made_by_the_clock_and_their_group_can_read_them(copied: Stack) -> None:
    folder = Path(copied.env_path.parent / "backups")

    def made() -> None:
        backups = list(folder.glob("api-*.zip"))
        assert backups
        backup = backups[0]
        assert backup.stat().st_mode & 0o777 == 0o640
        assert backup.stat().st_uid == 10001
        assert backup.stat().st_gid == (SOMEBODY if os.geteuid() == 0 else os.getgid())

    eventually(made, within=20)


@pytest.mark.fault("S1")
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_starts_as_root_has_given_up_all_of_it(copied: Stack, service: str) -> None:
    code, output = copied.run_in(service, "python3", "-c", PROCESS)
    assert code == 0, output
    assert output.split() == ["10001", "10001", "10001", "10001", "0", "0", "0"]
    host = copied.container(service).attrs["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert sorted(name.removeprefix("CAP_") for name in host["CapAdd"]) == [
        "CHOWN",
        "FSETID",
        "KILL",
        "SETGID",
        "SETUID",
    ]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0
    assert not host["PortBindings"]


@pytest.mark.fault("G3")
def test_a_destroyed_volume_is_restored_by_the_replica_before_the_api_creates_anything(copied: Stack) -> None:
    eventually(lambda: lag(copied), within=40)
    name = copied.post("/tasks", {"name": "outlives its volume"}).json()["name"]
    assert copied.compose(*PROFILES, "down").returncode == 0
    copied.docker.volumes.get(f"{copied.project}_data").remove()
    up(copied)
    eventually(copied.healthy, within=20)
    assert [task["name"] for task in copied.get("/tasks").json()["items"]] == [name]


@pytest.mark.exhaustive
@pytest.mark.fault("G3")
def test_an_api_that_compose_starts_without_a_healthy_replica_begins_no_new_database(new_stack: NewStack) -> None:
    def waits() -> None:
        answer = stack.get("/db-check")
        assert answer.status_code == 503
        assert answer.json()["code"] == "db_replica_unavailable"

    up = ("--profile", "replica", "up", "--detach", "--wait")
    stack = new_stack(variables={"REPLICA_URL": NOBODY, **KEYS}, overlay=IMPATIENT)
    assert stack.compose(*up).returncode != 0
    eventually(waits, within=20)
    assert stack.python_on_volume("import os; print(os.path.exists('/data/api.db'))") == "False"
    stack.set_variables({})  # the replica is a volume now, and an empty one
    assert stack.compose(*up).returncode == 0
    eventually(stack.healthy, within=20)


def test_neither_service_is_there_unless_it_is_asked_for(new_stack: NewStack) -> None:
    assert not {"backup", "replica"} & set(new_stack().compose("config", "--services").stdout.split())
