"""The machine below Docker: its kind, its tools, its disk and its memory."""

import platform
import shutil
from typing import Any

from host import command, version
from host.command import Run
from host.trouble import Trouble

SYSTEMS = {"Linux": "Linux", "Darwin": "macOS"}
DISK_GB = 2.0
MEMORY_GB = 1.0


def check_system() -> str:
    """Give the kind of this operating system.

    Raises:
        Trouble: It is one that the Makefile does not work on.

    """
    found = platform.system()
    if found not in SYSTEMS:
        raise Trouble(f"{found} is neither Linux nor macOS: on Windows, run this inside WSL.")
    return f"{SYSTEMS[found]} {platform.machine()}"


def check_tool(name: str, run: Run = command.run) -> str:
    """Give the version of a command.

    Raises:
        Trouble: It is not there, or does not work.

    """
    answer = run(name, "--version")
    if not answer.ok:
        raise Trouble(f"There is no working `{name}` command ({answer.reason}): install it with the package manager.")
    return version.show(version.parse(answer.out))


def check_disk(engine: dict[str, Any]) -> str:
    """Give the free space where the engine described by `docker info` keeps its images and volumes.

    Raises:
        Trouble: It is too little to build.

    """
    folder = engine["DockerRootDir"]
    try:
        free = shutil.disk_usage(folder).free / 1e9
    except OSError:
        return f"{folder} is inside the engine's own machine and cannot be seen from here"
    if free < DISK_GB:
        raise Trouble(f"{free:.1f} GB are free in {folder} and {DISK_GB:.0f} GB are needed: make room there.")
    return f"{free:.0f} GB free in {folder}"


def check_memory(engine: dict[str, Any]) -> str:
    """Give the memory that the engine described by `docker info` can use.

    Raises:
        Trouble: It is too little to run the stack.

    """
    total = engine["MemTotal"] / 1e9
    if total < MEMORY_GB:
        raise Trouble(f"The engine has {total:.1f} GB of memory and {MEMORY_GB:.0f} GB are needed: give it more.")
    return f"{total:.0f} GB"
