"""A stack of real containers: compose.yaml with the small delta of compose.test.yaml, under a name of its own."""

import json
import shutil
import subprocess
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import docker
import httpx2 as httpx
from docker.models.containers import Container
from testcontainers.compose import DockerCompose

from proof import run
from proof.leftovers import LABEL
from support.http import ask
from support.images import API_IMAGE, IMAGE_TAG, ROOT
from support.ledger import Row

TESTS = ROOT / "tests"
ARTIFACTS = ROOT / "artifacts"

STORED = """
import json, sqlite3
database = sqlite3.connect("/data/api.db")
damage = [line for (line,) in database.execute("PRAGMA integrity_check") if line != "ok"]
print(json.dumps([database.execute("SELECT id, name FROM tasks").fetchall(), damage]))
"""


def labels() -> dict[str, str]:
    """Return the labels of what a test starts without Compose."""
    return {LABEL: run.prefix()}


def instrumented() -> str:
    """Return the overlay of an API with what only tests need, such as the name of the worker on each answer."""
    copy = run.current().scratch / f"support-{run.prefix()}"  # which the API's user can read, whoever owns this clone
    shutil.copytree(TESTS / "support", copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (copy, *copy.rglob("*")):
        file.chmod(0o755)
    return f"""
services:
  api:
    command: [python3, -m, app, "support.instrumented:create_instrumented_app()"]
    environment: {{ PYTHONPATH: "/srv/api:/srv/tests" }}
    volumes: ["{copy}:/srv/tests/support:ro"]
"""


class Stack(DockerCompose):
    """The whole stack, from nothing to nothing.

    Args:
        name: Tells it from the other stacks of the run.
        folder: Where its own files go.
        variables: What the user's `.env` says.
        overlay: More compose text, which breaks something.

    """

    alive: ClassVar[list["Stack"]] = []  # those that a failing test may want to know about

    def __init__(self, name: str, folder: Path, *, variables: dict[str, str] | None = None, overlay: str = "") -> None:
        self.project = f"{run.prefix()}-{name}"
        self.env_path = folder / ".env"
        files = [str(ROOT / "compose.yaml"), str(ROOT / "compose.test.yaml")]
        if overlay:
            (folder / "overlay.yaml").write_text(overlay)
            files.append(str(folder / "overlay.yaml"))
        super().__init__(context=ROOT, compose_file_name=files, env_file=[str(self.env_path)])
        self.set_variables(variables or {})

    def set_variables(self, variables: dict[str, str]) -> None:
        """Write the `.env` that the next compose command reads."""
        lines = {"IMAGE_TAG": IMAGE_TAG, **variables}
        self.env_path.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))

    @cached_property
    def compose_command_property(self) -> list[str]:
        """The start of every compose command: testcontainers itself knows no project names."""
        return [*super().compose_command_property, "--project-name", self.project]

    def __enter__(self) -> Self:
        """Count it among those that are alive; starting it is up to the test."""
        self.alive.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind."""
        if error is not None:
            error.add_note(f"logs, inspect output and health log: {self.save_artifacts()}")
        self.alive.remove(self)
        self.stop()

    def compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a compose command to its end and give what it said, whether it succeeded or not."""
        command = [*self.compose_command_property, *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Start as the README says, and wait until Docker has a verdict."""
        return self.compose("up", "--detach", "--wait", *arguments)

    def stop(self, down: bool = True) -> None:  # noqa: FBT002 - the base class's signature
        """Remove everything of the project, or only stop it.

        By the project's name alone, so that it works whatever has become of the files.
        """
        arguments = ["down", "--volumes", "--remove-orphans", "--timeout", "0"] if down else ["stop"]
        subprocess.run(
            ["docker", "compose", "--project-name", self.project, *arguments],
            cwd="/",
            capture_output=True,
            timeout=120,
            check=True,
        )

    @cached_property
    def docker(self) -> docker.DockerClient:
        """The engine."""
        return docker.from_env()

    def containers(self, service: str) -> list[Container]:
        """Give the containers of a service as they are now, running or not."""
        labels = [f"com.docker.compose.project={self.project}", f"com.docker.compose.service={service}"]
        found: list[Container] = self.docker.containers.list(all=True, filters={"label": labels})
        assert found, f"{service} has no container"
        return found

    def container(self, service: str) -> Container:
        """Give the container of a service that has one."""
        return self.containers(service)[0]

    def state(self, service: str) -> dict[str, Any]:
        """Give what `docker inspect` says of the container's state."""
        return dict(self.container(service).attrs["State"])

    def health(self, service: str) -> str:
        """Give Docker's verdict: starting, healthy or unhealthy."""
        return str(self.state(service)["Health"]["Status"])

    def health_line(self, service: str) -> str:
        """Give what the last health check printed, as `docker inspect` shows it."""
        return str(self.state(service)["Health"]["Log"][-1]["Output"])

    def log(self, service: str) -> str:
        """Give what the container has printed."""
        return self.container(service).logs().decode()

    def urls(self, service: str) -> list[str]:
        """Give the addresses on this machine; the ports change whenever a container is started."""
        ports = [ports[0]["HostPort"] for each in self.containers(service) for ports in each.ports.values() if ports]
        if not ports:
            raise ConnectionError(f"{service} has no published port now")
        return [f"http://127.0.0.1:{port}" for port in ports]

    def url(self, service: str) -> str:
        """Give the address of a service that has one container."""
        return self.urls(service)[0]

    def get(self, path: str) -> httpx.Response:
        """Ask the API."""
        return ask("GET", self.url("api") + path)

    def post(self, path: str, body: object) -> httpx.Response:
        """Send JSON to the API."""
        return ask("POST", self.url("api") + path, json=body)

    def status(self) -> dict[str, Any]:
        """Ask the healthchecker for its picture of the API."""
        return dict(ask("GET", self.url("healthchecker") + "/status").json())

    def healthy(self) -> None:
        """Assert that the API answers as it promises and that the healthchecker says so."""
        assert self.get("/db-check").content == b'{"results":[1]}'
        assert self.status()["state"] == "healthy"

    def run_in(self, service: str, *command: str) -> tuple[int, str]:
        """Run a command in a running container, and give its exit code and output."""
        code, output = self.container(service).exec_run(list(command))
        assert isinstance(code, int)
        assert isinstance(output, bytes)
        return code, output.decode()

    def python(self, code: str) -> str:
        """Run Python in the API's container as its user, and give what it printed."""
        exit_code, output = self.run_in("api", "python3", "-c", code)
        assert exit_code == 0, output
        return output.strip()

    def python_on_volume(self, code: str) -> str:
        """Run Python as root, with all that root may, in a throw-away container that has the volume."""
        output = self.docker.containers.run(
            API_IMAGE,
            ["python3", "-c", code],
            user="0",
            volumes={f"{self.project}_data": {"bind": "/data"}},
            labels=labels(),
            network_mode="none",
            remove=True,
        )
        return bytes(output).decode().strip()

    def stored(self, *, stopped: bool = False) -> tuple[list[Row], list[str]]:
        """Give id and name of each task, and what `PRAGMA integrity_check` finds; also of a stack that is stopped."""
        rows, damage = json.loads(self.python_on_volume(STORED) if stopped else self.python(STORED))
        return [(number, name) for number, name in rows], damage

    def save_artifacts(self) -> Path:
        """Keep what tells why a test failed, and give the folder."""
        folder = ARTIFACTS / self.project.removeprefix(f"{run.prefix()}-")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "compose.yaml").write_text(self.compose("config").stdout)
        (folder / "ps.txt").write_text(self.compose("ps", "--all").stdout)
        label = f"com.docker.compose.project={self.project}"
        for container in self.docker.containers.list(all=True, filters={"label": label}):
            (folder / f"{container.name}.log").write_bytes(container.logs(timestamps=True))
            (folder / f"{container.name}.json").write_text(json.dumps(container.attrs, indent=2))
            health = container.attrs["State"].get("Health", {}).get("Log", [])
            (folder / f"{container.name}.health.txt").write_text("".join(f"{entry['Output']}\n" for entry in health))
        return folder


NewStack = Callable[..., Stack]
