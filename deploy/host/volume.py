"""The volume that holds the database."""

from typing import Any

from host import command
from host.command import Run
from host.trouble import Trouble


def name(config: dict[str, Any]) -> str:
    """Give the volume's name on this engine."""
    return str(config["volumes"]["data"]["name"])


def exists(config: dict[str, Any], run: Run = command.run) -> bool:
    """Tell whether the volume is there."""
    return run("docker", "volume", "inspect", name(config)).ok


def check(config: dict[str, Any], what: str, run: Run = command.run) -> None:
    """Make sure that there is a volume, as a command in a container would make an empty one.

    Args:
        config: What compose.yaml comes to.
        what: What is wanted of it, as in "back up".
        run: Reaches the host.

    Raises:
        Trouble: There is none.

    """
    if not exists(config, run):
        raise Trouble(f"There is nothing to {what}: the volume {name(config)} does not exist. `make up` makes it.")
