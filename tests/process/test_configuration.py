import time
from pathlib import Path

import pytest

from support.server import run_server
from support.waiting import load_factor


@pytest.mark.fault("C2", "C3", "C4")
@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (None, "DB_FILE_PATH is not set."),
        ("", "DB_FILE_PATH is empty."),
        (" ", "DB_FILE_PATH is blank."),
        ("api.db", "DB_FILE_PATH is 'api.db', which is a relative path."),
        ("sqlite:////data/api.db", "DB_FILE_PATH is 'sqlite:////data/api.db', which is a URL and not a path."),
        (":memory:", "DB_FILE_PATH is ':memory:', which would lose all data at every stop."),
    ],
)
def test_a_wrong_setting_is_one_line_and_exit_78_before_anything_starts(value: str | None, fault: str) -> None:
    began = time.monotonic()
    refusal = run_server(value)
    assert refusal.returncode == 78
    assert refusal.stdout == ""
    assert refusal.stderr == (
        f"configuration error: {fault} "
        "Set it to an absolute path on a mounted volume, for example DB_FILE_PATH=/data/api.db\n"
    )
    assert time.monotonic() - began < 5 * load_factor(), "says so at once"


@pytest.mark.fault("C6")
@pytest.mark.parametrize("value", ["", "0", "-1", "abc", "1.5", "100", "9" * 5000])
def test_a_wrong_number_of_workers_is_one_line_too(value: str, tmp_path: Path) -> None:
    refusal = run_server(tmp_path / "api.db", WEB_CONCURRENCY=value)
    assert refusal.returncode == 78
    assert refusal.stderr.startswith(f"configuration error: WEB_CONCURRENCY is '{value[:100]}'. Set it to a number")
    assert refusal.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.fault("C7")
def test_a_misspelt_variable_is_told_as_the_one_that_is_missing(tmp_path: Path) -> None:
    refusal = run_server(None, DB_FILE_PTH=str(tmp_path / "api.db"))
    assert refusal.returncode == 78
    assert refusal.stderr.startswith("configuration error: DB_FILE_PATH is not set.")
    assert refusal.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
