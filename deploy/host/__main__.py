"""`python3 -m host VERB [NAME=VALUE …]`: the verbs behind the Makefile, with the words that its user gives them."""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import NoReturn

from host import backup, console, destroy, doctor, drill, restore, rollback, setup, status, turn, up, upgrade, verify
from host.trouble import Trouble

VERBS: dict[str, Callable[..., None]] = {
    "up": up.up,
    "status": status.status,
    "doctor": doctor.doctor,
    "setup": setup.setup,
    "backup": backup.backup,
    "verify": verify.verify,
    "restore": restore.restore,
    "upgrade": upgrade.upgrade,
    "rollback": rollback.rollback,
    "destroy-data": destroy.destroy_data,
    "drill": drill.drill,
}

# The name of each argument of a verb, by the word that stands for it on the command line of make.
WORDS: dict[str, dict[str, str]] = {
    "backup": {"KEEP": "keep", "KEEP_DAYS": "keep_days"},
    "verify": {"FROM": "source"},
    "restore": {"FROM": "source", "AT": "at", "STOP": "stop"},
    "rollback": {"TO": "to", "LIST": "only_list"},
    "destroy-data": {"CONFIRM": "confirm"},
}

# They change the data of the stack.
ONE_AT_A_TIME = frozenset({"restore", "rollback", "upgrade", "destroy-data"})

INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Run one verb and give the exit code: 0, or that of the trouble, said in words and never as a traceback."""
    try:
        verb, words = read(arguments)
        with turn.taken() if verb in ONE_AT_A_TIME else nullcontext():
            VERBS[verb](**words)
    except Trouble as trouble:
        console.complain(str(trouble))
        return trouble.exit_code
    except OSError as error:
        console.complain(f"This host refuses: {error}.")
        return os.EX_CANTCREAT
    except KeyboardInterrupt as interrupt:
        console.complain(str(interrupt) or "Interrupted.")
        return INTERRUPTED
    return 0


def read(arguments: list[str]) -> tuple[str, Mapping[str, str]]:
    """Give the verb of a command line, and its arguments by their names.

    Raises:
        Trouble: It makes no sense.

    """
    verb = arguments[0] if arguments else ""
    if verb not in VERBS:
        said = " ".join(arguments)
        raise Trouble(f"There is no verb {said!r}. Say one of: {', '.join(VERBS)}.", os.EX_USAGE)
    known, given = WORDS.get(verb, {}), {}
    for word in arguments[1:]:
        name, equals, value = word.partition("=")
        if not equals or name not in known:
            takes = ", ".join(f"{each}=…" for each in known) or "nothing"
            raise Trouble(f"`make {verb}` does not know {word!r}; it takes {takes}.", os.EX_USAGE)
        given[known[name]] = value
    return verb, given


def interrupt(_signal: int, _frame: object) -> NoReturn:
    """Take a polite request to end as a Ctrl-C, after which things are put back."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupt)
    sys.exit(main(sys.argv[1:]))
