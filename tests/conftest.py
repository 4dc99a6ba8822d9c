import pytest

from support.fault_matrix import FaultMatrix


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(FaultMatrix(), "fault_matrix")
