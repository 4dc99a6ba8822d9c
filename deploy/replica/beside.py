"""Work on a thread of its own, beside a block."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beside(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Do the work until the block ends; then its event is set, and nobody waits for what it still does."""
    over = threading.Event()
    threading.Thread(target=work, args=(over,), daemon=True).start()
    try:
        yield
    finally:
        over.set()
