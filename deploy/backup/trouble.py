"""What stops a command."""

import os
import sqlite3

from sqlalchemy.exc import SQLAlchemyError

from app.faults import code_of, driver_error
from app.problems import Code, ProblemError
from app.settings import ConfigurationError

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
    def because_of(cls, error: Exception) -> "Refused":
        """Put what has stopped a command, one of `KNOWN`, in words."""
        match error:
            case Refused():
                return error
            case ConfigurationError():
                return cls(os.EX_CONFIG, f"configuration error: {error}")
            case ProblemError(code=Code.DRAINING):  # we have waited for our turn in vain
                return cls(os.EX_TEMPFAIL, "The service is still preparing the database: try again when it is done.")
            case ProblemError():
                row = error.problem
                cause = f" ({error.cause})" if error.cause else ""
                exit_code = EXIT_CODES.get(error.code, os.EX_TEMPFAIL)
                return cls(exit_code, f"{row.title.rstrip('.')}{cause}. {row.remedy}")
            case OSError():
                return cls(os.EX_CANTCREAT, f"The disk refuses: {error}.")
        told = driver_error(error)
        return cls.because_of(ProblemError(code_of(error) or Code.DB_IO_ERROR, cause=f"{type(told).__name__}: {told}"))


KNOWN = (Refused, ConfigurationError, ProblemError, OSError, sqlite3.Error, SQLAlchemyError)
