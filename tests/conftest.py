import gc
import signal

import pytest

from support.fault_matrix import FaultMatrix


def pytest_configure(config: pytest.Config) -> None:
    # A run in the background may have begun with SIGINT ignored, which every process that a test starts would inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(FaultMatrix(), "fault_matrix")


def pytest_collection_finish() -> None:
    gc.freeze()  # as the server does before it forks: a closed database is followed by a collection of what is left
