"""A service that runs in a container, and the generator of its load in another one beside it."""

import contextlib
import time
from typing import Any, cast

from docker.errors import APIError
from docker.models.containers import Container

from bench import measurement
from bench.contenders import Contender
from bench.measurement import Measurement
from bench.plan import ROWS
from host.trouble import Trouble

READY_SECONDS = 120
AWAKE_SECONDS = 5
PROBE = "python3 -I -S /srv/healthcheck.py http://127.0.0.1:8000/db-check"


class Service:
    """One contender at work."""

    def __init__(self, contender: Contender, container: Container, load: Container) -> None:
        self.contender = contender
        self.container = container
        self.load = load

    def wait_until_it_answers(self) -> None:
        """Wait for the first 200 of `/db-check`.

        Raises:
            Trouble: It does not come, with the last words of the service.

        """
        deadline = time.monotonic() + READY_SECONDS
        said = ""
        while time.monotonic() < deadline:
            try:
                code, said = execute(self.container, PROBE)
            except APIError:  # the container has ended
                break
            if code == 0:
                return
            time.sleep(0.1)
        last = self.container.logs(tail=1).decode(errors="replace").strip() or said.strip()
        raise Trouble(f"{self.contender.title} does not answer /db-check with 200; the last it said is: {last}")

    def measure(self, workload: str, *, connections: int, seconds: float, rows: int = ROWS) -> Measurement:
        """Put a load on the service and give what came of it.

        Raises:
            Trouble: The load generator failed.

        """
        # Interrupted after the time, because wrk itself knows whole seconds only; a slow answer is no error, it belongs
        # to the latencies, so wrk's own timeout is longer than any wait.
        code, said = execute(
            self.load,
            f"timeout --signal INT {seconds:g} "
            f"wrk --threads 1 --connections {connections} --duration {int(seconds) + 60}s --timeout 60s "
            f"--script /load.lua http://127.0.0.1:8000 -- {workload} {rows}",
        )
        try:
            return measurement.parse(said)
        except ValueError as error:
            raise Trouble(f"{self.contender.title} could not be measured ({workload}, code {code}): {error}.") from None

    def warm_up(self, workload: str, *, connections: int, seconds: float, rows: int = ROWS) -> None:
        """Put a load on the service that does not count, until it is answered without errors, or for some seconds.

        A service that was frozen finds all its deadlines passed: what that brings about is not what is measured.
        """
        deadline = time.monotonic() + AWAKE_SECONDS
        while self.measure(workload, connections=connections, seconds=seconds, rows=rows).errors:
            if time.monotonic() >= deadline:
                return

    def pause(self) -> None:
        """Freeze the service, so that it takes nothing from the one under test."""
        self.container.pause()

    def unpause(self) -> None:
        """Let the service go on."""
        self.container.unpause()

    def memory(self) -> float:
        """Give the memory of all its processes in MB, without what the kernel could drop at once."""
        known = cast("dict[str, Any]", self.container.stats(stream=False, one_shot=True))["memory_stats"]["stats"]
        # cgroup v1 and v2 have different words for the same.
        return float(known.get("total_rss", known.get("anon", 0))) / 1e6

    def remove(self) -> None:
        """Stop the service properly and remove its containers; the volume stays."""
        with contextlib.suppress(APIError):  # it may be paused or gone
            self.container.unpause()
        self.load.remove(force=True)
        self.container.stop(timeout=30)
        self.container.remove(force=True)


def execute(container: Container, command: str) -> tuple[int, str]:
    """Run a command in a container and give its exit code and what it said."""
    code, said = container.exec_run(command)
    return code or 0, cast("bytes", said).decode(errors="replace")
