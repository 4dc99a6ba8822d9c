"""What the keeper knows of the database, as metrics."""

from collections.abc import Iterable

from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from app import __version__, library
from app.keeper import Keeper
from app.problems import PROBLEMS, UNAVAILABLE

READY = "ready"
STATES = (READY, *(code for code, problem in PROBLEMS.items() if problem.status == UNAVAILABLE))


class Seen(Collector):
    """What the keeper saw at its last look, half a second ago at most; asks neither the database nor the disk."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def collect(self) -> Iterable[Metric]:
        """Give it; a size that cannot be told is left out."""
        state = GaugeMetricFamily(
            "sqlite_database_state",
            "1 for the state that the database is in: ready, or the code of what is wrong.",
            labels=["state"],
        )
        now = self._keeper.fault or READY
        for name in STATES:
            state.add_metric([name], name == now)
        yield state
        sizes = self._keeper.sizes
        for name, text, size in (
            ("sqlite_database_bytes", "Length of the database file.", sizes.database),
            ("sqlite_wal_bytes", "Length of the write-ahead log.", sizes.log),
            ("sqlite_volume_free_bytes", "Room left on the volume of the database.", sizes.free),
        ):
            if size is not None:
                yield GaugeMetricFamily(name, text, size)
        yield InfoMetricFamily("sqlite", "The SQLite library in use.", {"version": library.VERSION})
        yield InfoMetricFamily("api_build", "The service's version.", {"version": __version__})
