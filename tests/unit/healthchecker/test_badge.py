import xml.etree.ElementTree as ET

import pytest

from healthchecker.badge import Badge
from healthchecker.settings import Settings
from healthchecker.state import State
from healthchecker.status import Status
from healthchecker.templates import TONES
from support.clock import Clock

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def status(clock: Clock) -> Status:
    return Status(Settings(), clock)


def badge_of(status: Status) -> ET.Element:
    return ET.fromstring(Badge().render(status))  # noqa: S314 - our own text


@pytest.mark.parametrize("state", State)
def test_a_badge_tells_the_state_in_words_colour_and_title(status: Status, state: State) -> None:
    status.state = state
    badge = badge_of(status)
    assert [text.text for text in badge.iter(f"{SVG}text")] == ["API", state]
    assert badge.get("aria-label") == badge.findtext(f"{SVG}title") == f"API: {state}"
    assert TONES[state] in {rect.get("fill") for rect in badge.iter(f"{SVG}rect")}


@pytest.mark.parametrize("state", State)
def test_the_text_of_a_badge_ends_before_its_field_does(status: Status, state: State) -> None:
    status.state = state
    badge = badge_of(status)
    last = list(badge.iter(f"{SVG}text"))[-1]
    assert float(last.get("x", "")) + float(last.get("textLength", "")) < float(badge.get("width", ""))


def test_a_badge_that_is_out_of_date_says_unknown(status: Status, clock: Clock) -> None:
    status.state = State.HEALTHY
    clock.now = 1000
    assert badge_of(status).get("aria-label") == "API: unknown"
