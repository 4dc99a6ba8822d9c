"""Faults of the disk under a real server: each is a context manager that proves it bit, and always heals."""

import re
import shutil
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from support.fault_matrix import cannot_run_here
from support.waiting import eventually, load_factor

STRACE_SECONDS = 10
BITES = re.compile(r"(\w+)(?:\(| resumed).* \((?:INJECTED|DELAYED)\)$", re.MULTILINE)


class Injection:
    """System calls that strace makes fail or wait, as its report tells of them."""

    def __init__(self, report: Path) -> None:
        self._report = report

    @property
    def bites(self) -> list[str]:
        """Which calls have met the fault so far, in their order."""
        return BITES.findall(self._report.read_text(errors="replace")) if self._report.exists() else []

    def bit(self, *, times: int = 1) -> None:
        """Assert that so many calls have met the fault."""
        assert len(self.bites) >= times, "the fault did not bite"


@contextmanager
def injected(fault: str, workers: Iterable[int], report: Path, *, paths: Iterable[Path] = ()) -> Iterator[Injection]:
    """Let system calls of processes fail as a failing disk would have them.

    Args:
        fault: In the words of strace, such as "fdatasync:error=EIO".
        workers: Which processes.
        report: Where strace is to write what it did.
        paths: The only files whose calls are meant.

    """
    if not shutil.which("strace"):
        cannot_run_here("strace is missing, which injects errors of the disk: run `apt-get install strace`")
    only = [argument for path in paths for argument in ("-P", str(path))]
    processes = [argument for worker in workers for argument in ("-p", str(worker))]
    calls = fault.partition(":")[0]
    tracer = subprocess.Popen(
        ["strace", "-f", "-e", f"trace={calls}", "-e", f"inject={fault}", *only, "-o", str(report), *processes],
        stderr=subprocess.PIPE,
    )
    assert tracer.stderr is not None
    injection = Injection(report)
    try:
        for _ in range(len(processes) // 2):
            while b"attached" not in (line := tracer.stderr.readline()):
                assert line, "strace ended"
        yield injection
        eventually(injection.bit, within=STRACE_SECONDS)
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(STRACE_SECONDS * load_factor())
        tracer.stderr.close()
