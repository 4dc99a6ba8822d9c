"""The stack, as Compose sees it: its configuration and its containers."""

import json
from dataclasses import dataclass
from typing import Any

from host import command
from host.command import Run
from host.trouble import Trouble

EVERY_PROFILE = ("--profile", "metrics", "--profile", "backup", "--profile", "replica")
ONE_OFF = "com.docker.compose.oneoff=True"
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - read here, bound by Compose


@dataclass(frozen=True)
class Container:
    """One container of the stack; `url` is where its first published port answers on this host, empty when none is."""

    identity: str
    service: str
    state: str
    health: str
    status: str
    url: str
    ports: frozenset[int]

    @property
    def is_well(self) -> bool:
        """Tell whether it runs and nothing says that it is sick."""
        return self.state == "running" and self.health in ("", "healthy")


def config(run: Run = command.run, *options: str) -> dict[str, Any]:
    """Give what compose.yaml comes to with the environment and `.env` of this user.

    Raises:
        Trouble: Compose cannot make sense of it.

    """
    answer = run("docker", "compose", *options, "config", "--format", "json")
    if not answer.ok:
        raise Trouble(f"Compose cannot read compose.yaml or .env: {answer.reason}")
    read: dict[str, Any] = json.loads(answer.out)
    return read


def containers(run: Run = command.run) -> list[Container]:
    """Give the containers of the stack in whatever state, sorted by service; none when it is down.

    Those of single commands are no part of it.

    Raises:
        Trouble: Compose cannot tell.

    """
    answer = run("docker", "compose", "ps", "--all", "--format", "json")
    if not answer.ok:
        raise Trouble(f"Compose cannot list the containers: {answer.reason}")
    # Compose before 2.21 prints one array, later ones an object a line.
    rows = [row for line in answer.out.splitlines() if line.strip() for row in as_list(json.loads(line))]
    ours = [row for row in rows if ONE_OFF not in row.get("Labels", "")]
    return sorted(map(container, ours), key=lambda each: each.service)


def container(row: dict[str, Any]) -> Container:
    """Read one row of `docker compose ps`."""
    published = [port for port in row.get("Publishers") or () if port["PublishedPort"]]
    addresses = [f"{ANYWHERE.get(port['URL'], port['URL'])}:{port['PublishedPort']}" for port in published]
    return Container(
        identity=row["ID"],
        service=row["Service"],
        state=row["State"],
        health=row.get("Health", ""),
        status=row.get("Status") or row["State"],
        url=f"http://{addresses[0]}" if addresses else "",
        ports=frozenset(port["PublishedPort"] for port in published),
    )


def as_list(value: Any) -> list[dict[str, Any]]:
    """Give a list as it is and anything else as a list of one."""
    return value if isinstance(value, list) else [value]
