"""What a database is restored from or verified in: a file of this host, a backup in its place, or the replica."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from host.trouble import Trouble


@contextmanager
def opened(source: str) -> Iterator[tuple[str, IO[bytes] | None]]:
    """Give the word for a backup that the commands on the data take, and what they are to read, if it is a file.

    What has a slash, or is there under that name, is a file, read with the rights of this user. Anything else is a name
    in the place of the backups.

    Raises:
        Trouble: There is no such file, or it cannot be read.

    """
    path = Path(source).expanduser()
    if "/" not in source and not path.is_file():
        yield source, None
        return
    try:
        file = path.open("rb")
    except OSError as error:
        sentence = f"{source} cannot be read ({error.strerror}): name a file, a backup in BACKUP_DIR, or `latest`."
        raise Trouble(sentence, os.EX_NOINPUT) from error
    with file:
        yield "-", file
