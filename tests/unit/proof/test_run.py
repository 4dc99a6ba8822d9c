import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from host.command import ROOT
from proof import leftovers, run
from proof.run import Run

HOLDS = """
import sys
from pathlib import Path
from proof import run
run.FOLDER = Path(sys.argv[1])
this, _ = run.begin()
(this.scratch / "file").touch()
print(this.name, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep these runs apart from those that go on."""
    monkeypatch.setattr(run, "FOLDER", tmp_path)
    return tmp_path


@contextmanager
def another(folder: Path) -> Iterator[tuple[Run, "subprocess.Popen[str]"]]:
    """Let another process begin a run, and live until the end of the block."""
    path = os.pathsep.join(str(ROOT / each) for each in ("deploy", "tests"))
    words, scratch = [sys.executable, "-c", HOLDS, str(folder)], folder / "scratch"
    scratch.mkdir(exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "TMPDIR": str(scratch)}
    with subprocess.Popen(words, env=environment, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout
        name = process.stdout.readline().strip()
        try:
            yield Run(name, scratch / name), process
        finally:
            process.kill()


def test_a_run_must_go_on_as_long_as_its_process_lives_and_no_longer(folder: Path) -> None:
    with another(folder) as (other, process):
        assert other.is_alive
        process.kill()
        process.wait()
        assert not other.is_alive


def test_two_runs_of_one_checkout_must_have_nothing_in_common(folder: Path) -> None:
    with another(folder) as (first, _), another(folder) as (second, _):
        assert not first.name.startswith(second.name)
        assert first.scratch != second.scratch
        assert not list(run.dead())


def test_what_a_killed_run_has_left_must_be_found_and_removed(folder: Path) -> None:
    with another(folder) as (other, process):
        process.kill()
        process.wait()
        assert (other.scratch / "file").exists()
        assert [each.name for each in run.dead()] == [other.name]
        leftovers.remove(other)
        assert not other.scratch.exists()
        assert not list(run.dead())


@pytest.mark.parametrize("worker", ["gw0", "gw1"])
def test_each_worker_must_have_names_of_its_own(worker: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "fsq-1-2").write_text("scratch")
    monkeypatch.setenv(run.VARIABLE, "fsq-1-2")
    monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
    assert run.prefix() == f"fsq-1-2-{worker}"
