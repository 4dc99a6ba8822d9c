from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from fastapi import FastAPI

from app.main import create_app
from app.settings import Settings
from support.contract import hold_to_contract
from support.http import ask
from support.waiting import eventually


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="on", access_log=False, log_config=None))
    thread = Thread(target=server.run)
    thread.start()

    def ready() -> str:
        assert server.started
        url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        assert ask("GET", f"{url}/readyz").status_code == 200
        return url

    try:
        yield eventually(ready, within=10)
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.fault("H7")
def test_every_operation_answers_as_documented_whatever_it_is_sent(data: Path) -> None:
    settings = Settings(DB_FILE_PATH=str(data))  # type: ignore[call-arg]
    with served(create_app(settings)) as url:
        assert hold_to_contract(url, data.parent, examples=20) > 300
