import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from healthchecker.alerts import Alerts
from healthchecker.message import Kind
from healthchecker.monitor import Tick
from healthchecker.reason import Reason
from healthchecker.state import Standing, State
from healthchecker.verdict import Verdict

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
GOOD = Verdict(detail="The target answered 200.", http_status=200)
BAD = Verdict(Reason.HTTP_STATUS, "It answered 503.", 503, "db_missing", "The file is missing", "Put it back.")
DOWN, UP, STILL = "The API is unhealthy: db_missing", "The API is healthy again", "The API is still unhealthy"
FLAPS, CALM = "The API goes up and down", "The API is healthy again and stays so"


def tick(minute: float, state: str) -> Tick:
    verdict = GOOD if state in {"healthy", "recovering"} else BAD
    return Tick(NOON + timedelta(minutes=minute), verdict, 0.01, Standing(State(state)), None, 1.0)


class Story:
    """Ticks of a simulated clock, and what is told of them to one channel that accepts everything at once."""

    def __init__(self, remind_every: float = 30) -> None:
        self.alerts = Alerts()
        self.remind_every = timedelta(minutes=remind_every)
        self.accepts = True
        self.told: list[tuple[float, str]] = []

    def at(self, minute: float, state: str) -> None:
        self.alerts.see(tick(minute, state), self.remind_every)
        if (message := self.alerts.pending) and self.accepts:
            self.alerts.accept(message, 1, NOON + timedelta(minutes=minute))
            self.alerts.finish(message)
            self.told.append((minute, message.title))

    def restart(self) -> None:
        self.alerts = Alerts.from_json(json.loads(json.dumps(self.alerts.as_json())))

    def tell(self, text: str) -> list[tuple[float, str]]:
        """Play `minute state` pairs; `restart` has no minute."""
        words = iter(text.split())
        for word in words:
            if word == "restart":
                self.restart()
            else:
                self.at(float(word), next(words))
        return self.told


def outages(*minutes: float) -> str:
    return " ".join(f"{minute} unhealthy {minute + 0.5} recovering {minute + 1} healthy" for minute in minutes)


STORIES: dict[str, tuple[str, list[tuple[float, str]]]] = {
    "a start and good days are not worth a word": ("0 unknown 1 healthy 90 healthy", []),
    "a doubt that passes is not told": ("0 healthy 1 suspect 2 healthy", []),
    "an outage and its end": ("0 healthy 1 suspect 2 unhealthy 3 recovering 4 healthy", [(2, DOWN), (4, UP)]),
    "a target that was never up": ("0 unknown 1 unhealthy 2 unhealthy", [(1, DOWN)]),
    "a relapse is the same outage": (
        "0 healthy 1 unhealthy 2 recovering 3 unhealthy 4 recovering 5 healthy",
        [(1, DOWN), (5, UP)],
    ),
    "a sleep in an outage is the same outage": ("0 healthy 1 unhealthy 2 unknown 3 unhealthy", [(1, DOWN)]),
    "an outage that ends in a sleep": ("0 healthy 1 unhealthy 2 unknown 3 healthy", [(1, DOWN), (3, UP)]),
    "a restart repeats nothing": ("0 healthy 1 unhealthy restart 2 unknown 3 unhealthy", [(1, DOWN)]),
    "a restart forgets nothing": ("0 healthy 1 unhealthy restart 2 unknown 3 healthy", [(1, DOWN), (3, UP)]),
    "a restart after an outage": ("0 healthy 1 unhealthy 2 healthy restart 3 unknown 4 healthy", [(1, DOWN), (2, UP)]),
    "three outages in an hour are told one by one": (
        outages(0, 10, 20),
        [(0, DOWN), (1, UP), (10, DOWN), (11, UP), (20, DOWN), (21, UP)],
    ),
    "outages that are an hour apart are told one by one": (
        outages(0, 21, 42, 63),
        [(0, DOWN), (1, UP), (21, DOWN), (22, UP), (42, DOWN), (43, UP), (63, DOWN), (64, UP)],
    ),
}


@pytest.mark.parametrize(("text", "told"), STORIES.values(), ids=STORIES)
def test_only_the_beginning_and_the_end_of_an_outage_are_told(text: str, told: list[tuple[float, str]]) -> None:
    assert Story().tell(text) == told


def test_the_alert_tells_reason_code_and_remedy_and_since_when() -> None:
    story = Story()
    story.accepts = False
    story.tell("1 unhealthy")
    message = story.alerts.pending
    assert message
    assert (message.kind, message.body) == (
        Kind.FAILURE,
        "http_status 503 db_missing: The file is missing. Remedy: Put it back.\nSince 1 Jan 12:01:00 UTC.",
    )


def test_the_recovery_tells_how_long_the_outage_was_also_across_a_restart() -> None:
    story = Story()
    story.tell("0 unhealthy restart 1 unknown")
    story.accepts = False
    story.tell("12.5 healthy")
    message = story.alerts.pending
    assert message
    assert message.kind is Kind.SUCCESS
    assert message.body == "The outage lasted 12 min 30 s: from 1 Jan 12:00:00 UTC to 1 Jan 12:12:30 UTC."


