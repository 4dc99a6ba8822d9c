"""`python3 -m backup VERB`: the commands of the backups; they run in a container that has the volume."""

import argparse
import logging.config
import os
import signal
import sys
from datetime import UTC, datetime
from typing import NoReturn

from app import logs
from app.datafile import DataFile
from app.settings import read_settings
from backup import owner, verbs
from backup.settings import FOLDER
from backup.trouble import KNOWN, Refused

INTERRUPTED = 130


def main() -> int:
    """Run one command and give the exit code: 0, or that of what stopped it, said in one sentence."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that nothing unfinished is left
    arguments = parser().parse_args()
    logging.config.dictConfig(logs.configure())
    try:
        file = DataFile(read_settings().db_file_path)
        if arguments.changes_database:
            owner.give_database(file.path)
        owner.take(FOLDER)
        owner.drop()
        arguments.run(file, arguments)
    except KNOWN as error:
        refused = Refused.because_of(error)
        print(refused, file=sys.stderr)
        return refused.exit_code
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    return os.EX_OK


class Parser(argparse.ArgumentParser):
    """A command line whose mistakes end with the exit code of sysexits."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end."""
        self.exit(os.EX_USAGE, f"{message[:1].upper()}{message[1:]}.\n")


def parser() -> Parser:
    """Describe the command line."""
    described = Parser(prog="backup", description="Backups of the database, and the way back.")
    commands = described.add_subparsers(required=True, metavar="VERB")

    def add(verb: verbs.Verb, *, changes_database: bool = False) -> argparse.ArgumentParser:
        about = (verb.__doc__ or "").partition("\n")[0]
        command = commands.add_parser(verb.__name__, help=about, description=about)
        command.set_defaults(run=verb, changes_database=changes_database)
        return command

    make = add(verbs.create)
    make.add_argument("--keep", type=_count, help="how many backups to keep")
    make.add_argument("--keep-days", type=_days, help="for how many days to keep them")
    add(verbs.verify).add_argument("name", nargs="?", help="a backup, `latest`, or - for standard input")
    staging = add(verbs.stage, changes_database=True)
    staging.add_argument("name", nargs="?", help="a backup, `latest`, or - for standard input")
    staging.add_argument("--snapshot", metavar="NAME", help="a snapshot")
    staging.add_argument("--replica", action="store_true", help="what the replica has")
    staging.add_argument("--at", type=_moment, metavar="TIME", help="what it had at a time, as 2026-01-31T12:00:00Z")
    for verb in (verbs.swap, verbs.undo, verbs.settle):
        add(verb, changes_database=True)
    for verb in (verbs.state, verbs.run):
        add(verb)
    return described


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of backups, 1 or more")
    return number


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = 0
    if not days > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days above 0")
    return days


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-01-31T12:00:00Z") from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
