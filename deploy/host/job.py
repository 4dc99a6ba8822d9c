"""Commands on the data, each in a container of its own that has the volume and the backups."""

import os
import secrets
from typing import IO

from host import command, console
from host.command import Answer, Run
from host.trouble import Trouble

BACKUP = "backup"  # the service that has all that most commands need
SYSEXITS = range(os.EX_USAGE, os.EX_CONFIG + 1)
STOP_SECONDS = "10"
NOISE = "time="  # a warning of Compose, about the files and not about the data


def do(*words: str, service: str = BACKUP, stdin: IO[bytes] | None = None, run: Run = command.run) -> None:
    """Do a command in a container of a service, and print its result.

    Raises:
        Trouble: It refused or broke off, in its own words and with its own exit code.

    """
    print(ask(*words, service=service, stdin=stdin, run=run), end="", flush=True)


def ask(*words: str, service: str = BACKUP, stdin: IO[bytes] | None = None, run: Run = command.run) -> str:
    """Do a command in a container of a service, and give its result.

    Raises:
        Trouble: As `do`; what it has found until then is printed.

    """
    answer = _run(service, words, stdin, run)
    said = "\n".join(line for line in answer.err.splitlines() if line.strip() and not line.startswith(NOISE))
    if answer.ok:
        if said:
            console.say(said)
        return answer.out
    print(answer.out, end="", flush=True)
    if answer.code in SYSEXITS and said:
        raise Trouble(said, answer.code)
    raise Trouble(f"The work on the data broke off: {said or answer.reason}.")


def _run(service: str, words: tuple[str, ...], stdin: IO[bytes] | None, run: Run) -> Answer:
    name = f"fastapi-sqlite-backup-{secrets.token_hex(4)}"
    start = ("docker", "compose", "--progress", "quiet", "run", "--rm", "--no-deps", "-T", "--name", name, service)
    try:
        return run(*start, "python3", "-m", "backup", *words, stdin=stdin)
    except BaseException:
        # It would go on without us. A polite request first, so that it takes away what it has not finished.
        run("docker", "stop", "--time", STOP_SECONDS, name)
        run("docker", "rm", "--force", name)
        raise
