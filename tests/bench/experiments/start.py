"""How long it takes from `docker start` to the first 200 of `/db-check`."""

import http.client
import time

from docker.models.containers import Container

from bench.contenders import NAIVE, OURS
from bench.experiments.setting import Setting
from bench.plan import Plan
from bench.results import Fact
from host.trouble import Trouble

NAME = "docker start to the first 200"
POLL_SECONDS = 0.003
DEADLINE = 60
EACH = 3.0  # seconds to stop and start once


def expected(plan: Plan) -> float:
    """Give about how many seconds it takes."""
    return 5 + 2 * plan.starts * EACH


def run(setting: Setting) -> None:
    """Start both again and again, in turns, on databases that exist."""
    times: dict[str, list[float]] = {}
    services = [
        setting.lab.start(contender, setting.lab.database(contender), published=True) for contender in (OURS, NAIVE)
    ]
    for _ in range(setting.plan.starts):
        for service in services:
            service.container.stop(timeout=30)
            times.setdefault(service.contender.key, []).append(time_start(service.container))
    for service in services:
        setting.results.facts.append(Fact(NAME, service.contender.key, "s", times[service.contender.key]))
        service.remove()
    words = ", ".join(f"{key} {min(values):.2f}-{max(values):.2f} s" for key, values in times.items())
    setting.progress.did(f"{NAME}: {words}", expected(setting.plan))


def time_start(container: Container) -> float:
    """Start a container and give the seconds until its first 200.

    Raises:
        Trouble: It does not come.

    """
    began = time.monotonic()
    container.start()
    container.reload()  # the port is another one after each start
    port = int((container.ports["8000/tcp"] or [{}])[0]["HostPort"])
    while (elapsed := time.monotonic() - began) < DEADLINE:
        if answers(port):
            return time.monotonic() - began
        time.sleep(POLL_SECONDS)
    raise Trouble(f"{container.name} gave no 200 within {elapsed:.0f} s of its start: see its log with `docker logs`.")


def answers(port: int) -> bool:
    """Tell whether `/db-check` is 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/db-check")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
