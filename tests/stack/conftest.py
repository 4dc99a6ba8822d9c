import os
import threading
from collections.abc import Generator, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from testcontainers.core.config import testcontainers_config

from support import browser, invariants
from support.stack import NewStack, Stack, build_images, sweep
from support.waiting import eventually

# Compose reads these from the shell too, and there they win over a scenario's own .env.
OURS = (
    "DB_FILE_PATH",
    "API_",
    "STATUS_PORT",
    "PROMETHEUS_PORT",
    "BIND_ADDRESS",
    "HEALTHCHECKER_",
    "WEB_CONCURRENCY",
    "COMPOSE_",
    "BACKUP_",
    "REPLICA_",
    "AWS_",
)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build all images, which takes minutes, while the cheaper rings are run."""
    if session.config.option.collectonly or not any("browser" in item.fixturenames for item in session.items):  # type: ignore[attr-defined]
        return

    def build() -> None:
        with suppress(AssertionError):  # told where it is built again and needed
            build_images()
            browser.build_image()

    building = threading.Thread(target=build)
    building.start()
    session.config.add_cleanup(building.join)


@pytest.fixture(scope="session", autouse=True)
def engine() -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    testcontainers_config.ryuk_disabled = True  # its image is on a registry; the sweeps do its work
    sweep()
    build_images()
    yield
    left = sweep()
    assert not left, f"the tests left behind: {left}"


@pytest.fixture
def new_stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewStack]:
    """Make a stack for one test; nothing runs until the test says `up`."""
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name.lower())
    with ExitStack() as stacks:

        def make(**options: Any) -> Stack:
            return stacks.enter_context(Stack(name.removeprefix("test-")[:50].strip("-"), tmp_path, **options))

        yield make


@pytest.fixture(scope="session")
def shared_stack(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack("shared", tmp_path_factory.mktemp("shared")) as stack:
        started = stack.up()
        assert started.returncode == 0, started.stderr
        yield stack


@pytest.fixture
def stack(shared_stack: Stack) -> Iterator[Stack]:
    """Give the one stack that all faults of a running stack share: healthy before, and after with nothing lost."""
    eventually(shared_stack.healthy, within=30)
    with invariants.kept(shared_stack):
        yield shared_stack
        eventually(shared_stack.healthy, within=30)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what tells why a container test failed, while its containers are still there."""
    report = yield
    if report.failed:
        for stack in Stack.alive:
            report.sections.append(("logs, inspect output and health log", str(stack.save_artifacts())))
    return report
