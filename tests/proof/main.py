"""What a run of the tests is, from its first line to its last.

It runs on any Python and needs nothing but the standard library: the tools of the tests are brought by it.
"""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from host import console
from host.command import ROOT
from proof import environment, leftovers, orphans, run, subprocesses, tools
from proof.leftovers import EngineError
from proof.rings import RINGS
from proof.run import Run
from proof.screen import Screen
from proof.subprocesses import Command

INTERRUPTED = 130
USAGE, REFUSED = 64, 73
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Verb:
    """What a verb runs.

    Attributes:
        promise: What it proves, and about how long that takes.
        rings: The folders of its tests.
        options: What pytest is told besides.
        rows: The rows of the fault matrix that it must prove, in the words of the option `--rows`.

    """

    promise: str
    rings: tuple[str, ...]
    options: tuple[str, ...] = ()
    rows: str = ""


VERBS = {
    "check": Verb(
        "Checking form, types, single modules and the API in process, in about 90 s on two cores.",
        RINGS[:3],
        ("-m", "not exhaustive"),
    ),
    "test": Verb(
        "Proving each rule, on real processes and containers, in about 7 min on two cores; the first time, when the "
        "images are built, it takes some 3 min more.",
        RINGS,
        ("-m", "not exhaustive"),
        rows="usual",
    ),
    "all": Verb(
        "Proving everything there is, each case, the drill and the soak, in about 15 min on two cores; the first time, "
        "when the images are built, it takes some 3 min more.",
        RINGS,
        rows="all",
    ),
    **{ring: Verb(f"Running tests/{ring}.", (ring,)) for ring in RINGS},
    "tools": Verb("Bringing the tools of the tests.", ()),
}
NEEDS_THE_HOST = {"process", "stack"}  # strace, Compose, and a base image for the images


def main(words: Sequence[str]) -> int:
    """Run the verb that the first word is, the others being pytest's, and return the exit code.

    That is pytest's own, or 130 where the run was interrupted.
    """
    verb = VERBS.get(words[0] if words else "")
    if verb is None:
        console.complain(f"Say one of: {', '.join(VERBS)}.")
        return USAGE
    screen, network = Screen(sys.stdout), environment.of_the_network(os.environ)
    environment.isolate()
    orphans.adopt()
    try:
        this, descriptor = run.begin()
    except OSError as error:
        console.complain(f"This host refuses: {error}.")
        return REFUSED
    try:
        listen()
        code = prove(verb, words[1:], screen, network, descriptor)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except OSError as error:
        screen.clear()
        console.complain(f"This host refuses: {error}.")
        code = REFUSED
    finally:
        ignore()
    screen.clear()
    return clean_up(this, code)


def prove(verb: Verb, options: Sequence[str], screen: Screen, network: Mapping[str, str], descriptor: int) -> int:
    """Bring what is lacking, run the tests, and return the exit code."""
    screen.show(verb.promise)
    remove_the_dead(screen)
    python = {"PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in ("deploy", "tests"))}
    host = {**os.environ, **network, **python, "COMPOSE_FILE": "compose.yaml"}
    needed = []
    if not tools.are_complete():
        needed.append(Command("making the environment", [sys.executable, "-m", "proof.tools"], host))
    if NEEDS_THE_HOST & set(verb.rings):
        needed.append(Command("checking what this host lacks", [sys.executable, "-m", "host", "setup"], host))
    code = subprocesses.run(needed, screen.show)
    if code or not verb.rings:
        return code
    own = {**os.environ, "TMPDIR": str(run.current().scratch)}
    pytest = [str(tools.BIN / "python"), "-m", "pytest", "--progress", f"--color={screen.colour}", "-n", workers()]
    pytest += [*verb.options, *([f"--rows={verb.rows}"] if verb.rows and not options else []), *options]
    tests = Command("running the tests", [*pytest, *(f"tests/{ring}" for ring in verb.rings)], own, (descriptor,))
    return subprocesses.run([tests], screen.show)


def remove_the_dead(screen: Screen) -> None:
    """Remove what killed runs of this checkout left behind."""
    for other in run.dead():
        try:
            if left := leftovers.remove(other):
                screen.show(f"Removed what a killed run left behind: {', '.join(left)}.")
        except EngineError as error:
            screen.show(f"A killed run may have left something behind: {error}.")


def clean_up(this: Run, code: int) -> int:
    """Take away what is left of a run, say what was, and return the exit code."""
    left = orphans.end(this.name)
    try:
        left += leftovers.remove(this)
    except EngineError as error:
        console.complain(f"Something may be left behind, which the next run removes: {error}.")
        return code or 1
    if code == INTERRUPTED:
        console.complain("Interrupted; nothing is left behind.")
    elif left:
        console.complain(f"The tests left these behind; they are removed now: {', '.join(left)}.")
        code = code or 1
    return code


def workers() -> str:
    """Return how many tests run at once: more than there are cores, as many tests wait most of the time."""
    return str(2 * min(os.cpu_count() or 1, 4))


def listen() -> None:
    """Take a Ctrl-C, a polite request to end and the end of the terminal as an interrupt, once."""
    for number in ENDING:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup has set it so
            signal.signal(number, interrupt)


def ignore() -> None:
    """Be deaf to all of these."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def interrupt(_signal: int, _frame: object) -> NoReturn:
    """Break off what goes on."""
    ignore()
    raise KeyboardInterrupt
