"""Faults of the processes and containers: each is a context manager that proves it bit, and always heals."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from support.stack import Stack
from support.waiting import eventually

# gunicorn's master is the only child of the init process, and the workers are the master's.
WORKERS = (
    "import os, signal\n"
    "def children(pid):\n"
    "    return [int(each) for each in open(f'/proc/{pid}/task/{pid}/children').read().split()]\n"
    "workers = children(children(1)[0])\n"
)


def _signal_workers(stack: Stack, name: str, which: str = "") -> list[int]:
    code = f"for worker in workers{which}:\n    os.kill(worker, signal.{name})\nprint(*workers{which})"
    return [int(pid) for pid in stack.python(WORKERS + code).split()]


@contextmanager
def workers_killed(stack: Stack, which: str = "") -> Iterator[None]:
    """Kill workers, by default all."""
    killed = _signal_workers(stack, "SIGKILL", which)
    assert killed, "the fault did not bite"

    def gone() -> None:
        left = stack.python(f"import os; print(any(os.path.exists(f'/proc/{{pid}}/exe') for pid in {killed}))")
        assert left == "False", "the fault did not bite"

    eventually(gone, within=20)
    yield


@contextmanager
def worker_stopped(stack: Stack) -> Iterator[None]:
    """Freeze one worker; the other goes on."""
    (frozen,) = _signal_workers(stack, "SIGSTOP", "[:1]")
    try:

        def stopped() -> None:
            state = stack.python(f"print(open('/proc/{frozen}/stat').read().rpartition(')')[2].split()[0])")
            assert state == "T", "the fault did not bite"

        eventually(stopped, within=5)
        yield
    finally:
        stack.python(f"import os, signal; os.kill({frozen}, signal.SIGCONT)")


@contextmanager
def crashed(stack: Stack, service: str) -> Iterator[None]:
    """Kill the main process of a container, which is no stop that an operator asked for: Docker starts it again."""
    before = stack.container(service).attrs["RestartCount"]
    kill = "import os, signal; os.kill(int(open('/proc/1/task/1/children').read().split()[0]), signal.SIGKILL)"
    stack.run_in(service, "python3", "-c", kill)

    def restarted() -> None:
        assert stack.container(service).attrs["RestartCount"] > before, "the fault did not bite"

    eventually(restarted, within=20)
    yield


@contextmanager
def paused(stack: Stack, service: str) -> Iterator[None]:
    """Freeze all processes of a container."""
    container = stack.container(service)
    container.pause()
    try:
        assert stack.state(service)["Paused"], "the fault did not bite"
        yield
    finally:
        container.unpause()


@contextmanager
def ended(stack: Stack, service: str, how: str) -> Iterator[None]:
    """Stop or kill a container as an operator would, and start it again."""
    container = stack.container(service)
    getattr(container, how)()
    try:

        def is_over() -> None:
            assert stack.state(service)["Status"] == "exited", "the fault did not bite"

        eventually(is_over, within=20)
        yield
    finally:
        container.start()


def update(stack: Stack, service: str, *options: str) -> None:
    """Change the limits of a running container, in the words of `docker update`; the SDK knows few of them."""
    identity = stack.container(service).id
    subprocess.run(["docker", "update", *options, str(identity)], capture_output=True, check=True)


@contextmanager
def slowed(stack: Stack, service: str = "api", cpus: str = "0.2") -> Iterator[None]:
    """Leave a container a part of a core."""
    whole = stack.container(service).attrs["HostConfig"]["NanoCpus"]
    update(stack, service, "--cpus", cpus)
    try:
        assert stack.container(service).attrs["HostConfig"]["NanoCpus"] == int(float(cpus) * 1e9), "it did not bite"
        yield
    finally:
        update(stack, service, "--cpus", f"{whole / 1e9}")
