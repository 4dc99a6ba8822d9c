"""`python -m proof check|test|all|RING [what pytest takes]`: run tests in parallel, with all that they need."""

import signal
import sys

# Until there is something that it must put right, a Ctrl-C just ends it, and prints no traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

if __name__ == "__main__":
    from proof.main import main

    sys.exit(main(sys.argv[1:]))
