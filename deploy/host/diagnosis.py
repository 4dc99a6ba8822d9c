"""Why the stack is not healthy, in the words of those who know: the engine, the health checks, the logs and the API."""

import json
from collections.abc import Iterator
from typing import Any

from host import command, compose, probe
from host.command import Run
from host.compose import Container
from host.probe import Reply

LOG_LINES = 8


def of_stack(run: Run = command.run) -> str:
    """Tell for each container that is not well what is known about it, and what the API says of itself."""
    containers = compose.containers(run)
    lines = ["The stack is not healthy."]
    for container in containers:
        if not container.is_well:
            lines += of_container(container, run)
        if container.service == "api" and container.url:
            lines += of_reply(probe.get(f"{container.url}/db-check"))
    lines += [
        "",
        "`make logs` shows more, `make doctor` checks this host, `make down` stops the stack and keeps its data.",
    ]
    return "\n".join(lines)


def of_container(container: Container, run: Run = command.run) -> Iterator[str]:
    """Give the state of one container, the engine's error, its last health line, and the end of its log."""
    known: dict[str, Any] = json.loads(
        run("docker", "inspect", "--format", "{{json .State}}", container.identity).out or "{}"
    )
    yield f"\n{container.service}: {container.status}"
    if known.get("Error"):
        yield f"  engine  {known['Error']}"
    probes = (known.get("Health") or {}).get("Log")
    if container.health == "unhealthy" and probes:
        yield f"  health  {probes[-1]['Output'].strip()}"
    log = run("docker", "logs", "--tail", "50", container.identity)
    said = dict.fromkeys((log.out + log.err).split("\n"))  # one that dies again and again says the same each time
    for line in [line for line in said if line.strip()][-LOG_LINES:]:
        yield f"  log     {line}"


def of_reply(reply: Reply) -> Iterator[str]:
    """Give what `/db-check` answered, with the API's own title and remedy where it named the problem."""
    problem = reply.fields
    yield f"\n/db-check: {reply.status or 'no answer'} {problem.get('code') or reply.body}".rstrip()
    for name in ("title", "remedy"):
        if problem.get(name):
            yield f"  {name:6}  {problem[name]}"
