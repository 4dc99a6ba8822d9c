import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest

from healthchecker.history import History
from healthchecker.monitor import Monitor, Transition
from healthchecker.neighbours import Neighbours
from healthchecker.page import Page, stays
from healthchecker.probe import Poll
from healthchecker.reason import Reason
from healthchecker.settings import Settings
from healthchecker.state import State
from healthchecker.status import Status
from healthchecker.verdict import Verdict
from support.neighbours import DAY, HOUR, backup_told, neighbours, replica_told


async def never_asked() -> Poll:
    raise AssertionError


def page_after(*verdicts: Verdict, known: Neighbours | None = None) -> str:
    settings = Settings()
    status, history = Status(settings), History()
    monitor = Monitor(settings, never_asked, [])
    for verdict in verdicts:
        tick = monitor.turn(Poll(verdict, 0.0123))
        status.update(tick)
        history.add(tick)
    return Page().render(status, history, known or neighbours())


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
    assert f"<h1>{state.capitalize()}</h1>" in head_of(page)


def test_every_state_has_its_own_shape_mark_and_icon() -> None:
    pages = [page_after(*polls) for polls in LADDER.values()]
    assert len({re.search(r"<svg.*?</svg>", head_of(page), re.DOTALL)[0] for page in pages}) == len(State)  # type: ignore[index]
    assert len({re.search(r"<title>\S", page)[0] for page in pages}) == len(State)  # type: ignore[index]
    assert len({re.search(r'rel="icon" href="[^"]+"', page)[0] for page in pages}) == len(State)  # type: ignore[index]


def test_an_outage_shows_what_is_wrong_and_what_to_do() -> None:
    page = page_after(*LADDER[State.UNHEALTHY])
    for words in ("The file is missing", "Put it back.", "db_missing", "503", "3 failed", "12 ms"):
        assert words in page


def test_nothing_is_wrong_while_all_is_well() -> None:
    assert "What is wrong" not in page_after(GOOD)


def test_what_the_target_sends_stays_text() -> None:
    hostile = "<script>alert(1)</script>\" onload='x'"
    page = page_after(Verdict(Reason.HTTP_STATUS, hostile, 503, hostile, hostile, hostile))
    assert "<script>alert" not in page
    assert "onload='" not in page


@pytest.mark.parametrize("element", ["style", "script"])
def test_the_policy_allows_the_pages_own_style_and_script_and_no_other(element: str) -> None:
    own = re.search(rf"<{element}>(.*?)</{element}>", page_after(), re.DOTALL)
    assert own
    digest = base64.b64encode(hashlib.sha256(own[1].encode()).digest()).decode()
    policy = Page().content_security_policy
    assert policy.startswith("default-src 'none';")
    assert f"{element}-src 'sha256-{digest}';" in policy


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = page_after(*LADDER[State.UNHEALTHY])
    assert not re.search(r"<(img|iframe|object|embed)|\ssrc=|\sstyle=|url\(|@import", page)
    assert all(link.startswith("data:") for link in re.findall(r'<link [^>]*href="([^"]*)"', page))


def test_the_page_renews_itself_where_there_is_no_script() -> None:
    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', page_after())


def test_a_change_is_shown_with_how_long_the_new_state_lasted() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    fell = Transition(noon, State.SUSPECT, State.UNHEALTHY, 4.0, BAD)
    rose = Transition(noon + timedelta(seconds=90), State.UNHEALTHY, State.RECOVERING, 90.0, GOOD)
    assert list(stays([rose, fell], noon + timedelta(seconds=100))) == [(rose, 10.0), (fell, 90.0)]


def test_a_change_whose_end_nobody_saw_is_shown_without_a_length() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    before = Transition(noon, State.UNKNOWN, State.HEALTHY, 2.0, GOOD)
    after_restart = Transition(noon + timedelta(hours=1), State.UNKNOWN, State.HEALTHY, 2.0, GOOD)
    assert list(stays([after_restart, before], noon + timedelta(hours=2)))[1] == (before, None)


def data_of(page: str) -> str:
    start = page.index('<section aria-labelledby="data"')
    return re.sub(r"\s+", " ", re.sub(r"<.*?>", " ", page[start : page.index("</section>", start)]))


def test_the_data_is_shown_where_somebody_keeps_copies_of_it_and_not_elsewhere() -> None:
    assert 'id="data"' not in page_after(GOOD)
    only_backup = data_of(page_after(GOOD, known=neighbours(backup_told(3 * HOUR + 720, name="api-1.zip"))))
    for words in ("since the newest verified backup 3 h 12 min", "api-1.zip, 1,042 rows, made"):
        assert words in only_backup
    assert "replica" not in only_backup
    only_replica = data_of(page_after(GOOD, known=neighbours(replica=replica_told(0.42, sync=True))))
    for words in ("replication lag 420 ms", "in object storage (S3); an answer to a write waits for it"):
        assert words in only_replica
    assert "backup" not in only_replica


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (neighbours(backup_told(2 * DAY)), "A backup is overdue. One is meant every 1 d 0 h."),
        (neighbours(backup_told(None)), "none yet"),
        (neighbours(backup_told(last_error="There is no room.")), "The last backup failed. There is no room."),
        (neighbours(replica=replica_told(last_error="No bucket.")), "The last replication failed. No bucket."),
        (neighbours(backup_told(), trouble="It is silent."), "It is silent. See its log: docker compose logs backup."),
        (
            neighbours(replica=replica_told(), trouble="It is silent."),
            "replication lag unknown It is silent. See its log",
        ),
    ],
)
def test_what_is_wrong_with_a_copy_is_told_in_words(known: Neighbours, words: str) -> None:
    assert words in data_of(page_after(GOOD, known=known))


def test_nothing_is_wrong_with_copies_while_they_are_well() -> None:
    page = page_after(GOOD, known=neighbours(backup_told(), replica_told()))
    assert 'class="notice' not in page


def test_of_one_that_never_answered_the_page_shows_its_trouble_alone() -> None:
    known = neighbours()
    known.backup.trouble = "It is silent."
    assert "since the newest verified backup unknown It is silent." in data_of(page_after(GOOD, known=known))


@pytest.mark.fault("M7")
def test_what_a_neighbour_sends_stays_text() -> None:
    hostile = "<script>alert(1)</script>\" onload='x'"
    known = neighbours(backup_told(name=hostile, last_error=hostile), replica_told(last_error=hostile), trouble=hostile)
    page = page_after(GOOD, known=known)
    assert "<script>alert" not in page
    assert "onload='" not in page
