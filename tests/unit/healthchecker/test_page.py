import base64
import hashlib
import re

import pytest

from healthchecker.monitor import Monitor
from healthchecker.page import Page, duration
from healthchecker.probe import Poll
from healthchecker.reason import Reason
from healthchecker.settings import Settings
from healthchecker.state import State
from healthchecker.status import Status
from healthchecker.verdict import Verdict


async def never_asked() -> Poll:
    raise AssertionError


def page_after(*verdicts: Verdict) -> str:
    settings = Settings()
    status = Status(settings)
    monitor = Monitor(settings, never_asked, [])
    for verdict in verdicts:
        status.update(monitor.turn(Poll(verdict, 0.0123)))
    return Page().render(status)


GOOD = Verdict(http_status=200)
BAD = Verdict(Reason.HTTP_STATUS, "It answered 503.", 503, "db_missing", "The file is missing", "Put it back.")
LADDER = {
    State.UNKNOWN: (),
    State.HEALTHY: (GOOD,),
    State.SUSPECT: (GOOD, BAD),
    State.UNHEALTHY: (GOOD, BAD, BAD, BAD),
    State.RECOVERING: (GOOD, BAD, BAD, BAD, GOOD),
}


def head_of(page: str) -> str:
    return page[page.index("<header") : page.index("</header>")]


@pytest.mark.parametrize("state", State)
def test_the_state_is_told_in_the_title_and_in_words(state: State) -> None:
    page = page_after(*LADDER[state])
    assert re.search(rf"<title>\S {state.capitalize()} · API status</title>", page)
    assert f'<h1 role="status">{state.capitalize()}</h1>' in head_of(page)


def test_every_state_has_its_own_shape_and_mark() -> None:
    pages = [page_after(*polls) for polls in LADDER.values()]
    assert len({re.search(r"<svg.*?</svg>", head_of(page), re.DOTALL)[0] for page in pages}) == len(State)  # type: ignore[index]
    assert len({re.search(r"<title>\S", page)[0] for page in pages}) == len(State)  # type: ignore[index]


def test_an_outage_shows_what_is_wrong_and_what_to_do() -> None:
    page = page_after(*LADDER[State.UNHEALTHY])
    for words in ("The file is missing", "Put it back.", "db_missing", "503", "3 failed", "12 ms"):
        assert words in page


def test_nothing_is_wrong_while_all_is_well() -> None:
    assert "What is wrong" not in page_after(GOOD)


def test_what_the_target_sends_stays_text() -> None:
    hostile = "<script>alert(1)</script>\" onload='x'"
    page = page_after(Verdict(Reason.HTTP_STATUS, hostile, 503, hostile, hostile, hostile))
    assert "<script" not in page
    assert "onload='" not in page


def test_the_policy_allows_the_pages_own_style_and_nothing_else() -> None:
    style = re.search(r"<style>(.*?)</style>", page_after(), re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert Page().content_security_policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")


def test_the_page_needs_nothing_from_elsewhere_and_no_script() -> None:
    page = page_after(*LADDER[State.UNHEALTHY])
    assert not re.search(r"<(script|link|img|iframe)|\ssrc=|\sstyle=|url\(|@import", page)
    assert re.search(r'<meta http-equiv="refresh" content="\d+">', page)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "under 1 s"),
        (0.2, "under 1 s"),
        (1, "1 s"),
        (59.6, "1 min 0 s"),
        (252, "4 min 12 s"),
        (3600, "1 h 0 min"),
        (90_061, "1 d 1 h"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words
