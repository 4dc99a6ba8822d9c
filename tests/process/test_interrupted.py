"""A run of the tests that is interrupted ends at once, with one line, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from host.command import ROOT
from proof import run
from proof.screen import TRANSIENT
from support.exhaustive import first
from support.waiting import load_factor

SECONDS = 10
SERVERS = ("process", "-k", "test_sigkill_in_the_middle_of_group_commits or test_many_writers")
MOMENTS = {
    "by Ctrl-C while a server runs": (r".*; running process/", SERVERS, signal.SIGINT),
    "by Ctrl-C while its tests are collected": (r".*collecting the tests", ("unit",), signal.SIGINT),
    "politely while a server runs": (r".*; running process/", SERVERS, signal.SIGTERM),
}


@contextmanager
def a_run(words: tuple[str, ...], environment: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """Begin a run of the tests as `make` does, in a group of processes of its own, as a shell does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "proof", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/deploy:{ROOT}/tests", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("line", "words", "number"), first(MOMENTS.values()), ids=MOMENTS)
def test_a_run_that_is_interrupted_must_end_soon_in_one_line_and_leave_nothing(
    line: str, words: tuple[str, ...], number: signal.Signals, tmp_path: Path
) -> None:
    with tempfile.TemporaryDirectory() as scratch, a_run(words, {"TMPDIR": scratch}) as process:
        assert process.stdout
        said = next(said for said in process.stdout if re.match(line, said))
        began = time.monotonic()
        os.killpg(process.pid, number)
        rest, _ = process.communicate(timeout=60)
        assert time.monotonic() - began < SECONDS * load_factor()
        assert process.returncode == 130, said + rest
        told = [line for line in rest.splitlines() if not TRANSIENT.fullmatch(line)]
        assert told == ["Interrupted; nothing is left behind."]
        assert not list(Path(scratch).iterdir())
        assert not [lock for lock in run.FOLDER.iterdir() if scratch.encode() in content(lock)]
        left = [each for each in Path("/proc").glob("[0-9]*/environ") if scratch.encode() in content(each)]
        assert not left


def content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
