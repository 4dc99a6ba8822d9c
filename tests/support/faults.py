"""Faults of a running stack: each is a context manager that proves it bit, and always heals.

What stands at the path is changed by a process in a container, as an operator or an accident would change it.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from support.beside import beside
from support.stack import Stack

Fault = AbstractContextManager[None]

COPY = """
import sqlite3
source, target = sqlite3.connect("/data/api.db"), sqlite3.connect("/data/copy")
source.backup(target)
target.close()
source.close()
"""
PUT_BACK = """
import os
if os.path.isdir("/data/api.db"):
    os.rmdir("/data/api.db")
os.chown("/data/copy", 10001, 0)
os.chmod("/data/copy", 0o640)
os.replace("/data/copy", "/data/api.db")
"""
# As the remedy for a damaged file says: its log goes with it.
TAKE_THE_LOG_AWAY = """
import contextlib, os
for path in ("/data/api.db-wal", "/data/api.db-shm"):
    with contextlib.suppress(FileNotFoundError):  # the API may let go of it just now
        os.unlink(path)
"""


@contextmanager
def damaged(stack: Stack, damage: str, *, proof: str, in_place: bool = False) -> Iterator[None]:
    """Damage the database file with Python code, and put a copy of the sound one back at the end.

    Args:
        stack: Whose database.
        damage: Code that does the damage, run as the API's own user.
        proof: An expression that is true once the damage is done.
        in_place: Whether it is the file itself that is damaged, and not another one put in its place.

    """
    stack.python(COPY)
    try:
        stack.python(damage)
        assert stack.python(f"import os; print({proof})") == "True", "the fault did not bite"
        yield
    finally:
        stack.python_on_volume((TAKE_THE_LOG_AWAY if in_place else "") + PUT_BACK)


def deleted(stack: Stack) -> Fault:
    """Remove the file, as `rm` would."""
    return damaged(stack, 'import os; os.unlink("/data/api.db")', proof='not os.path.exists("/data/api.db")')


def replaced_by_empty_file(stack: Stack) -> Fault:
    """Put an empty file in the place of the database."""
    damage = 'import os; open("/data/empty", "w").close(); os.replace("/data/empty", "/data/api.db")'
    return damaged(stack, damage, proof='os.path.getsize("/data/api.db") == 0')


def replaced_by_another_database(stack: Stack) -> Fault:
    """Put some other application's database in the place of ours."""
    damage = (
        "import os, sqlite3; other = sqlite3.connect('/data/other');"
        "other.execute('CREATE TABLE bookmarks (id INTEGER)'); other.close(); os.replace('/data/other', '/data/api.db')"
    )
    return damaged(stack, damage, proof='os.path.exists("/data/api.db")')


def overwritten_with_garbage(stack: Stack) -> Fault:
    """Overwrite the file in place with bytes that are no database."""
    damage = 'open("/data/api.db", "wb").write(b"garbage " * 4096)'
    return damaged(stack, damage, proof='open("/data/api.db", "rb").read(8) == b"garbage "', in_place=True)


def truncated(stack: Stack) -> Fault:
    """Cut the file to half its length."""
    damage = (
        "import os, sqlite3; c = sqlite3.connect('/data/api.db'); c.execute('PRAGMA wal_checkpoint(TRUNCATE)');"
        "c.close(); os.truncate('/data/api.db', os.path.getsize('/data/api.db') // 2)"
    )
    proof = "os.path.getsize('/data/api.db') < os.path.getsize('/data/copy')"
    return damaged(stack, damage, proof=proof, in_place=True)


def delete_log(stack: Stack) -> None:
    """Remove the write-ahead log, as somebody might who takes it for a leftover."""
    stack.python('import os; os.unlink("/data/api.db-wal")')


def directory_in_its_place(stack: Stack) -> Fault:
    """Put a directory in the place of the file."""
    damage = 'import os; os.unlink("/data/api.db"); os.mkdir("/data/api.db")'
    return damaged(stack, damage, proof='os.path.isdir("/data/api.db")')


@contextmanager
def changed(stack: Stack, change: str, back: str, *, proof: str) -> Iterator[None]:
    """Do something to the volume with Python code, and undo it."""
    try:
        bitten = stack.python_on_volume(f"import os\n{change}\nprint({proof})")
        assert bitten == "True", "the fault did not bite"
        yield
    finally:
        stack.python_on_volume(f"import os\n{back}")


@contextmanager
def not_permitted(stack: Stack) -> Iterator[None]:
    """Give the volume to root, so that the API's user may only look."""
    give = "os.chown('/data', {user}, 0)\nos.chmod('/data', {mode})\nos.chown('/data/api.db', {user}, 0)"
    back = give.format(user=10001, mode="0o770")
    with changed(stack, give.format(user=0, mode="0o755"), back, proof="os.stat('/data/api.db').st_uid == 0"):
        yield


@contextmanager
def locked(stack: Stack) -> Iterator[None]:
    """Hold the write lock from another process, as a forgotten sqlite3 shell would."""
    with beside(stack, "c.execute('BEGIN IMMEDIATE'); print('bit', flush=True); time.sleep(600)"):
        yield


@contextmanager
def filled(stack: Stack, *, leaving: int) -> Iterator[None]:
    """Fill the volume up to so many bytes, as a forgotten dump would."""
    free = "volume = os.statvfs('/data'); free = volume.f_bavail * volume.f_frsize"
    try:
        stack.python(
            f"import os; {free}; file = os.open('/data/filler', os.O_CREAT | os.O_WRONLY);"
            f"os.posix_fallocate(file, 0, free - {leaving})"
        )
        assert int(stack.python(f"import os; {free}; print(free)")) <= leaving, "the fault did not bite"
        yield
    finally:
        stack.python("import os; os.unlink('/data/filler')")


@contextmanager
def cut_off(stack: Stack) -> Iterator[None]:
    """Take the API off the network on which the healthchecker watches it."""
    (network,) = stack.docker.networks.list(names=[f"{stack.project}_watch"])
    container = stack.container("api")
    network.disconnect(container)
    try:
        assert network.name not in stack.container("api").attrs["NetworkSettings"]["Networks"], "the fault did not bite"
        yield
    finally:
        network.connect(container, aliases=["api"])
