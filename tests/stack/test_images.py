import tarfile
from collections.abc import Iterator
from tempfile import TemporaryFile

import docker
import pytest
from docker.errors import APIError

from app.library import has_safe_log
from support.images import API_IMAGE, HEALTHCHECKER_IMAGE, REPLICA_IMAGE
from support.stack import Stack, labels

SERVICES = ["api", "healthchecker"]
LIMITS = {API_IMAGE: 125_000_000, HEALTHCHECKER_IMAGE: 100_000_000, REPLICA_IMAGE: 165_000_000}  # bytes
MEBI = 1024 * 1024


@pytest.fixture(scope="module")
def engine_client() -> docker.DockerClient:
    return docker.from_env()


@pytest.mark.fault("S1")
@pytest.mark.parametrize("service", SERVICES)
def test_a_running_container_is_confined(stack: Stack, service: str) -> None:
    inspected = stack.container(service).attrs
    host = inspected["HostConfig"]
    assert inspected["Config"]["User"] == "10001:0"
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["Init"]
    assert not host["Privileged"]
    assert host["Memory"] > 0
    assert host["NanoCpus"] > 0
    assert host["PidsLimit"] > 0
    assert host["LogConfig"]["Config"]["max-size"]
    assert host["LogConfig"]["Config"]["max-file"]
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert not [mount for mount in inspected["Mounts"] if mount["Type"] == "bind"], "no file of the host, no socket"
    published = [ports for ports in host["PortBindings"].values() if ports]
    assert {port["HostIp"] for ports in published for port in ports} == {"127.0.0.1"}


@pytest.mark.fault("S5")
@pytest.mark.parametrize("name", ["api.db", "api.db-wal", "api.db-shm"])
def test_the_database_is_for_its_user_and_its_group_to_read(stack: Stack, name: str) -> None:
    found = stack.python(f"import os; s = os.stat('/data/{name}'); print(oct(s.st_mode & 0o777), s.st_uid, s.st_gid)")
    assert found == "0o640 10001 0"


@pytest.mark.parametrize(("image", "limit"), LIMITS.items())
def test_an_image_is_small(engine_client: docker.DockerClient, image: str, limit: int) -> None:
    assert engine_client.images.get(image).attrs["Size"] <= limit


@pytest.mark.fault("S2")
@pytest.mark.parametrize("image", LIMITS)
@pytest.mark.parametrize("shell", ["sh", "bash", "busybox"])
def test_an_image_has_no_shell(engine_client: docker.DockerClient, image: str, shell: str) -> None:
    container = engine_client.containers.create(image, entrypoint=[shell], labels=labels())
    try:
        with pytest.raises(APIError, match="executable file not found"):
            container.start()
    finally:
        container.remove()


@pytest.fixture(scope="module", params=LIMITS)
def contents(request: pytest.FixtureRequest, engine_client: docker.DockerClient) -> Iterator[list[tarfile.TarInfo]]:
    container = engine_client.containers.create(request.param, labels=labels())
    try:
        with TemporaryFile() as file:
            for chunk in container.export():
                file.write(chunk)
            file.seek(0)
            with tarfile.open(fileobj=file) as archive:
                yield archive.getmembers()
    finally:
        container.remove()


@pytest.mark.fault("S2")
def test_nothing_in_an_image_gains_rights(contents: list[tarfile.TarInfo]) -> None:
    assert not [member.name for member in contents if member.isfile() and member.mode & 0o6000]


@pytest.mark.fault("S2")
def test_an_image_holds_no_tools_no_tests_and_no_secrets(contents: list[tarfile.TarInfo]) -> None:
    names = {member.name.rpartition("/")[2] for member in contents}
    assert not names & {"apt", "apt-get", "dpkg", "pip", "pip3", "perl", "gcc", "curl", ".env", "conftest.py", ".git"}


def test_python_is_compiled_in_an_image(contents: list[tarfile.TarInfo]) -> None:
    names = {member.name for member in contents}
    sources = [name for name in names if name.endswith(".py") and "/versions/" not in name]
    assert {name.split("/")[0] for name in sources} == {"opt", "srv", "usr"}
    for source in sources:
        folder, _, name = source.rpartition("/")
        assert [found for found in names if found.startswith(f"{folder}/__pycache__/{name.removesuffix('py')}")], source


def test_the_sqlite_of_the_api_has_the_fix_of_the_wal_reset_bug(engine_client: docker.DockerClient) -> None:
    code = "import sqlite3; print(*sqlite3.sqlite_version_info)"
    output = engine_client.containers.run(API_IMAGE, ["python3", "-c", code], labels=labels(), remove=True)
    assert has_safe_log(tuple(map(int, output.split()))), output


@pytest.mark.parametrize("image", LIMITS)
def test_an_image_says_what_it_is(engine_client: docker.DockerClient, image: str) -> None:
    config = engine_client.images.get(image).attrs["Config"]
    for name in ("title", "description", "version", "revision", "licenses"):
        assert config["Labels"][f"org.opencontainers.image.{name}"]
    assert config["Healthcheck"]["Test"]
    assert not config.get("Volumes"), "an anonymous volume would hold data that the next container does not find"
