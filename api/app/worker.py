"""The worker process: uvicorn under gunicorn."""

import logging
from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker


class Worker(UvicornWorker):  # type: ignore[misc]  # the package has no types
    """uvicorn on uvloop and httptools; the access log is the application's own."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": "httptools",
        "lifespan": "on",
        "ws": "none",
        "timeout_graceful_shutdown": 5,  # a client that stalls does not hold up the stop
        "access_log": False,
        "server_header": False,
    }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # gunicorn tells of the worker's life already
