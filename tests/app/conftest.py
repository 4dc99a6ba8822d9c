from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from support.waiting import eventually


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "api.db"


@pytest.fixture
def starting_client(data: Path) -> Iterator[TestClient]:
    settings = Settings(DB_FILE_PATH=str(data))  # type: ignore[call-arg]
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(starting_client: TestClient) -> TestClient:
    def ready() -> None:
        assert starting_client.get("/readyz").status_code == 200

    eventually(ready, within=5)
    return starting_client
