"""The place of the backups: a folder of this host, or a volume."""

import os
from pathlib import Path
from typing import Any

from host.trouble import Trouble


def prepare(config: dict[str, Any]) -> str:
    """Give the place in words, and make it where it is a folder: the engine would make it as root's.

    Args:
        config: What compose.yaml comes to with the profile `backup`.

    Raises:
        Trouble: It cannot be made.

    """
    mount = place(config)
    if mount["type"] != "bind":
        return f"the volume {mount['source']}"
    try:
        Path(mount["source"]).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Trouble(
            f"BACKUP_DIR is {mount['source']}, which cannot be made ({error.strerror}): name another folder.",
            os.EX_CANTCREAT,
        ) from error
    return f"the folder {mount['source']}"


def place(config: dict[str, Any]) -> dict[str, Any]:
    """Give the mount that the backups are on."""
    mounts: list[dict[str, Any]] = config["services"]["backup"]["volumes"]
    return next(mount for mount in mounts if mount["target"] == "/backups")
