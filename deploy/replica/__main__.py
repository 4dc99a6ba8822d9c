"""`python3 -m replica run`: the sidecar's process."""

import argparse
import logging.config
import os
import sys

from app import logs
from app.datafile import DataFile
from app.problems import ProblemError
from app.settings import ConfigurationError
from app.settings import read_settings as read_api_settings
from backup import owner
from backup.trouble import Refused
from replica import service
from replica.settings import read_settings


def main() -> int:
    """Run until stopped and give the exit code: 0, or that of what stopped it, said in one sentence."""
    parser = argparse.ArgumentParser(
        prog="replica", description="Brings every write of the database to a second place."
    )
    parser.add_subparsers(required=True, metavar="VERB").add_parser("run", help="replicate until stopped")
    parser.parse_args()
    logging.config.dictConfig(logs.configure())
    try:
        file, settings = DataFile(read_api_settings().db_file_path), read_settings()
        if settings.folder:
            # Litestream makes the folder itself, in what is mounted there.
            owner.take(next(each for each in (settings.folder, *settings.folder.parents) if each.is_dir()))
        owner.drop()
        service.run(file, settings)
    except (Refused, ProblemError, ConfigurationError) as error:
        told = Refused.because_of(error)
        return _complain(str(told), told.exit_code)
    except OSError as error:
        return _complain(f"The system refuses: {error}.", os.EX_UNAVAILABLE)
    return os.EX_OK


def _complain(sentence: str, exit_code: int) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 - the one line the operator reads
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
