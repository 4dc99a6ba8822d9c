"""The soak for two minutes: faults alone and in pairs, under load, from the command line that users have."""

import os
import re
import subprocess
import sys

import pytest

from support.stack import ARTIFACTS, ROOT

MINUTES = 2
END = re.compile(r"acknowledged=(\d+) lost=0 duplicated=0 corrupt=0")


@pytest.mark.alone
@pytest.mark.exhaustive
@pytest.mark.timeout(900)
@pytest.mark.fault("K8")
def test_two_minutes_of_faults_alone_and_in_pairs_lose_nothing(engine: None) -> None:
    command = [sys.executable, "-m", "soak", "--minutes", str(MINUTES), "--seed", "8"]
    path = os.pathsep.join(str(ROOT / folder) for folder in ("deploy", "tests"))
    ended = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    end = END.fullmatch(ended.stdout.strip())
    assert end, ended.stdout
    assert int(end[1]) > 20 * 60 * MINUTES, "many a second, with all that was broken"
    told = re.findall(r"^ ?\d+:\d\d  (.*?): .*; well after [\d.]+ s$", ended.stderr, re.MULTILINE)
    assert len(told) >= 5
    assert any(" + " in name for name in told)
    assert "SEED=8` does the same again" in (ARTIFACTS / "soak" / "report.md").read_text()
