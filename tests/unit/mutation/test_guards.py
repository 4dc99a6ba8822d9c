from pathlib import Path

import pytest

from mutation.guard import Guard
from mutation.guards import GUARDS

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_each_guard_that_is_taken_away_must_be_in_the_code(guard: Guard) -> None:
    assert guard.count(ROOT) == 1
    assert guard.without != guard.code
    assert all((ROOT / tests).exists() for tests in guard.tests)


def test_a_guard_that_was_taken_away_must_be_back_afterwards(tmp_path: Path) -> None:
    (tmp_path / "door.py").write_text("if locked:\n    refuse()\n")
    guard = Guard("a door", "door.py", "if locked:", "if False:", ())
    with guard.taken_away(tmp_path):
        assert (tmp_path / "door.py").read_text() == "if False:\n    refuse()\n"
    assert (tmp_path / "door.py").read_text() == "if locked:\n    refuse()\n"
