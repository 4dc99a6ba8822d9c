"""What a run of the tests is, from its first line to its last.

It runs on any Python and needs nothing but the standard library: the tools of the tests are brought by it.
"""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from host import console, patience
from host.command import ROOT
from proof import caller, children, environment, leftovers, orphans, run
from proof.children import Command
from proof.rings import RINGS
from proof.screen import Screen

INTERRUPTED = 130
USAGE = 64


@dataclass(frozen=True)
class Verb:
    """What a verb runs.

    Attributes:
        promise: What it proves, and about how long that takes on two cores.
        rings: The folders of its tests.
        options: What pytest is told besides.

    """

    promise: str
    rings: tuple[str, ...]
    options: tuple[str, ...] = ()


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
        ("-m", "not exhaustive", "--rows=usual"),
    ),
    "all": Verb(
        "Proving everything there is, each case, the drill and the soak, in about 15 min on two cores.",
        RINGS,
        ("--rows=all",),
    ),
    **{ring: Verb(f"Running tests/{ring}.", (ring,)) for ring in RINGS},
    "environment": Verb("Bringing the tools of the tests.", ()),
}
NEEDS_THE_HOST = {"process", "stack"}  # strace, Compose, and a base image for the images


def main(words: Sequence[str]) -> int:
    """Run one verb and return the exit code: pytest's own, or 130 where it was broken off."""
    names = [word for word in words if word in VERBS]
    if not names:
        console.complain(f"Say one of: {', '.join(VERBS)}.")
        return USAGE
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what is in the background without it
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    network = caller.of_the_network(dict(os.environ))
    caller.forget()
    orphans.adopt()
    this, descriptor = run.begin()
    try:
        code = prove(
            [VERBS[name] for name in names], [word for word in words if word not in VERBS], network, descriptor
        )
    except KeyboardInterrupt:
        code = INTERRUPTED
    with patience.asked("Cleaning up; a moment."):
        left = [*orphans.end(), *leftovers.remove(this)]
    if code == INTERRUPTED:
        console.complain("Interrupted; nothing is left behind.")
    elif left:
        console.complain(f"The tests have left behind what is removed now: {', '.join(left)}.")
        code = code or 1
    return code


def prove(verbs: Sequence[Verb], options: Sequence[str], network: Mapping[str, str], descriptor: int) -> int:
    """Bring what is lacking, and run the tests."""
    screen, rings = Screen(sys.stdout), [ring for verb in verbs for ring in verb.rings]
    for verb in verbs:
        screen.show(verb.promise)
    for other in run.others():
        if not other.goes_on and (left := leftovers.remove(other)):
            screen.show(f"Removed what a run left behind that was killed: {', '.join(left)}.")
    python = {"PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in ("deploy", "tests"))}
    host = {**os.environ, **network, **python}
    needed = []
    if not environment.is_complete():
        needed.append(Command("making the environment", [sys.executable, "-m", "proof.environment"], host))
    if NEEDS_THE_HOST & set(rings):
        needed.append(Command("looking what this host lacks", [sys.executable, "-m", "host", "setup"], host))
    if code := children.run(needed, screen.show):
        return code
    if not rings:
        return 0
    own = {**os.environ, "TMPDIR": str(run.current().scratch), "COLUMNS": str(screen.width)}
    pytest = [str(environment.BIN / "python"), "-m", "pytest", "--progress", f"--color={screen.colour}"]
    pytest += [
        "-n",
        str(workers()),
        *(option for verb in verbs for option in verb.options),
        *options,
    ]
    return children.run(
        [Command("running the tests", [*pytest, *(f"tests/{ring}" for ring in rings)], own, (descriptor,))], screen.show
    )


def workers() -> int:
    """Return how many tests run at once: more than there are cores, as many tests wait most of the time."""
    return 2 * min(len(os.sched_getaffinity(0)), 4)


def interrupt(_signal: int, _frame: object) -> NoReturn:
    """Take a polite request to end as a Ctrl-C."""
    raise KeyboardInterrupt
