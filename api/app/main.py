"""The one place that composes the service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig

from app import __version__
from app.database import Database
from app.datafile import DataFile
from app.http.access import AccessLog
from app.http.body_limit import BodyLimit
from app.http.deadline import Deadline
from app.http.document import ABOUT, Documented
from app.http.errors import add_error_handlers
from app.http.exchanges import Exchanges
from app.http.probes import Probes
from app.instruments import Instruments
from app.keeper import Keeper
from app.metrics import Metrics
from app.routes import health, metrics, problems, welcome
from app.seen import Seen
from app.settings import Settings, get_settings
from app.tasks import routes as tasks

MAX_BODY_BYTES = 64 * 1024
LONGEST_REQUEST_SECONDS = 60.0  # longer than the server waits for its body, and than any unit of work may take
# Without this, FastAPI asks OpenTelemetry anew for each request whether somebody has set it up.
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the service; without `settings` those of the environment."""
    instruments = Instruments()
    counts = Metrics(instruments)
    database = Database(DataFile((settings or get_settings()).db_file_path), counts.committed)
    keeper = Keeper(database)
    instruments.add(Seen(keeper))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.database, app.state.keeper = database, keeper
        app.state.instruments, app.state.metrics = instruments, counts
        async with keeper:
            yield
        await database.shut_down()

    app = Documented(
        **ABOUT,
        version=__version__,
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
    )
    app.add_middleware(Deadline, seconds=LONGEST_REQUEST_SECONDS)
    app.add_middleware(BodyLimit, max_bytes=MAX_BODY_BYTES)
    app.add_middleware(Exchanges, log=AccessLog(), metrics=counts)
    app.add_middleware(Probes, keeper=keeper)
    add_error_handlers(app)
    # Side by side and the busy ones first, before FastAPI's own: it looks through the routes for each request, and
    # through those of an included router twice.
    routers = (tasks.router, health.router, welcome.router, problems.router, metrics.router, health.heads)
    app.router.routes[:0] = [route for router in routers for route in router.routes]
    return app
