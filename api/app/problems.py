"""The one table of everything that can be wrong, for whoever must read or mend it.

The body of an error answer, the log line, the page at `/problems/<code>` and the documentation all come from here.
"""

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """The stable name of a problem, for programs; people read the title and the remedy."""

    DB_STARTING = "db_starting"
    DB_MISSING = "db_missing"
    DB_NOT_A_FILE = "db_not_a_file"
    DB_PERMISSION_DENIED = "db_permission_denied"
    DB_READ_ONLY = "db_read_only"
    DB_NOT_A_DATABASE = "db_not_a_database"
    DB_CORRUPT = "db_corrupt"
    DB_FOREIGN = "db_foreign"
    DB_REPLACED = "db_replaced"
    DB_SCHEMA_BEHIND = "db_schema_behind"
    DB_SCHEMA_AHEAD = "db_schema_ahead"
    DB_LOCKED = "db_locked"
    DB_DISK_FULL = "db_disk_full"
    DB_IO_ERROR = "db_io_error"
    DB_TIMEOUT = "db_timeout"
    DB_REPLICA_UNAVAILABLE = "db_replica_unavailable"
    DRAINING = "draining"
    MALFORMED_JSON = "malformed_json"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BODY_TOO_LARGE = "body_too_large"
    INVALID_REQUEST = "invalid_request"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    BAD_REQUEST = "bad_request"
    REQUEST_TIMEOUT = "request_timeout"
    URI_TOO_LONG = "uri_too_long"
    HEADERS_TOO_LARGE = "headers_too_large"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True)
class Problem:
    """One kind of problem.

    Attributes:
        status: HTTP status code.
        title: What is wrong, in one sentence.
        remedy: What to do about it, in one or two sentences.
        retry_after: Seconds after which to look again; `None` where the request itself has to change.
        passing: Whether it can pass without anybody mending anything.

    """

    status: int
    title: str
    remedy: str
    retry_after: int | None = None
    passing: bool = False


UNAVAILABLE = 503

