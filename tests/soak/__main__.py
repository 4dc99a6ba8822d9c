"""`python -m soak [--minutes 10] [--seed 1]`: break a stack under load, and tell what was lost."""

import argparse
import random
import signal
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from docker.errors import DockerException
from testcontainers.core.config import testcontainers_config

from host import console
from host.trouble import Trouble
from proof import environment
from proof.leftovers import own_run
from soak.report import report
from soak.run import soak
from support import images
from support.stack import ARTIFACTS

INTERRUPTED = 130
SHORTEST_MINUTES = 0.5


def main(arguments: list[str]) -> int:
    """Run a soak and give the exit code: 0 when nothing was lost and all recovered in time."""
    wanted = parse(arguments)
    signal.signal(signal.SIGTERM, interrupt)
    testcontainers_config.ryuk_disabled = True  # its image is on a registry
    try:
        images.build("api", "healthchecker")
        with tempfile.TemporaryDirectory(prefix="soak-") as folder:
            result = soak(Path(folder), minutes=wanted.minutes, seed=wanted.seed)
    except Trouble as trouble:
        console.complain(str(trouble))
        return trouble.exit_code
    except (AssertionError, OSError, DockerException) as error:
        console.complain("\n".join([f"The soak broke off: {error}", *getattr(error, "__notes__", [])]))
        return 1
    except KeyboardInterrupt:
        console.complain("Interrupted; nothing is left behind.")
        return INTERRUPTED
    report(result, ARTIFACTS / "soak")
    print(result.account)
    if result.complaint:
        console.complain(result.complaint)
        return 1
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="soak", usage="python -m soak [--minutes 10] [--seed 1]")
    parser.add_argument("--minutes", type=minutes, default=10.0)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311 - no secret
    return parser.parse_args(arguments)


def minutes(text: str) -> float:
    """Read a time that is long enough to break anything in."""
    if (number := float(text)) < SHORTEST_MINUTES:
        raise argparse.ArgumentTypeError(f"{text} is too short: give {SHORTEST_MINUTES} or more")
    return number


def interrupt(_signal: int, _frame: object) -> NoReturn:
    """Take a polite request to end as a Ctrl-C."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    environment.isolate()
    with own_run():
        sys.exit(main(sys.argv[1:]))
