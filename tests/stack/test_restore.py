"""A restore that is killed at one step after the other: the old database or the new one is in place, and is told."""

from collections.abc import Iterator

import pytest

from support.keeping import Keeper
from support.stack import Stack

# A verb that changes data refuses to begin while another one of this checkout goes on, whatever its stack is.
pytestmark = pytest.mark.xdist_group("verbs")

OLD, NEW = [(1, "old"), (2, "later")], [(1, "old")]
TOLD = {
    "staged": "An earlier restore was interrupted. The database from before it is in place.",
    "swapped": "An earlier restore was interrupted. The database that it put is in place.",
}


Rows = list[tuple[int, str]]


@pytest.fixture(scope="module")
def keeper(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keeper]:
    """Give a stack whose database holds a task more than the backup of it."""
    folder = tmp_path_factory.mktemp("restore")
    with Stack("restore", folder) as stack:
        started = stack.up("api")
        assert started.returncode == 0, started.stderr
        keeper = Keeper(stack, folder / "backups")
        stack.post("/tasks", {"name": "old"})
        keeper.done("backup")
        stack.post("/tasks", {"name": "later"})
        yield keeper


def in_place(keeper: Keeper) -> Rows:
    is_stopped = keeper.stack.state("api")["Status"] != "running"
    rows, damage = keeper.stack.stored(stopped=is_stopped)
    assert not damage
    return rows


def test_a_restore_that_is_interrupted_puts_the_old_database_back_and_starts_it(keeper: Keeper) -> None:
    code, said = keeper.interrupted("Starting the stack", "restore", FROM="latest", STOP="1")
    assert code == 130
    assert said.endswith("Interrupted. The old database is in place. The stack runs with it again.\n")
    assert keeper.stack.health("api") == "healthy"
    assert in_place(keeper) == OLD


@pytest.mark.exhaustive
@pytest.mark.timeout(480)
@pytest.mark.fault("B2")
def test_a_restore_that_is_killed_leaves_the_old_database_or_the_new_one_and_the_next_says_which(
    keeper: Keeper,
) -> None:
    keeper.killed("Bringing the database", "restore", FROM="latest", STOP="1")
    assert in_place(keeper) == OLD

    said = keeper.killed("Putting it in place", "restore", FROM="latest", STOP="1")
    assert "An earlier restore" not in said, "it had not come so far that there was anything to say"
    found = in_place(keeper)
    assert found in (OLD, NEW)

    said = keeper.killed("Starting the stack", "restore", FROM="latest", STOP="1")
    assert TOLD["staged" if found == OLD else "swapped"] in said
    assert in_place(keeper) == NEW

    ended = keeper.run("restore", FROM="latest", STOP="1")
    assert ended.returncode == 0, ended.stderr
    assert TOLD["swapped"] in ended.stderr
    assert in_place(keeper) == NEW
