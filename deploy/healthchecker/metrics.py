"""What the monitor has seen, as metrics for Prometheus."""

from itertools import permutations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from healthchecker import __version__
from healthchecker.monitor import Tick
from healthchecker.reason import Reason
from healthchecker.state import State

NONE = "none"  # the reason of a success
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 60)


class Metrics:
    """Counts what happens and shows it; whatever can occur is there from the start, with 0."""

    def __init__(self) -> None:
        disable_created_metrics()  # when each counter began: as many lines again, and nobody asks for them
        self._registry = registry = CollectorRegistry()
        self._success = Gauge(
            "healthchecker_probe_success", "1 when the target answered the last poll as it must.", registry=registry
        )
        self._duration = Histogram(
            "healthchecker_probe_duration_seconds", "Time that a poll took.", registry=registry, buckets=SECONDS
        )
        self._http_status = Gauge(
            "healthchecker_probe_http_status_code",
            "HTTP status of the last answer, 0 when there was none.",
            registry=registry,
        )
        self._probes = Counter(
            "healthchecker_probes",
            "Polls by result and reason; one that came late says nothing of the target.",
            ("result", "reason"),
            registry=registry,
        )
        self._state = Gauge(
            "healthchecker_target_state", "1 for the state that the target is in.", ("state",), registry=registry
        )
        self._failures = Gauge("healthchecker_consecutive_failures", "Failed polls in a row.", registry=registry)
        self._successes = Gauge("healthchecker_consecutive_successes", "Good polls in a row.", registry=registry)
        self._transitions = Counter(
            "healthchecker_state_transitions", "Changes of the target's state.", ("from", "to"), registry=registry
        )
        self._last_probe = Gauge(
            "healthchecker_last_probe_timestamp_seconds", "When the last poll ended, 0 before it.", registry=registry
        )
        self._last_success = Gauge(
            "healthchecker_last_success_timestamp_seconds",
            "When the last good poll ended, 0 before it.",
            registry=registry,
        )
        self._notifications = Counter(
            "healthchecker_notifications",
            "Attempts to tell somebody, by channel and outcome.",
            ("channel", "outcome"),
            registry=registry,
        )
        build = Gauge("healthchecker_build_info", "The healthchecker's version.", ("version",), registry=registry)
        build.labels(__version__).set(1)
        self._probes.labels("success", NONE)
        for reason in Reason:
            self._probes.labels(_result(reason), reason)
        for before, after in permutations(State, 2):
            self._transitions.labels(before, after)
        self._show_state(State.UNKNOWN)

    def add(self, collector: Collector) -> None:
        """Show also what `collector` gives, asked anew each time."""
        self._registry.register(collector)

    def update(self, tick: Tick) -> None:
        """Take in one turn of the loop; a listener of the monitor."""
        verdict, at = tick.verdict, tick.at.timestamp()
        self._probes.labels(_result(verdict.reason), verdict.reason or NONE).inc()
        self._show_state(tick.standing.state)
        self._failures.set(tick.standing.failures)
        self._successes.set(tick.standing.successes)
        if change := tick.transition:
            self._transitions.labels(change.before, change.after).inc()
        self._last_probe.set(at)
        if verdict.reason is Reason.LATE:
            return  # its duration is that of the machine's sleep
        self._success.set(verdict.ok)
        self._duration.observe(tick.duration)
        self._http_status.set(verdict.http_status or 0)
        if verdict.ok:
            self._last_success.set(at)

    def notified(self, channel: str, outcome: str) -> None:
        """Count one attempt to tell somebody; both words are few and fixed, and no secret is in them."""
        self._notifications.labels(channel, outcome).inc()

    def show(self, accept: str) -> tuple[bytes, str]:
        """Give all metrics in the format that the Accept header asks for, and its media type."""
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type

    def _show_state(self, now: State) -> None:
        for state in State:
            self._state.labels(state).set(state is now)


def _result(reason: Reason | None) -> str:
    match reason:
        case None:
            return "success"
        case Reason.LATE:
            return "late"
        case _:
            return "failure"
