"""What stops a command."""

import os

from app.problems import Code, ProblemError

# By code of the problem; what is not here may pass: try again.
EXIT_CODES = {
    Code.DB_MISSING: os.EX_UNAVAILABLE,
    Code.DB_NOT_A_FILE: os.EX_DATAERR,
    Code.DB_NOT_A_DATABASE: os.EX_DATAERR,
    Code.DB_CORRUPT: os.EX_DATAERR,
    Code.DB_FOREIGN: os.EX_DATAERR,
    Code.DB_REPLACED: os.EX_DATAERR,
    Code.DB_SCHEMA_AHEAD: os.EX_DATAERR,
    Code.DB_PERMISSION_DENIED: os.EX_CANTCREAT,
    Code.DB_READ_ONLY: os.EX_CANTCREAT,
    Code.DB_DISK_FULL: os.EX_CANTCREAT,
}


class Refused(Exception):  # noqa: N818 - it is what happens to the command, and reads so where it is raised
    """A reason to stop, in words for the operator, with one of the exit codes of sysexits."""

    def __init__(self, exit_code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code

    @classmethod
    def because_of(cls, problem: ProblemError) -> "Refused":
        """Put a problem of the service's table in the words of a command."""
        if problem.code is Code.DRAINING:  # we have waited for our turn in vain
            return cls(os.EX_TEMPFAIL, "The service is still preparing the database: try again when it is done.")
        row = problem.problem
        cause = f" ({problem.cause})" if problem.cause else ""
        return cls(EXIT_CODES.get(problem.code, os.EX_TEMPFAIL), f"{row.title.rstrip('.')}{cause}. {row.remedy}")
