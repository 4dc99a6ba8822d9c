"""`python3 -m host VERB`: the verbs behind the Makefile."""

import sys

from host import console, doctor, setup, status, up
from host.trouble import Trouble

VERBS = {"up": up.up, "status": status.status, "doctor": doctor.doctor, "setup": setup.setup}

USAGE = 64  # these two are sysexits
CANNOT_CREATE = 73
INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Run one verb and give the exit code: 0, or that of the trouble, said in words and never as a traceback."""
    if len(arguments) != 1 or arguments[0] not in VERBS:
        console.complain(f"There is no verb {' '.join(arguments)!r}. Say one of: {', '.join(VERBS)}.")
        return USAGE
    try:
        VERBS[arguments[0]]()
    except Trouble as trouble:
        console.complain(str(trouble))
        return trouble.exit_code
    except OSError as error:
        console.complain(f"This host refuses: {error}.")
        return CANNOT_CREATE
    except KeyboardInterrupt:
        console.complain("Interrupted.")
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
