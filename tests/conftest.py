import gc
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
from xdist.remote import Producer

from proof import environment, run
from proof.leftovers import own_run
from proof.progress import Progress
from proof.scheduling import ALONE, TwoEndedScheduling, in_order, write_groups
from support.fault_matrix import FaultMatrix, mark_rows


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("proof")
    group.addoption("--progress", action="store_true", help="show how far the run is in lines, and no dots")
    group.addoption("--rows", choices=("usual", "all"), help="the rows of the fault matrix that must be proved")
    group.addoption("--kills", type=int, default=4, help="how often a container is killed under load")


def pytest_configure(config: pytest.Config) -> None:
    # A run in the background may have begun with SIGINT ignored, which every process that a test starts would inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    environment.isolate()
    until_the_end = ExitStack()
    until_the_end.enter_context(own_run())
    config.add_cleanup(until_the_end.close)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(FaultMatrix(config.option.rows), "fault_matrix")
        if config.option.progress:
            config.pluginmanager.register(Progress(), "progress")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        mark_rows(item)
        if group := group_of(item):
            item.add_marker(pytest.mark.xdist_group(group))
    items[:] = in_order(items)


def group_of(item: pytest.Item) -> str | None:
    """Return with which others a test is run one after the other: those with which it shares what is dear to make."""
    fixtures = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}  # noqa: SLF001
    if item.get_closest_marker(ALONE):
        return ALONE
    if item.get_closest_marker("xdist_group"):
        return None
    if "shared_stack" in fixtures:
        return "shared stack"
    if any(definitions[-1].scope == "module" for definitions in fixtures.values()):
        return item.nodeid.partition("::")[0]
    return None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> TwoEndedScheduling:
    return TwoEndedScheduling(config, groups_file(), log)


def groups_file() -> Path:
    return run.current().scratch / "groups.json"


@pytest.hookimpl(tryfirst=True)  # before the scheduler is told that this worker has collected
def pytest_collection_finish(session: pytest.Session) -> None:
    write_groups(session.items, groups_file())
    gc.freeze()  # as the server does before it forks: a closed database is followed by a collection of what is left
