"""The metrics of the service: their names, their labels, and how they are shown."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from app import places
from app.tally import Tally

# A point read takes a third of a millisecond, and a write no longer than it may wait: 5 seconds.
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
UNITS = (1, 2, 4, 8, 16, 32, 64, 128, 256)

REQUEST = ("method", "route", "status")


class TalliedHistogram(Histogram):
    """A histogram that takes many values at once."""

    def take(self, tally: Tally) -> None:
        """Add what `tally` has counted over the same bounds, and clear it."""
        for bucket, count in zip(self._buckets, tally.counts, strict=True):
            if count:
                bucket.inc(count)
        self._sum.inc(tally.total)
        tally.clear()


class Instruments:
    """The metrics that the workers count together; to be made in the worker, which shows those of all."""

    def __init__(self) -> None:
        own = CollectorRegistry()
        self.requests = Counter("http_requests", "Requests answered, without probes.", REQUEST, registry=own)
        self.durations = TalliedHistogram(
            "http_request_duration_seconds",
            "Time from a request's arrival to the end of its answer, without probes.",
            REQUEST,
            registry=own,
            buckets=SECONDS,
        )
        self.in_flight = Gauge(
            "http_requests_in_flight",
            "Requests that are being answered now, without probes.",
            registry=own,
            multiprocess_mode="livesum",
        )
        self.waits = TalliedHistogram(
            "sqlite_write_wait_seconds",
            "Time that a group of writes waited for its turn to write, the service's own checks among them.",
            registry=own,
            buckets=SECONDS,
        )
        self.groups = TalliedHistogram(
            "sqlite_write_group_units",
            "Units of work that shared one commit, the service's own checks among them.",
            registry=own,
            buckets=UNITS,
        )
        self._shown = own
        if places.is_shared():
            self._shown = CollectorRegistry()
            MultiProcessCollector(self._shown)

    def add(self, seen: Collector) -> None:
        """Show also what this worker alone knows."""
        self._shown.register(seen)

    def show(self, accept: str) -> tuple[bytes, str]:
        """Give the metrics of all workers in the format that the Accept header asks for, and its media type."""
        encode, media_type = choose_encoder(accept)
        return encode(self._shown), media_type
