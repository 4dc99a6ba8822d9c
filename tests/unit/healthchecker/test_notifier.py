import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from healthchecker.alerts import Alerts
from healthchecker.monitor import Tick
from healthchecker.notifier import LONGEST_PAUSE, Notifier, pause_after
from healthchecker.reason import Reason
from healthchecker.settings import Settings
from healthchecker.state import Standing, State
from healthchecker.verdict import Verdict
from support.background import running
from support.receiver import SECRET, Receiver
from support.waiting import eventually

DOWN, UP = "The API is unhealthy: read_timeout", "The API is healthy again"
SECONDS = 20  # for a delivery, which starts a process, on a machine with other things to do


def tick(state: State) -> Tick:
    verdict = Verdict(http_status=200) if state is State.HEALTHY else Verdict.failed(Reason.READ_TIMEOUT)
    return Tick(datetime.now(UTC), verdict, 0.01, Standing(state), None, 1.0)


@contextmanager
def notifying(
    *receivers: Receiver, alerts: Alerts | None = None, pause: float = 0.01
) -> Iterator[tuple[Notifier, Callable[[State], object]]]:
    """Give a running notifier of these receivers, and a way to let it see a state."""
    urls = SecretStr(" ".join(receiver.apprise_url for receiver in receivers))
    notifier = Notifier(Settings(notify_urls=urls), alerts or Alerts(), pause=lambda _: pause)
    with running(notifier.run) as call:
        yield notifier, lambda state: call(notifier.update, tick(state))


def test_a_receiver_that_is_down_for_three_tries_gets_exactly_one_message(receiver: Receiver) -> None:
    receiver.statuses = [503, 503, 503]
    with capture_logs() as logs, notifying(receiver) as (notifier, see):
        see(State.UNHEALTHY)

        def delivered() -> None:
            assert not notifier.summary()["pending"]
            assert notifier.sent

        eventually(delivered, within=2 * SECONDS)
        see(State.UNHEALTHY)
    assert (receiver.titles, receiver.asked) == ([DOWN], 4)
    assert (notifier.sent, notifier.failed) == (1, 3)
    assert [line["event"] for line in logs] == ["notification_failed"] * 3 + ["notified"]
    assert notifier.summary()["last_error"] is None
    assert SECRET not in str(logs)


def test_who_has_accepted_gets_no_second_copy_while_another_is_down(
    receiver: Receiver, other_receiver: Receiver
) -> None:
    receiver.statuses = [503, 503]
    with notifying(receiver, other_receiver) as (notifier, see):
        see(State.UNHEALTHY)

        def delivered() -> None:
            assert (notifier.sent, notifier.failed) == (2, 2)

        eventually(delivered, within=2 * SECONDS)
    assert (receiver.asked, other_receiver.asked) == (3, 1)


def test_a_restart_goes_on_with_what_is_due_and_with_those_who_wait_for_it(
    receiver: Receiver, other_receiver: Receiver
) -> None:
    receiver.statuses = [503]
    alerts = Alerts()
    with notifying(receiver, other_receiver, alerts=alerts, pause=60) as (notifier, see):
        see(State.UNHEALTHY)

        def half_delivered() -> None:
            assert (notifier.sent, notifier.failed) == (1, 1)

        eventually(half_delivered, within=SECONDS)
    kept = Alerts.from_json(json.loads(json.dumps(alerts.as_json())))
    with notifying(receiver, other_receiver, alerts=kept) as (notifier, see):

        def delivered() -> None:
            assert notifier.sent == 1

        eventually(delivered, within=SECONDS)
    assert (receiver.titles, other_receiver.titles) == ([DOWN], [DOWN])


def test_news_do_not_wait_for_the_pause_and_replace_what_is_no_longer_true(receiver: Receiver) -> None:
    receiver.statuses = [503]
    with notifying(receiver, pause=60) as (notifier, see):
        see(State.UNHEALTHY)

        def failed() -> None:
            assert notifier.summary()["last_error"]

        eventually(failed, within=SECONDS)
        see(State.HEALTHY)

        def delivered() -> None:
            assert receiver.titles == [UP]

        eventually(delivered, within=SECONDS)


def test_the_summary_tells_how_it_went_and_no_secret(receiver: Receiver) -> None:
    receiver.statuses = [500]
    with notifying(receiver, pause=60) as (notifier, see):
        assert notifier.summary() == {"channels": 1, "pending": False, "last_sent": None, "last_error": None}
        see(State.UNHEALTHY)

        def failed() -> None:
            assert notifier.summary() == {
                "channels": 1,
                "pending": True,
                "last_sent": None,
                "last_error": "URL 1 (json) of HEALTHCHECKER_NOTIFY_URLS: The receiver answered 500.",
            }

        eventually(failed, within=SECONDS)
        see(State.HEALTHY)

        def delivered() -> None:
            summary = notifier.summary()
            assert (summary["pending"], summary["last_error"]) == (False, None)
            assert summary["last_sent"].tzinfo

        eventually(delivered, within=SECONDS)


def test_every_message_names_what_is_watched(receiver: Receiver) -> None:
    with notifying(receiver) as (_, see):
        see(State.UNHEALTHY)

        def delivered() -> None:
            assert receiver.accepted

        eventually(delivered, within=SECONDS)
    assert receiver.accepted[0]["message"].splitlines()[-1] == "http://api:8000/db-check"


def test_without_a_channel_nothing_is_ever_pending() -> None:
    with notifying() as (notifier, see):
        see(State.UNHEALTHY)
        see(State.HEALTHY)

        def followed() -> None:
            assert notifier.summary() == {"channels": 0, "pending": False, "last_sent": None, "last_error": None}

        eventually(followed, within=5)


@pytest.mark.parametrize(
    ("failures", "random", "seconds"),
    [(1, 1.0, 2), (2, 1.0, 4), (3, 1.0, 8), (3, 0.0, 4), (8, 1.0, 256), (9, 1.0, 300), (10**6, 1.0, LONGEST_PAUSE)],
)
def test_the_pause_doubles_up_to_five_minutes_and_is_spread(failures: int, random: float, seconds: float) -> None:
    assert pause_after(failures, lambda: random) == seconds
