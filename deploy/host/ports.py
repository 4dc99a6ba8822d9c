"""The ports that the stack publishes on this host."""

import errno
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from host.compose import Container
from host.trouble import Trouble

VARIABLES = {"api": "API_PORT", "healthchecker": "STATUS_PORT"}


@dataclass(frozen=True)
class Port:
    """A port of this host that a service is to answer on."""

    service: str
    address: str
    number: int


def published(config: dict[str, Any]) -> list[Port]:
    """List the ports with a fixed number; a number that the engine chooses is always free."""
    return [
        Port(service, port.get("host_ip", ""), int(port["published"]))
        for service, settings in sorted(config["services"].items())
        for port in settings.get("ports", ())
        if int(port.get("published") or 0)
    ]


def check(port: Port, containers: Iterable[Container]) -> str:
    """Tell who holds `port`: the stack itself, or nobody.

    Raises:
        Trouble: Another program does; with the variable that moves the stack elsewhere.

    """
    if any(port.number in container.ports for container in containers):
        return f"held by the running stack ({port.service})"
    if is_free(port):
        return f"free for {port.service}"
    variable = VARIABLES.get(port.service, "the port in compose.yaml")
    raise Trouble(
        f"Port {port.number} is taken by another program: stop that, or set {variable} to a free port, "
        f"for example `make up {variable}={port.number + 100}`."
    )


def is_free(port: Port) -> bool:
    """Tell whether the address can be bound now."""
    family = socket.AF_INET6 if ":" in port.address else socket.AF_INET
    with socket.socket(family) as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((port.address, port.number))
        except OSError as error:
            # Any other error is no proof: the engine binds with rights of its own.
            return error.errno != errno.EADDRINUSE
    return True
