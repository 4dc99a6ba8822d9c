import asyncio
from collections.abc import Callable

from app import metrics as metrics_module
from app.instruments import Instruments
from app.metrics import Metrics
from support.metrics import samples, total
from support.waiting import eventually


def shown_after(story: Callable[[Metrics], None]) -> str:
    """Tell what is shown after a story, all of which is in one turn of the event loop."""
    instruments = Instruments()

    async def tell() -> None:
        metrics = Metrics(instruments)
        story(metrics)
        metrics.flush()

    asyncio.run(tell())
    return instruments.show("")[0].decode()


def answered(metrics: Metrics, method: str, route: str, status: int, seconds: float = 0.004) -> None:
    metrics.begin()
    metrics.end(method, route, status, seconds)


def test_a_request_must_be_counted_by_method_route_and_class_of_status() -> None:
    def story(metrics: Metrics) -> None:
        answered(metrics, "GET", "/tasks/{task_id}", 200)
        answered(metrics, "GET", "/tasks/{task_id}", 404)
        answered(metrics, "GET", "/tasks/{task_id}", 422)
        answered(metrics, "POST", "/tasks", 201)

    text = shown_after(story)
    assert samples(text, "http_requests_total", method="GET", route="/tasks/{task_id}", status="2xx") == [1]
    assert samples(text, "http_requests_total", method="GET", route="/tasks/{task_id}", status="4xx") == [2]
    assert samples(text, "http_requests_total", method="POST", route="/tasks", status="2xx") == [1]


def test_durations_must_fall_into_their_buckets() -> None:
    def story(metrics: Metrics) -> None:
        for seconds in (0.0001, 0.004, 0.004, 99.0):
            answered(metrics, "GET", "/tasks", 200, seconds)

    text = shown_after(story)
    for bound, count in {"0.0005": 1, "0.0025": 1, "0.005": 3, "5.0": 3, "+Inf": 4}.items():
        assert samples(text, "http_request_duration_seconds_bucket", le=bound) == [count]
    assert total(text, "http_request_duration_seconds_sum") == 99.0081


def test_a_method_that_a_caller_makes_up_must_not_become_a_label() -> None:
    def story(metrics: Metrics) -> None:
        for number in range(1000):
            answered(metrics, f"BREW{number}", "/tasks", 405)

    text = shown_after(story)
    assert samples(text, "http_requests_total") == [1000]
    assert samples(text, "http_requests_total", method="other") == [1000]


def test_what_was_handed_on_must_not_be_counted_again() -> None:
    def story(metrics: Metrics) -> None:
        answered(metrics, "GET", "/tasks", 200)
        metrics.committed(0.1, 3)
        metrics.flush()
        metrics.flush()

    text = shown_after(story)
    assert total(text, "http_requests_total") == total(text, "http_request_duration_seconds_count") == 1
    assert total(text, "sqlite_write_group_units_count") == 1


def test_requests_that_are_being_answered_must_be_told() -> None:
    def story(metrics: Metrics) -> None:
        metrics.begin()
        metrics.begin()
        answered(metrics, "GET", "/tasks", 200)

    assert samples(shown_after(story), "http_requests_in_flight") == [2]


def test_the_wait_and_the_size_of_a_group_of_writes_must_be_told() -> None:
    def story(metrics: Metrics) -> None:
        metrics.committed(0.2, 16)
        metrics.committed(0.0001, 1)

    text = shown_after(story)
    assert samples(text, "sqlite_write_wait_seconds_bucket", le="0.1") == [1]
    assert samples(text, "sqlite_write_wait_seconds_bucket", le="0.25") == [2]
    assert samples(text, "sqlite_write_group_units_sum") == [17]


def test_what_is_counted_must_be_handed_on_without_being_asked() -> None:
    instruments = Instruments()

    async def story() -> None:
        answered(Metrics(instruments), "GET", "/tasks", 200)

        def handed_on() -> None:
            assert total(instruments.show("")[0].decode(), "http_requests_total") == 1

        await asyncio.to_thread(eventually, handed_on, within=20 * metrics_module.TOGETHER_SECONDS)

    asyncio.run(story())
