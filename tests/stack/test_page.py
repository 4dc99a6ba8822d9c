"""The status page and the badge in a real browser, as a person would see them."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from itertools import product

import pytest

from healthchecker.reason import Reason
from healthchecker.state import State
from healthchecker.verdict import Verdict
from support.browser import Browser, View, chromium
from support.exhaustive import first
from support.http import ask
from support.neighbours import DAY, HOUR, backup_told, neighbours, replica_told
from support.ports import free_port
from support.waiting import eventually
from support.watch import GOOD, MISSING, Watch, a_day, served

VIEWS = [View(*how) for how in product((360, 1280), (False, True), (False, True))]
EACH_STATE = list(zip(State, VIEWS, strict=False))  # once, and each in another view
DOUBT = {State.SUSPECT, State.UNHEALTHY}
RENEWED = 12  # seconds in which the page must have renewed itself, with some to spare
LOOKED_AT_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"  # then it renews itself at once


@pytest.fixture(scope="module")
def browser(engine: None) -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@cache
def day_that_ends(state: State) -> Watch:
    return a_day(state)


@pytest.mark.parametrize(
    ("state", "view"),
    first([*EACH_STATE, *(case for case in product(State, VIEWS) if case not in EACH_STATE)], usual=len(State)),
)
def test_a_person_reads_what_is_and_how_the_day_was(browser: Browser, state: State, view: View) -> None:
    name = f"{state}-{view}"
    with served(day_that_ends(state)) as url, browser.showing(url, view, name):
        browser.take_picture(name)
        assert re.fullmatch(rf"\S {state.capitalize()} · API status", browser.title())
        assert browser.text("h1") == state.capitalize()
        assert re.search(r"^For .+, since \d+ \w{3} \d\d:\d\d:\d\d UTC$", browser.text(".since"))
        main = browser.text("main")
        assert ("The database file is missing.\n" in main.partition("Uptime")[0]) == (state in DOUBT)
        assert ("Put the file back" in main) == (state in DOUBT)
        assert re.search(r"last 24 hours\n9\d\.\d\d %\nlast hour\n9\d\.\d\d %", main)
        assert re.search(r"Down for 2\d min .+, up for 21 h .+, nothing known of \d h", browser.text(".summary"))
        assert re.search(r"Unhealthy for 2\d min", browser.text("ol")), "the long outage, with its length"
        assert "did not finish its answer in time" in browser.text("ol")
        assert browser.ask("return document.querySelectorAll('.day title').length") == 96
        assert browser.hidden_pixels() == 0
        if view.script:
            assert browser.barriers() == []


@pytest.mark.fault("M9")
@pytest.mark.parametrize("view", first([view for view in VIEWS if view.script]), ids=str)
@pytest.mark.parametrize("well", first([False, True]))
def test_a_person_reads_how_old_the_newest_backup_is_and_how_far_the_replica_is_behind(
    browser: Browser, well: bool, view: View
) -> None:
    watch, name = Watch(), f"copies-{'well' if well else 'not'}-{view}"
    watch.poll(GOOD)
    error = None if well else "There is no room in /backups" + "W" * 160
    age = 3 * HOUR + 720 if well else 2 * DAY
    watch.neighbours = neighbours(backup_told(age, error), replica_told(0.42, error))
    with served(watch) as url, browser.showing(url, view, name):
        browser.take_picture(name)
        main = browser.text("main")
        assert f"since the newest verified backup\n{'3 h 12 min' if well else '2 d 0 h'}\n" in main
        assert "replication lag\n420 ms\n" in main
        assert ("A backup is overdue." in main) is not well
        assert ("The last replication failed." in main) is not well
        assert browser.hidden_pixels() == 0
        assert browser.barriers() == []


def test_nothing_that_the_target_sends_breaks_the_page(browser: Browser) -> None:
    watch, hostile = Watch(), "<script>document.title='owned'</script>" + "W" * 160
    watch.poll(Verdict(Reason.HTTP_STATUS, hostile, 503, "c" * 64, hostile, hostile))
    with served(watch) as url, browser.showing(url, View(360), "hostile"):
        assert hostile in browser.text(".cause")
        assert browser.title() == "? Unknown · API status"
        assert browser.hidden_pixels() == 0


@pytest.mark.exhaustive
def test_a_page_of_a_healthchecker_that_no_longer_polls_says_so(browser: Browser) -> None:
    watch = Watch()
    watch.poll(GOOD)
    watch.now += 600
    with served(watch) as url, browser.showing(url, View(360, dark=True), "stalled"):
        browser.take_picture("stalled")
        assert "This page is out of date. The healthchecker last polled 10 min 0 s ago" in browser.text(
            "main > .warning"
        )
        assert browser.title() == "? Out of date · API status"
        assert browser.barriers() == []


def test_the_page_follows_a_change_without_reloading(browser: Browser) -> None:
    watch = Watch()
    watch.poll(GOOD)
    with served(watch) as url, browser.showing(url, View(), "follows"):
        browser.ask("window.mark = 'the same document'; document.querySelector('footer a').focus(); scrollTo(0, 40)")
        icon = browser.ask("return document.querySelector('link[rel=icon]').href")
        for _ in range(3):
            watch.poll(MISSING)

        def follows() -> None:
            assert browser.text("h1") == "Unhealthy"

        eventually(follows, within=RENEWED)
        assert browser.title() == "✕ Unhealthy · API status"
        assert browser.ask("return document.querySelector('link[rel=icon]').href") != icon
        assert "Put the file back" in browser.text(".cause")
        assert browser.ask("return window.mark") == "the same document"
        assert browser.ask("return [document.activeElement.textContent, scrollY]") == ["status as JSON", 40]


def test_a_change_is_announced_once_and_a_renewal_is_not(browser: Browser) -> None:
    watch = Watch()
    watch.poll(GOOD)
    with served(watch) as url, browser.showing(url, View(), "announces"):
        browser.ask(
            "window.announced = []; const live = document.querySelector('[role=status]');"
            "new MutationObserver(() => window.announced.push(live.innerText))"
            ".observe(live, {subtree: true, childList: true, characterData: true, attributes: true});"
            "document.querySelector('main').dataset.old = 'what a renewal puts right'"
        )

        browser.ask(LOOKED_AT_AGAIN)

        def renewed() -> None:
            assert browser.ask("return !document.querySelector('main').dataset.old")

        eventually(renewed, within=RENEWED)
        assert browser.ask("return window.announced") == []
        watch.poll(MISSING)
        browser.ask(LOOKED_AT_AGAIN)

        def announced() -> None:
            assert len(browser.ask("return window.announced")) == 1

        eventually(announced, within=RENEWED)
        assert browser.ask("return window.announced[0]").startswith("Suspect")


def test_a_page_without_script_reloads_itself(browser: Browser) -> None:
    watch = Watch()
    watch.poll(GOOD)
    with served(watch) as url, browser.showing(url, View(script=False), "reloads"):
        assert browser.text("h1") == "Healthy"
        watch.poll(MISSING)

        def reloaded() -> None:
            assert browser.text("h1") == "Suspect"

        eventually(reloaded, within=RENEWED)


def test_the_page_says_when_the_healthchecker_is_out_of_reach_and_goes_on_afterwards(browser: Browser) -> None:
    watch = Watch()
    watch.poll(GOOD)
    with ExitStack() as serving:
        port = free_port()
        url = serving.enter_context(served(watch, port))
        with browser.showing(url, View(), "out-of-reach"):
            seen_at = browser.ask("return document.querySelector('main').dataset.at")
            serving.close()

            def says_so() -> None:
                assert "The healthchecker cannot be reached." in browser.text("#lost")

            eventually(says_so, within=RENEWED)
            assert seen_at in browser.text("#lost")
            assert browser.title() == "? Out of reach · API status"
            browser.take_picture("out-of-reach")
            serving.enter_context(served(watch, port))
            browser.ask(LOOKED_AT_AGAIN)

            def goes_on() -> None:
                assert browser.title() == "✓ Healthy · API status"

            eventually(goes_on, within=RENEWED)
            assert browser.text("#lost") == ""
            assert not browser.ask("return document.querySelector('main.stale')")
            assert all("ERR_CONNECTION_REFUSED" in line for line in browser.console())


@pytest.mark.parametrize("state", State)
def test_a_badge_shows_its_words_inside_its_fields(browser: Browser, state: State) -> None:
    with served(day_that_ends(state)) as url:
        badge = ask("GET", f"{url}badge.svg")
    assert badge.headers["Content-Type"].startswith("image/svg+xml")
    assert badge.headers["Cache-Control"] == "no-store"
    with browser.showing("about:blank", View(360), f"badge-{state}"):
        browser.ask("document.body.innerHTML = arguments[0]", badge.text)
        words = browser.ask("return [...document.querySelectorAll('text')].map((text) => text.textContent)")
        assert words == ["API", state]
        for (begin, end), (left, right) in zip(*map(browser.spans, ("text", "g > rect")), strict=True):
            assert left + 4 <= begin < end <= right - 4
        stretched = browser.spans("text")
        browser.ask("document.querySelectorAll('text').forEach((text) => text.removeAttribute('textLength'))")
        for (_, end), (_, natural_end) in zip(stretched, browser.spans("text"), strict=True):
            assert abs(end - natural_end) < 1, "neither squeezed nor stretched in the font it was measured in"
