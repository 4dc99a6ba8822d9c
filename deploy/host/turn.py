"""One change of the data at a time: of two, each would take back what the other has done."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from host.command import ROOT
from host.trouble import Trouble


@contextmanager
def taken() -> Iterator[None]:
    """Keep any other such verb of this folder from beginning until the block is done.

    Raises:
        Trouble: One is under way.

    """
    descriptor = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sentence = "Another restore, rollback, upgrade or destruction is under way: try again when it is done."
            raise Trouble(sentence, os.EX_TEMPFAIL) from None
        yield
    finally:
        os.close(descriptor)