PROBLEMS: dict[Code, Problem] = {
    Code.DB_STARTING: Problem(
        UNAVAILABLE,
        "The database is being prepared.",
        "Wait: it is created, migrated or opened; if it lasts, end what else has the database open.",
        retry_after=1,
        passing=True,
    ),
    Code.DB_MISSING: Problem(
        UNAVAILABLE,
        "The database file is missing.",
        "Put the file back, or restore a backup with make restore FROM=latest STOP=1. To start with an empty one "
        "instead, delete the hidden file with the suffix .id and the -wal and -shm files, and restart the service.",
        retry_after=5,
    ),
    Code.DB_NOT_A_FILE: Problem(
        UNAVAILABLE,
        "What stands at the database's path is not a regular file.",
        "Remove the directory or special file from that path and put the database file there.",
        retry_after=5,
    ),
    Code.DB_PERMISSION_DENIED: Problem(
        UNAVAILABLE,
        "The service is not permitted to use the database file or its directory.",
        "Give both to the service's user: chown -R 10001:0 the volume, and chmod u+rw the file.",
        retry_after=5,
    ),
    Code.DB_READ_ONLY: Problem(
        UNAVAILABLE,
        "The volume of the database is read-only.",
        "Mount the volume read-write; if the kernel made it read-only by itself, check the disk first.",
        retry_after=5,
    ),
    Code.DB_NOT_A_DATABASE: Problem(
        UNAVAILABLE,
        "The file at the database's path is not an SQLite database.",
        "Restore a backup with make restore FROM=latest STOP=1, which keeps that file; the service does not touch it.",
        retry_after=30,
    ),
    Code.DB_CORRUPT: Problem(
        UNAVAILABLE,
        "The database file is damaged.",
        "Restore a backup with make restore FROM=latest STOP=1, which keeps the damaged file, too.",
        retry_after=30,
    ),
    Code.DB_FOREIGN: Problem(
        UNAVAILABLE,
        "The database belongs to another application.",
        "Point DB_FILE_PATH to this service's own file; the service does not touch the other one.",
        retry_after=30,
    ),
    Code.DB_REPLACED: Problem(
        UNAVAILABLE,
        "The file at the database's path is not the database that this volume holds.",
        "Put the original file back, or restore a backup with make restore FROM=latest STOP=1. To accept another "
        "database of this service instead, delete the hidden file with the suffix .id and the -wal and -shm files.",
        retry_after=5,
    ),
    Code.DB_SCHEMA_BEHIND: Problem(
        UNAVAILABLE,
        "The database's schema is older than this version of the service needs.",
        "The migration to the newer schema failed and is tried again; the log says why.",
        retry_after=30,
    ),
    Code.DB_SCHEMA_AHEAD: Problem(
        UNAVAILABLE,
        "The database's schema is newer than this version of the service knows.",
        "Run the newer version of the service again, or go back to the database from before it with make rollback.",
        retry_after=30,
    ),
    Code.DB_LOCKED: Problem(
        UNAVAILABLE,
        "Another process holds the write lock of the database.",
        "Try again; if it lasts, find and end the process that holds the lock, such as an open sqlite3 shell.",
        retry_after=1,
        passing=True,
    ),
    Code.DB_DISK_FULL: Problem(
        UNAVAILABLE,
        "The volume of the database is full.",
        "Free or add space on the volume; the service goes on by itself.",
        retry_after=30,
    ),
    Code.DB_IO_ERROR: Problem(
        UNAVAILABLE,
        "The disk reported an error while the database was used.",
        "Check the disk and the kernel's log of the host, then run an integrity check.",
        retry_after=5,
        passing=True,
    ),
    Code.DB_TIMEOUT: Problem(
        UNAVAILABLE,
        "The database did not answer in time.",
        "Check whether the disk is slow or overloaded.",
        retry_after=5,
        passing=True,
    ),
    Code.DB_REPLICA_UNAVAILABLE: Problem(
        UNAVAILABLE,
        "The replica is not available.",
        "Start the replica again, or mend its store. To go on without it, delete the hidden directory with the suffix "
        ".replica beside the database.",
        retry_after=5,
        passing=True,
    ),
    Code.DRAINING: Problem(
        UNAVAILABLE,
        "The service is stopping.",
        "Send the request again; another instance or the next start will answer it.",
        retry_after=5,
        passing=True,
    ),
    Code.MALFORMED_JSON: Problem(400, "The request's body is not valid JSON.", "Correct the body and send it again."),
    Code.NOT_FOUND: Problem(404, "There is nothing at this address.", "See /docs for the addresses that exist."),
    Code.METHOD_NOT_ALLOWED: Problem(
        405, "This address does not support that method.", "Use one of the methods in the Allow header."
    ),
    Code.BODY_TOO_LARGE: Problem(413, "The request's body is too large.", "Send at most 64 KiB."),
    Code.INVALID_REQUEST: Problem(
        422,
        "The request does not have the form that this address asks for.",
        "Correct what the detail names; see /docs.",
    ),
    Code.IDEMPOTENCY_KEY_REUSED: Problem(
        422,
        "The Idempotency-Key was used for another request already.",
        "Send this request with a key of its own; a key belongs to one request and its repetitions.",
    ),
    Code.BAD_REQUEST: Problem(400, "The request cannot be understood.", "See /docs for what this address accepts."),
    Code.REQUEST_TIMEOUT: Problem(
        408,
        "The request did not arrive in time.",
        "Send its head within 10 seconds and all of it within 30.",
        passing=True,
    ),
    Code.URI_TOO_LONG: Problem(414, "The request's address is too long.", "Send at most 8 KiB."),
    Code.HEADERS_TOO_LARGE: Problem(431, "The request's headers are too large.", "Send at most 16 KiB of them."),
    Code.DEADLINE_EXCEEDED: Problem(
        UNAVAILABLE,
        "The service did not answer the request in time.",
        "Try again; if it lasts, look into the log for what the request waited for.",
        retry_after=5,
        passing=True,
    ),
    Code.INTERNAL_ERROR: Problem(
        500, "The service made a mistake.", "Report it with the time of the request: the log has the details."
    ),
}


class ProblemError(Exception):
    """Raised wherever a problem of the table is met; it becomes the answer in one place.

    Args:
        code: Which problem.
        detail: What is special about this case, safe for the caller to see: no path, SQL or exception text.
        cause: For the log alone; may name paths and quote exceptions.

    """

    def __init__(self, code: Code, *, detail: str | None = None, cause: str | None = None) -> None:
        super().__init__(f"{code}: {cause or detail or PROBLEMS[code].title}")
        self.code = code
        self.detail = detail
        self.cause = cause

    @property
    def problem(self) -> Problem:
        """The table's row for this error."""
        return PROBLEMS[self.code]

    def anew(self) -> "ProblemError":
        """Give the same problem without its traceback: what that holds on to, SQLite keeps open, with the files."""
        return ProblemError(self.code, detail=self.detail, cause=self.cause)
