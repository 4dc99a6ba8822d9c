"""Faults of the volume: nothing but what an operator can undo without losing anything.

What is moved away is put back itself, never a copy: a copy would lack what was acknowledged since.
All is done from a container beside the API's, so that it is possible whatever state the API is in.
"""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

from support.beside import beside
from support.faults import changed
from support.stack import Stack

AWAY = "os.rename('/data/api.db', '/data/away')"
BACK = "os.replace('/data/away', '/data/api.db')"


@contextmanager
def moved_away(stack: Stack) -> Iterator[None]:
    """Move the file away."""
    with changed(stack, AWAY, BACK, proof="not os.path.exists('/data/api.db')"):
        yield


@contextmanager
def directory_in_its_place(stack: Stack) -> Iterator[None]:
    """Put a directory in the place of the file."""
    back = f"os.rmdir('/data/api.db')\n{BACK}"
    with changed(stack, f"{AWAY}\nos.mkdir('/data/api.db')", back, proof="os.path.isdir('/data/api.db')"):
        yield


@contextmanager
def other_in_its_place(stack: Stack) -> Iterator[None]:
    """Put some other application's database in the place of the file."""
    change = f"""
import sqlite3
other = sqlite3.connect('/data/other')
other.execute('CREATE TABLE bookmarks (id INTEGER)')
other.close()
os.chown('/data/other', 10001, 0)
{AWAY}
os.rename('/data/other', '/data/api.db')"""
    proof = "os.stat('/data/api.db').st_ino != os.stat('/data/away').st_ino"
    with changed(stack, change, BACK, proof=proof):
        yield


@contextmanager
def empty_in_its_place(stack: Stack) -> Iterator[None]:
    """Put an empty file in the place of the file."""
    change = f"{AWAY}\nopen('/data/api.db', 'w').close()\nos.chown('/data/api.db', 10001, 0)"
    with changed(stack, change, BACK, proof="os.path.getsize('/data/api.db') == 0"):
        yield


@contextmanager
def deleted(stack: Stack, ending: str) -> Iterator[None]:
    """Remove a file that SQLite keeps beside the database; the API mends that by itself."""
    path = f"'/data/api.db{ending}'"
    change = f"was = os.stat({path}).st_ino\nos.unlink({path})"
    proof = f"not os.path.exists({path}) or os.stat({path}).st_ino != was"
    with changed(stack, change, "", proof=proof):
        yield


@contextmanager
def long_reader(stack: Stack) -> Iterator[None]:
    """Keep a read open, so that the log can only grow."""
    read = "c.execute('BEGIN'); c.execute('SELECT count(*) FROM tasks').fetchone()"
    with beside(stack, f"{read}; print('bit', flush=True); time.sleep(600)"):
        yield


@contextmanager
def checkpoints(stack: Stack) -> Iterator[None]:
    """Bring the log home again and again from another process, as an eager administrator might."""
    code = """
        while True:
            c.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchone()
            print('bit', flush=True)
            time.sleep(0.2)"""
    with beside(stack, textwrap.dedent(code)):
        yield


@contextmanager
def backups(stack: Stack) -> Iterator[None]:
    """Copy the database again and again by SQLite's own backup."""
    code = """
        while True:
            copy = sqlite3.connect('/tmp/copy')
            c.backup(copy)
            copy.close()
            print('bit', flush=True)
            time.sleep(0.2)"""
    with beside(stack, textwrap.dedent(code)):
        yield
