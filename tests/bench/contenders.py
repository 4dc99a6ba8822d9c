"""Who is measured, and how each is started."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bench.images import API_IMAGE, APPS_IMAGE

# A paused worker looks as if it hung, so those who watch over workers must wait longer than any pause lasts.
PATIENCE = "3600"
SERVER = {"WEB_CONCURRENCY": "2", "GUNICORN_CMD_ARGS": f"--timeout {PATIENCE}"}
UVICORN = ("python3", "-m", "uvicorn", "--host", "0.0.0.0", "--port", "8000")  # noqa: S104 - inside its container


@dataclass(frozen=True)
class Contender:
    """One service; without a command the image's own is run."""

    key: str
    title: str
    image: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def on_a_slow_disk(self) -> "Contender":
        """Give the same on a disk whose flush takes 2 ms longer."""
        return replace(self, image=APPS_IMAGE, environment={**self.environment, "LD_PRELOAD": "/slow_disk.so"})


def under_our_server(key: str, title: str, application: str, **environment: str) -> Contender:
    """Give an application under the very same server as this project."""
    return Contender(key, title, APPS_IMAGE, ("python3", "-m", "app", application), {**SERVER, **environment})


OURS = Contender("ours", "this project", API_IMAGE, environment=SERVER)
NAIVE = Contender("naive", "naive", APPS_IMAGE, (*UVICORN, "bench.naive.main:app"))
NAIVE_2 = Contender(
    "naive-2",
    "naive, 2 processes",
    APPS_IMAGE,
    (*UVICORN, "--workers", "2", "--timeout-worker-healthcheck", PATIENCE, "bench.naive.main:app"),
)
CONSTANT = under_our_server("constant", "FastAPI constant", "bench.apps.constant:create_app()")
