"""Takes each guard away in turn, in a copy of the project, and shows that the tests notice."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mutation.guard import Guard
from mutation.guards import GUARDS

ROOT = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 240


def main() -> int:
    """Try the guards whose names contain the first argument, by default all; exit code 1 when one is not noticed."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    guards = [guard for guard in GUARDS if wanted in guard.name]
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copy = Path(folder, "project")
        copy_project(copy)
        unnoticed = [guard.name for guard in guards if not is_noticed(guard, copy)]
    if unnoticed:
        print(
            f"{len(unnoticed)} of {len(guards)} guards can be taken away and no test notices: {', '.join(unnoticed)}."
        )
        return 1
    print(f"Each of {len(guards)} guards was taken away, and the tests failed each time.")
    return 0


def copy_project(to: Path) -> None:
    """Copy what git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def is_noticed(guard: Guard, copy: Path) -> bool:
    """Run the tests of a guard without it, print what came of that, and tell whether they failed."""
    began = time.monotonic()
    with guard.taken_away(copy):
        try:
            ended = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--timeout=120", *guard.tests],
                cwd=copy,
                capture_output=True,
                text=True,
                timeout=LONGEST_SECONDS,
                check=False,
            )
            by = next((line for line in ended.stdout.splitlines() if line.startswith("FAILED tests/")), None)
        except subprocess.TimeoutExpired:
            by = f"not done after {LONGEST_SECONDS} s"
    verdict = "RED  " if by else "GREEN"  # an error before the test itself shows nothing
    print(f"{verdict} {time.monotonic() - began:5.1f} s  {guard.name}  {(by or '')[:100]}", flush=True)
    return by is not None


if __name__ == "__main__":
    raise SystemExit(main())
