"""Ends a piece of work by SIGKILL at each of its steps in turn: wherever Python itself touches a file.

Runs as a process of its own, because it forks: `python -m support.steps MODULE:SCENE FOLDER`.
"""

import gc
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
# What changes files, and what opens them; see docs.python.org/3/library/audit_events.html.
EVENTS = frozenset({"open", "os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.chmod", "sqlite3.connect"})
MOST_STEPS = 400


class Scene(NamedTuple):
    """What is ended: all three functions get a folder, which `build` fills, `work` changes and `look` tells of."""

    build: Callable[[Path], object]
    work: Callable[[Path], object]
    look: Callable[[Path], Any]


def each_step(scene: str, folder: Path) -> list[Any]:
    """Give what was found after each kill, in their order, and at last after the work that came to its end."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}/api:{ROOT}/deploy:{TESTS}"}
    done = subprocess.run(
        [sys.executable, "-m", "support.steps", scene, str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stderr.splitlines()]
    assert len(found) > 5, "the work has hardly any steps"
    return found


def _found(scene: Scene, folder: Path) -> Iterator[Any]:
    built = folder / "built"
    built.mkdir(parents=True)
    scene.build(built)
    gc.freeze()  # as the server does before it forks
    for step in range(1, MOST_STEPS):
        place = folder / "scene"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(built, place)
        child = os.fork()
        if child == 0:
            _kill_at(step)
            scene.work(place)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0, f"the work failed at step {step}"
        yield scene.look(place)
        if os.WIFEXITED(status):
            return
    raise AssertionError(f"the work has more than {MOST_STEPS} steps")


def _kill_at(step: int) -> None:
    left = step

    def on_event(event: str, _arguments: object) -> None:
        nonlocal left
        if event in EVENTS:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(on_event)


def main() -> None:
    """Print a line of JSON for each step."""
    module, _, name = sys.argv[1].partition(":")
    for found in _found(getattr(importlib.import_module(module), name), Path(sys.argv[2])):
        sys.stderr.write(json.dumps(found) + "\n")  # what the service logs goes to the standard output


if __name__ == "__main__":
    main()