@pytest.mark.parametrize(
    ("remind_every", "minutes"), [(30, [30, 60, 90]), (5, list(range(5, 91, 5))), (0, [])], ids=["30", "5", "never"]
)
def test_an_outage_is_brought_to_mind_as_often_as_was_asked_for(remind_every: float, minutes: list[float]) -> None:
    story = Story(remind_every)
    for minute in range(91):
        story.at(minute, "unhealthy" if minute % 2 == 0 else "recovering")
        if minute == 40:
            story.restart()
    first, *reminders = story.told
    assert first == (0, DOWN)
    assert [minute for minute, _ in reminders] == minutes
    assert all(title == f"{STILL}, for {_words(minute)} now" for minute, title in reminders)


def _words(minutes: float) -> str:
    hours, left = divmod(int(minutes), 60)
    return f"{hours} h {left} min" if hours else f"{left} min 0 s"


def test_nobody_is_reminded_of_what_nobody_has_heard_yet() -> None:
    story = Story()
    story.tell(outages(0))
    story.accepts = False
    story.at(40, "unhealthy")
    message = story.alerts.pending
    assert message
    story.at(71, "unhealthy")
    assert story.alerts.pending is message


def test_who_has_accepted_a_message_has_yet_to_accept_the_next() -> None:
    story = Story()
    story.at(0, "unhealthy")
    story.accepts = False
    story.at(1, "healthy")
    assert story.alerts.pending
    assert story.alerts.accepted_by == frozenset()


def test_what_is_no_longer_true_is_replaced_by_what_is() -> None:
    story = Story()
    story.accepts = False
    story.tell("0 unhealthy 5 healthy")
    story.accepts = True
    assert story.tell("6 healthy") == [(6, UP)]


def test_a_message_that_was_replaced_on_its_way_does_not_count_as_told() -> None:
    story = Story()
    story.accepts = False
    story.at(0, "unhealthy")
    old = story.alerts.pending
    assert old
    story.at(1, "healthy")
    story.alerts.accept(old, 1, NOON)
    story.alerts.finish(old)
    assert story.alerts.pending
    assert story.alerts.accepted_by == frozenset()


def test_the_fourth_outage_in_an_hour_ends_the_single_messages() -> None:
    story = Story()
    story.tell(outages(0, 5, 10, 15, 20, 25, 30))
    assert story.told[6:] == [(15, f"{FLAPS}: 4 outages since 1 Jan 12:00:00 UTC")]


def test_when_the_flapping_ends_one_message_sums_it_up() -> None:
    story = Story(remind_every=0)
    story.tell(outages(0, 5, 10, 15, 20) + " 49.9 healthy")
    story.accepts = False
    story.at(50, "healthy")
    message = story.alerts.pending
    assert message
    assert message.title == CALM
    assert message.body == "There were 5 outages since 1 Jan 12:00:00 UTC; the last 2 lasted 2 min 0 s in all."


def test_after_the_flapping_outages_are_told_one_by_one_again() -> None:
    story = Story(remind_every=0)
    story.tell(outages(0, 1, 2, 3) + " 33 healthy " + outages(34))
    assert story.told[-2:] == [(34, DOWN), (35, UP)]


def test_an_outage_that_outlasts_the_flapping_is_told_by_itself() -> None:
    story = Story(remind_every=0)
    story.tell(outages(0, 5, 10, 15) + " 20 unhealthy 49 unhealthy 50 unhealthy 60 healthy")
    assert story.told[-2:] == [(50, DOWN), (60, UP)]


def test_flapping_without_end_is_brought_to_mind_like_an_outage() -> None:
    story = Story()
    story.tell(outages(*range(0, 120, 5)))
    assert [minute for minute, _ in story.told[6:]] == [15, 45, 75, 105]
    assert story.told[-1][1] == f"{FLAPS}: 22 outages since 1 Jan 12:00:00 UTC"


def test_a_restart_while_outages_are_gathered_changes_nothing() -> None:
    story, other = Story(), Story()
    text = outages(0, 5, 10, 15, 20)
    assert story.tell(text + " 50 healthy") == other.tell(text + " restart 50 healthy")


def test_what_waits_to_be_told_and_who_has_heard_it_survives_a_restart() -> None:
    story = Story()
    story.accepts = False
    story.at(0, "unhealthy")
    message = story.alerts.pending
    assert message
    story.alerts.accept(message, 2, NOON)
    story.restart()
    assert story.alerts.pending == message
    assert story.alerts.accepted_by == {2}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "x",
        {"outage": 5, "x": 1},
        {"outage": "yesterday"},
        {"outage": "2026-01-01T12:00:00"},
        {"begun": ["2026-01-01T12:00:00Z"] * 5},
        {"accepted_by": ["x"]},
        {"pending": {"title": "x"}},
        {"flapping": {}},
    ],
)
def test_a_memory_that_is_not_its_own_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        Alerts.from_json(data)


def test_the_memory_of_a_day_of_flapping_is_small() -> None:
    story = Story()
    story.tell(outages(*range(0, 1440, 2)))
    assert len(json.dumps(story.alerts.as_json())) < 2000
