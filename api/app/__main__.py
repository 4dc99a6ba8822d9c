"""The gate: check what the environment says, then become gunicorn's master, which forks the workers."""

import gc
import os
import re
import sys

from app import places
from app.settings import ConfigurationError, get_settings

WORKERS = re.compile(r"[1-9][0-9]?")


def main() -> None:
    """Run the server; `sys.argv` is gunicorn's own.

    Exits with 78 and one line on standard error when the environment is wrong, before anything is started.
    """
    try:
        check_workers(os.environ.get("WEB_CONCURRENCY"))
        get_settings()
    except ConfigurationError as error:
        print(f"configuration error: {error}", file=sys.stderr)  # noqa: T201 - the one line the operator reads
        raise SystemExit(os.EX_CONFIG) from None

    gc.disable()  # until all is imported, which stays: to look through it again and again is a fifth of the start
    places.make_folder()
    # Not before: gunicorn reads the variable while it is imported, and a wrong one would be a traceback.
    from gunicorn.app.wsgiapp import run  # noqa: PLC0415

    run(prog="gunicorn")


def check_workers(value: str | None) -> None:
    """Check gunicorn's own variable for the number of workers.

    Raises:
        ConfigurationError: It is no number from 1 to 99.

    """
    if value is not None and not WORKERS.fullmatch(value):
        raise ConfigurationError(
            f"WEB_CONCURRENCY is {value[:100]!a}. "
            "Set it to a number of worker processes between 1 and 99, for example WEB_CONCURRENCY=2"
        )


if __name__ == "__main__":
    main()
