import os
import re
import subprocess
from pathlib import Path

import pytest

from host.__main__ import VERBS
from host.command import ROOT


def make(*words: str) -> subprocess.CompletedProcess[str]:
    # As from a shell, also when these tests themselves were started by make.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(["make", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_help_tells_of_every_verb() -> None:
    told = re.findall(r"^  make (\S+)", make().stdout, re.MULTILINE)
    others = {"help", "down", "logs", "test", "bench", "mutants", "lint", "format", "lock"}
    assert (set(VERBS) - {"setup"}) | others <= set(told)


def test_help_fits_80_columns() -> None:
    assert max(map(len, make().stdout.splitlines())) <= 80


def test_a_python_that_will_not_do_is_named(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo 'Python 3.9.2' || exit 1\n")
    old.chmod(0o755)
    failed = make("up", f"PYTHON={old}")
    assert failed.stderr.startswith(f"Python 3.11 or newer is needed, and {old} is Python 3.9.2: install it, or name")


def test_down_without_compose_tells_where_to_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\nexit 1\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert make("down").stderr.startswith("`docker compose` does not work here: `make doctor` tells why")


def test_words_reach_the_verb_whatever_is_in_them(tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text('#!/bin/sh\n[ "$1" = -c ] || printf "<%s>" "$@"\n')
    python.chmod(0o755)
    asked = make("restore", f"PYTHON={python}", "FROM=it's a $$backup;.zip", "STOP=1")
    assert asked.stdout == "<-m><host><restore><FROM=it's a $backup;.zip><STOP=1>"
