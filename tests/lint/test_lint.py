"""The form of every file, as the tools see it; `make format` puts most of it right."""

import subprocess
import sys
from pathlib import Path

import pytest

from host import plugins
from host.command import ROOT
from support.fault_matrix import cannot_run_here

COMPOSE = ("docker", "compose", "--env-file", "/dev/null", "-f", "compose.yaml")
DOCKERFILES = ("deploy/Dockerfile", "tests/bench/Dockerfile", "tests/browser/Dockerfile")
TOOLS = {
    "mypy": ("mypy",),
    "ruff check": ("ruff", "check", "."),
    "ruff format": ("ruff", "format", "--check", "."),
    "hadolint": ("hadolint", *DOCKERFILES),
}


def complaints(*command: str) -> str:
    """Return what a tool says that finds something; those of the environment are beside its Python."""
    beside_python = Path(sys.executable).with_name(command[0])
    program = str(beside_python) if beside_python.exists() else command[0]
    done = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    return f"{' '.join(command)}\n{done.stdout}{done.stderr}" if done.returncode else ""


@pytest.mark.parametrize("command", TOOLS.values(), ids=TOOLS)
def test_a_tool_must_find_nothing_to_complain_of(command: tuple[str, ...]) -> None:
    assert not complaints(*command)


@pytest.mark.parametrize("files", [(), ("-f", "compose.test.yaml")], ids=["compose.yaml", "compose.test.yaml"])
def test_compose_must_make_sense_of_its_files(files: tuple[str, ...]) -> None:
    if plugins.find(plugins.COMPOSE) is None:
        cannot_run_here("Docker's plugin Compose is missing: `make up` brings it")
    assert not complaints(*COMPOSE, *files, "config", "--quiet")


def test_shellcheck_must_find_nothing_to_complain_of_in_any_script() -> None:
    listed = subprocess.run(["git", "ls-files", "*.sh"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not complaints("shellcheck", ".ci/run", *listed.stdout.split())
