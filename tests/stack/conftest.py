from collections.abc import Generator, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from testcontainers.core.config import testcontainers_config

from support import browser, images, invariants
from support.stack import NewStack, Stack
from support.waiting import eventually

HERE = Path(__file__).parent


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Build the images, which takes minutes on a new machine, before the first test's own time begins."""
    if HERE in item.path.parents:
        with suppress(AssertionError):  # told by the fixture
            images.build()
            if "browser" in getattr(item, "fixturenames", ()):
                browser.build_image()
    return (yield)


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    testcontainers_config.ryuk_disabled = True  # its image is on a registry; the run cleans up by itself
    images.build()


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
