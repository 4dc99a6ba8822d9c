"""The containers and volumes of a run: made, measured, and all removed in the end."""

import contextlib
import fcntl
import signal
from pathlib import PurePosixPath
from types import TracebackType
from typing import Any, Self

import docker
from docker.errors import NotFound
from docker.models.containers import Container
from docker.types import LogConfig

from bench.contenders import OURS, Contender
from bench.images import APPS_IMAGE, LOAD_IMAGE, PREFIX
from bench.plan import ROWS
from bench.service import Service
from host.command import ROOT
from host.trouble import Trouble

FOLDER = ROOT / "artifacts" / "bench"

LABEL: dict[str, str] = {"fastapi-sqlite.bench": PREFIX}
FILTER: dict[str, str | list[str] | bool] = {"label": f"fastapi-sqlite.bench={PREFIX}"}
DATABASE = PurePosixPath("/data/api.db")


class Lab:
    """A place to run services, from nothing to nothing."""

    def __init__(self) -> None:
        self.engine = docker.from_env(timeout=300)
        self._databases: dict[str, str] = {}
        FOLDER.mkdir(parents=True, exist_ok=True)
        self._lock = (FOLDER / ".lock").open("w")  # held until the process ends

    def __enter__(self) -> Self:
        """Remove what a run that was killed may have left.

        Raises:
            Trouble: Another run is under way, whose containers these would be.

        """
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble("Another benchmark of this checkout is running: wait for it, or stop it.") from None
        self.sweep()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind, also when the user is in a hurry."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.sweep()

    def sweep(self) -> None:
        """Remove every container and volume of this checkout's benchmarks."""
        for container in self.engine.containers.list(all=True, filters=FILTER, ignore_removed=True):
            with contextlib.suppress(NotFound):
                container.remove(force=True)
        for volume in self.engine.volumes.list(filters=FILTER):
            volume.remove(force=True)

    def volume(self, name: str) -> str:
        """Make an empty volume for the time of the run."""
        return str(self.engine.volumes.create(f"{PREFIX}-{name}", labels=LABEL).name)

    def database(self, contender: Contender) -> str:
        """Give the volume with the contender's database, the same one whenever the contender is started."""
        if contender.key not in self._databases:
            self._databases[contender.key] = self.volume(contender.key)
            self.fill(contender, self._databases[contender.key], ROWS)
        return self._databases[contender.key]

    def start(self, contender: Contender, volume: str, *, published: bool = False) -> Service:
        """Start a service on a volume and wait until it answers.

        Without `published` it has no network but its own loopback interface, where the load comes from.
        """
        network: dict[str, Any] = (
            {"ports": {"8000/tcp": ("127.0.0.1", None)}} if published else {"network_mode": "none"}
        )
        container = self._run(contender.image, contender.command, volume, contender.environment, **network)
        load = self.engine.containers.run(
            LOAD_IMAGE, detach=True, init=True, labels=LABEL, network_mode=f"container:{container.id}"
        )
        service = Service(contender, container, load)
        service.wait_until_it_answers()
        return service

    def fill(self, contender: Contender, volume: str, rows: int) -> None:
        """Put a database of that many rows on a volume; the service of this project has to make its own itself."""
        if contender.key == OURS.key:
            service = self.start(contender, volume)
            service.measure("create", connections=1, seconds=0.2)
            service.remove()
        self.run_to_end("bench.apps.fill", str(rows), volume=volume)

    def run_to_end(self, module: str, *arguments: str, volume: str) -> str:
        """Run a module of the benchmark on a volume and give what it printed."""
        container = self._run(APPS_IMAGE, ("python3", "-m", module, *arguments), volume, {}, network_mode="none")
        code = container.wait()["StatusCode"]
        output = container.logs().decode().strip()
        container.remove()
        if code:
            raise Trouble(f"{module} ended with code {code}: {output.splitlines()[-1] if output else 'no word'}")
        return output

    def _run(self, image: str, command: tuple[str, ...], volume: str, environment: Any, **network: Any) -> Container:
        """Start a container as compose.yaml starts the API's, for all alike, but without limits."""
        return self.engine.containers.run(
            image,
            list(command) or None,
            detach=True,
            init=True,
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges:true"],
            tmpfs={"/tmp": "size=64m,mode=1777,noexec,nosuid,nodev"},
            log_config=LogConfig(type="json-file", config={"max-size": "10m", "max-file": "3"}),
            healthcheck={"test": ["NONE"]},
            volumes={volume: {"bind": str(DATABASE.parent), "mode": "rw"}},
            environment={"DB_FILE_PATH": str(DATABASE), **environment},
            labels=LABEL,
            **network,
        )
