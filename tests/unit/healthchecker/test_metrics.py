import asyncio
from itertools import permutations

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from healthchecker import __version__
from healthchecker.metrics import Metrics
from healthchecker.monitor import LATE_SECONDS, Monitor
from healthchecker.probe import Poll
from healthchecker.reason import Reason
from healthchecker.server import Server
from healthchecker.settings import Settings
from healthchecker.state import State
from healthchecker.status import Status
from healthchecker.verdict import Verdict
from support.watch import known

GOOD = Poll(Verdict(http_status=200), 0.0123)
BAD = Poll(Verdict(Reason.HTTP_STATUS, "It answered 503.", 503), 0.2)
SILENT = Poll(Verdict.failed(Reason.READ_TIMEOUT), 3.0)
LONG_AFTER = 3600.0


class Bench:
    """Metrics fed by a real monitor, whose clock and polls the test turns by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.metrics = Metrics()
        self._monitor = Monitor(Settings(), lambda: asyncio.sleep(0, GOOD), [], clock=lambda: self.now)

    def turn(self, *polls: Poll, after: float = 2.0) -> None:
        for poll in polls:
            self.now += after
            self.metrics.update(self._monitor.turn(poll))

    def shown(self, name: str, **labels: str) -> float:
        """Give the one sample of this name and these labels."""
        text = self.metrics.show("")[0].decode()
        found = [
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == f"healthchecker_{name}" and sample.labels == labels
        ]
        assert len(found) == 1, (name, labels, found)
        return found[0]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_every_reason_state_and_transition_must_be_there_from_the_start_with_0(bench: Bench) -> None:
    assert bench.shown("probes_total", result="success", reason="none") == 0
    for reason in Reason:
        result = "late" if reason is Reason.LATE else "failure"
        assert bench.shown("probes_total", result=result, reason=reason) == 0
    for before, after in permutations(State, 2):
        assert bench.shown("state_transitions_total", **{"from": before, "to": after}) == 0
    assert bench.shown("probe_duration_seconds_count") == 0
    assert bench.shown("last_success_timestamp_seconds") == 0
    assert bench.shown("build_info", version=__version__) == 1


def test_exactly_one_state_must_be_1(bench: Bench) -> None:
    assert [bench.shown("target_state", state=state) for state in State] == [1, 0, 0, 0, 0]
    bench.turn(GOOD, BAD, BAD, BAD)
    assert {state: bench.shown("target_state", state=state) for state in State} == {
        state: float(state is State.UNHEALTHY) for state in State
    }


def test_a_poll_must_be_counted_by_result_and_reason(bench: Bench) -> None:
    bench.turn(GOOD, GOOD, BAD, SILENT)
    assert bench.shown("probes_total", result="success", reason="none") == 2
    assert bench.shown("probes_total", result="failure", reason="http_status") == 1
    assert bench.shown("probes_total", result="failure", reason="read_timeout") == 1
    assert bench.shown("state_transitions_total", **{"from": "healthy", "to": "suspect"}) == 1


def test_the_last_poll_must_be_told_with_its_status_and_0_for_none(bench: Bench) -> None:
    bench.turn(GOOD)
    assert (bench.shown("probe_success"), bench.shown("probe_http_status_code")) == (1, 200)
    bench.turn(BAD)
    assert (bench.shown("probe_success"), bench.shown("probe_http_status_code")) == (0, 503)
    bench.turn(SILENT)
    assert (bench.shown("probe_success"), bench.shown("probe_http_status_code")) == (0, 0)
    assert (bench.shown("consecutive_failures"), bench.shown("consecutive_successes")) == (2, 0)
    assert bench.shown("last_probe_timestamp_seconds") > bench.shown("last_success_timestamp_seconds") > 1e9


def test_durations_must_be_a_histogram_from_milliseconds_to_the_longest_timeout(bench: Bench) -> None:
    bench.turn(GOOD, BAD, SILENT)
    assert bench.shown("probe_duration_seconds_count") == 3
    assert bench.shown("probe_duration_seconds_sum") == pytest.approx(3.2123)
    within = {
        bound: bench.shown("probe_duration_seconds_bucket", le=bound) for bound in ("0.01", "0.025", "3.0", "+Inf")
    }
    assert within == {"0.01": 0, "0.025": 1, "3.0": 3, "+Inf": 3}


def test_a_machine_that_slept_must_not_count_as_a_failure_or_a_long_poll(bench: Bench) -> None:
    assert LONG_AFTER > LATE_SECONDS
    bench.turn(GOOD)
    bench.turn(Poll(GOOD.verdict, LONG_AFTER), after=LONG_AFTER)
    assert bench.shown("probes_total", result="late", reason="late") == 1
    assert bench.shown("probe_success") == 1
    assert bench.shown("probe_duration_seconds_count") == 1
    assert bench.shown("target_state", state="unknown") == 1


def test_notifications_must_be_counted_by_channel_and_outcome(bench: Bench) -> None:
    bench.metrics.notified("ntfy", "accepted")
    bench.metrics.notified("ntfy", "accepted")
    bench.metrics.notified("ntfy", "failed")
    assert bench.shown("notifications_total", channel="ntfy", outcome="accepted") == 2
    assert bench.shown("notifications_total", channel="ntfy", outcome="failed") == 1


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text; version=1.0.0; charset=utf-8"),
    ],
)
def test_metrics_must_answer_in_the_format_that_is_asked_for(bench: Bench, accept: str, media_type: str) -> None:
    async def request() -> tuple[int, str, str]:
        async with (
            TestClient(TestServer(Server(known(Status(Settings()), metrics=bench.metrics)).app())) as client,
            client.get("/metrics", headers={"Accept": accept}) as response,
        ):
            return response.status, response.headers["Content-Type"], await response.text()

    bench.turn(GOOD)
    status, given, text = asyncio.run(request())
    assert status == 200
    assert given.startswith(media_type)
    assert 'healthchecker_probes_total{reason="none",result="success"} 1.0' in text
