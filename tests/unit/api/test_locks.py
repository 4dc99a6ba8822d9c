from pathlib import Path

import pytest

from app.locks import Use
from app.problems import ProblemError


def test_who_joins_others_must_use_what_they_use(tmp_path: Path) -> None:
    first = Use(tmp_path / "use")
    first.join("one log")
    second = Use(tmp_path / "use")
    with pytest.raises(ProblemError, match="db_starting: another process still uses one log, and this one another"):
        second.join("another")
    second.join("one log")
    first.leave()
    second.leave()


def test_who_is_alone_says_what_is_used(tmp_path: Path) -> None:
    first = Use(tmp_path / "use")
    first.join("one log, and a long record")
    first.leave()
    second = Use(tmp_path / "use")
    second.join("another")
    third = Use(tmp_path / "use")
    assert (third.is_alone, third.record) == (False, "another")
    second.leave()
    third.leave()
