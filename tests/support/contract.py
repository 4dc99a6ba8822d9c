"""Hold a running API to what its OpenAPI document promises: schemathesis makes the requests and judges the answers."""

import os
import re
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
SENT = re.compile(r"(\d+) generated")


def hold_to_contract(url: str, folder: Path, *, examples: int) -> int:
    """Send each operation right and wrong requests, follow the links between them, and tell how many requests it were.

    They are the same requests in each run, so that a red one can be repeated.

    Args:
        url: Address of the API.
        folder: Where it may leave files.
        examples: Requests made up for an operation, beside the systematic ones.

    Raises:
        AssertionError: With the report, when an answer was not as promised.

    """
    cli = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "--checks", "all"]
    done = subprocess.run(
        [*cli, "--generation-deterministic", "--max-examples", str(examples)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(TESTS), "SCHEMATHESIS_HOOKS": "support.contract_hooks"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return sum(map(int, SENT.findall(done.stdout)))
