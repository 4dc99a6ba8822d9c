"""The SQLite library that this process has loaded."""

import sqlite3

VERSION = sqlite3.sqlite_version
FIXED_BRANCHES = ((3, 44, 6), (3, 50, 7))  # of those before FIXED
FIXED = (3, 51, 3)

REMEDY = "Build the image anew: it brings a fixed SQLite where Debian has one."


def has_safe_log(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Tell whether a version is free of the WAL-reset bug, which can damage a database that many processes write to.

    The bug is in 3.7.0 to 3.51.2; see sqlite.org/wal.html#walresetbug. 3.52.0 was withdrawn.
    """
    return version >= FIXED or any(version[:2] == branch[:2] and version >= branch for branch in FIXED_BRANCHES)
