"""Whether `make up` can succeed on this host."""

import json
import os
import platform
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from host import base_image, command, compose, engine, machine, plugins, ports, table, version
from host.command import Run
from host.plugins import Plugin
from host.table import Row, State
from host.trouble import Trouble


def doctor() -> None:
    """Print each thing that the stack needs of this host, how it stands, and the remedy.

    Raises:
        Trouble: `make up` cannot succeed.

    """
    can_succeed = True
    for each in examine():
        print(table.line(each), flush=True)
        can_succeed &= each.state is not State.MISSING
    if not can_succeed:
        raise Trouble("\n`make up` cannot succeed until what is missing is mended.")
    print("\n`make up` can succeed.")


def examine(run: Run = command.run) -> Iterator[Row]:
    """Look at the host, changing nothing, in the order in which `make up` needs its things."""
    yield row("operating system", machine.check_system)
    yield row("Python", platform.python_version)  # an older one does not get here: the Makefile asks first
    yield row("make", lambda: machine.check_tool("make", run))
    yield row("docker command", lambda: machine.check_tool("docker", run))
    yield (answering := row("Docker Engine", lambda: engine.check(run)))
    yield (composing := row("Compose plugin", lambda: check_plugin(plugins.COMPOSE, run)))
    yield row("Buildx plugin", lambda: check_plugin(plugins.BUILDX, run))

    has_compose = composing.state is State.OK
    config = compose.config(run) if has_compose else usual_config()
    if answering.state is not State.OK:
        return
    yield row("base image", lambda: check_base_image(config, run))
    ours = compose.containers(run) if has_compose else []
    for port in ports.published(config):
        yield row(f"port {port.number}", partial(ports.check, port, ours))
    about = json.loads(run("docker", "info", "--format", "{{json .}}").out)
    yield row("disk", lambda: machine.check_disk(about))
    yield row("memory", lambda: machine.check_memory(about))


def row(title: str, check: Callable[[], str | None]) -> Row:
    """Make the row of a check: it gives details, or nothing for what `make up` brings, or raises `Trouble`."""
    try:
        details = check()
    except Trouble as trouble:
        return Row(title, State.MISSING, str(trouble))
    return (
        Row(title, State.BROUGHT, "missing, will be brought by `make up`")
        if details is None
        else Row(title, State.OK, details)
    )


def check_plugin(plugin: Plugin, run: Run) -> str | None:
    """Give the version of a plugin, nothing when `make up` will bring it."""
    found = plugins.find(plugin, run)
    if found is None:
        plugins.check_obtainable(plugin, run)
        return None
    return version.show(found)


def check_base_image(config: dict[str, Any], run: Run) -> str | None:
    """Give the base image of the next build, nothing when `make up` will bring it."""
    chosen = base_image.choice(config)
    here = chosen if chosen != base_image.OFFICIAL else base_image.local(run)
    if here is None:
        base_image.check_obtainable(run)
    return here


def usual_config() -> dict[str, Any]:
    """Give what matters here of compose.yaml while there is no Compose to read it."""
    ports_of = {"api": os.environ.get("API_PORT", "8000"), "healthchecker": os.environ.get("STATUS_PORT", "8001")}
    return {
        "services": {
            service: {"ports": [{"host_ip": "127.0.0.1", "published": port}]} for service, port in ports_of.items()
        }
    }
