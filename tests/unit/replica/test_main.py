import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.server import API, environment


@pytest.mark.fault("G13")
@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"REPLICA_SYNC": "maybe"}, "configuration error: REPLICA_SYNC is 'maybe'. Set it to 0, or 1"),
        ({"REPLICA_URL": "s3://"}, "configuration error: REPLICA_URL names no bucket. Set it to a place such as"),
        ({"DB_FILE_PATH": "api.db"}, "configuration error: DB_FILE_PATH is 'api.db', which is a relative path."),
    ],
)
def test_a_wrong_variable_is_one_line_and_exit_code_78(
    variables: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    env = environment(tmp_path / "api.db")
    ended = subprocess.run(
        [sys.executable, "-m", "replica", "run"],
        env={**env, "PYTHONPATH": f"{API}:{API.parent / 'deploy'}", **variables},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == os.EX_CONFIG
    assert ended.stderr.startswith(sentence)
    assert ended.stderr.count("\n") == 1
