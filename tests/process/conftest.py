from pathlib import Path

import pytest


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "api.db"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Give the place of a replica."""
    return f"file://{tmp_path}/replica"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Give the place for what the replica's service prints."""
    return tmp_path / "replica.log"
