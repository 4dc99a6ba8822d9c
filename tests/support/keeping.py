"""The verbs that keep the data, as a user runs them, on a stack of a test's own."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from docker.errors import APIError, NotFound

from support.images import ROOT
from support.stack import Stack
from support.waiting import eventually

SECONDS = 150


@dataclass(frozen=True)
class Keeper:
    """Whoever runs the verbs on a stack.

    Attributes:
        stack: Which one.
        backups: The folder on this host where its backups go.

    """

    stack: Stack
    backups: Path

    @property
    def environment(self) -> dict[str, str]:
        """What makes a verb one of this stack."""
        files = self.stack.compose_file_name
        return {
            **os.environ,
            **dict(line.split("=", 1) for line in self.stack.env_path.read_text().splitlines()),
            "COMPOSE_FILE": os.pathsep.join([files] if isinstance(files, str) else map(str, files or ())),
            "COMPOSE_PROJECT_NAME": self.stack.project,
            "COMPOSE_ENV_FILES": str(self.stack.env_path),  # and not the one of whoever owns this clone
            "BACKUP_DIR": str(self.backups),
            "PYTHONPATH": str(ROOT / "deploy"),
        }

    def run(self, verb: str, **words: str) -> subprocess.CompletedProcess[str]:
        """Run a verb to its end."""
        line, environment = command(verb, words), self.environment
        return subprocess.run(
            line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )

    def done(self, verb: str, **words: str) -> str:
        """Run a verb that must succeed, and give its results."""
        ended = self.run(verb, **words)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def killed(self, line: str, verb: str, **words: str) -> str:
        """Run a verb until it says a line that begins so, kill it with all that runs for it, and give what it said."""
        with self._begun(verb, words) as process:
            try:
                said = read_until(process, line)
            finally:
                process.kill()
                kill_children(self.stack.project)
                eventually(self._kill_jobs, within=10)
        return said

    def interrupted(self, line: str, verb: str, **words: str) -> tuple[int, str]:
        """Run a verb until it says a line that begins so, press Ctrl-C, and give its exit code and all that it said."""
        with self._begun(verb, words) as process:
            said = read_until(process, line)
            process.send_signal(signal.SIGINT)
            rest, _ = process.communicate(timeout=SECONDS)
        return process.returncode, said + rest

    def _begun(self, verb: str, words: dict[str, str]) -> subprocess.Popen[str]:
        line, environment = command(verb, words), self.environment
        return subprocess.Popen(
            line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def _kill_jobs(self) -> None:
        labels = [f"com.docker.compose.project={self.stack.project}", "com.docker.compose.oneoff=True"]
        found = self.stack.docker.containers.list(all=True, filters={"label": labels}, ignore_removed=True)
        for container in found:
            with suppress(NotFound, APIError):  # it may end by itself just now
                container.remove(force=True)
        assert not found


def read_until(process: subprocess.Popen[str], line: str) -> str:
    """Read what a process says up to a line that begins so."""
    said = ""
    while f"\n{line}" not in f"\n{said}":
        read = process.stdout.readline() if process.stdout else ""
        assert read, f"it ended without saying: {line}\n{said}"
        said += read
    return said


def kill_children(project: str) -> None:
    """Kill the processes of this host that work for a stack."""
    mark = f"COMPOSE_PROJECT_NAME={project}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)


def command(verb: str, words: dict[str, str]) -> list[str]:
    """Give the command line of a verb."""
    return [sys.executable, "-m", "host", verb, *(f"{name}={value}" for name, value in words.items())]
