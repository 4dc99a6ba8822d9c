from typing import Any

import pytest

from host.command import Answer
from host.services import Services
from host.trouble import Trouble
from support.fake_host import FakeHost
from support.well_host import API, HEALTHCHECKER, PS, STOP, UP, running

CONFIG: dict[str, Any] = {"services": {"api": {"image": API}, "healthchecker": {"image": HEALTHCHECKER}}}


@pytest.mark.parametrize(
    ("state", "are_up"),
    [("running", True), ("restarting", True), ("paused", True), ("exited", False), ("created", False)],
)
def test_a_service_that_runs_badly_runs(state: str, are_up: bool) -> None:
    assert Services.now(CONFIG, FakeHost({PS: running("api", state=state)})).are_up is are_up


def test_only_those_that_use_the_data_are_stopped() -> None:
    host = FakeHost({PS: running("api", "backup", "healthchecker", "prometheus", "replica"), STOP: Answer()})
    Services.now(CONFIG, host).stop()
    assert host.asked[-1] == f"{STOP} api backup replica"


def test_a_stack_that_is_not_there_needs_no_stop() -> None:
    host = FakeHost({PS: running()})
    Services.now(CONFIG, host).stop()
    assert not host.were(STOP)


def test_a_service_that_does_not_stop_is_named() -> None:
    host = FakeHost({PS: running("api"), STOP: Answer(1, err="no such container")})
    with pytest.raises(Trouble, match=r"^The services api cannot be stopped: no such container$"):
        Services.now(CONFIG, host).stop()


@pytest.mark.parametrize(
    ("ran", "started"),
    [
        (("api", "replica"), "api replica"),
        ((), "api healthchecker"),
        (("backup", "healthchecker"), "api backup healthchecker"),
    ],
)
def test_what_ran_is_started_and_the_whole_stack_where_the_api_did_not(ran: tuple[str, ...], started: str) -> None:
    host = FakeHost({PS: running(*ran), UP: Answer()})
    Services.now(CONFIG, host).start()
    assert host.asked[-1] == f"{UP} --detach --wait --wait-timeout 120 {started}"


@pytest.mark.parametrize(
    ("ran", "resumed"),
    [
        (("api", "replica"), [f"{UP} --detach --wait --wait-timeout 120 api replica"]),
        (("healthchecker", "replica"), ["docker compose start replica"]),
        (("healthchecker",), []),
    ],
)
def test_what_ran_is_resumed_and_nothing_else(ran: tuple[str, ...], resumed: list[str]) -> None:
    host = FakeHost({PS: running(*ran), UP: Answer(), "docker compose start": Answer()})
    before = Services.now(CONFIG, host)
    host.asked.clear()
    before.resume()
    assert host.asked == resumed


def test_the_image_of_a_container_counts_and_not_the_one_that_has_its_name_by_now() -> None:
    host = FakeHost(
        {
            PS: running("api"),
            "docker inspect --format {{.Image}} api": Answer(0, "sha256:runs\n"),
            "docker image inspect": Answer(0, "sha256:named\n"),
        }
    )
    config = {"services": {"api": {"image": API}, "backup": {"image": API}, "healthchecker": {"image": HEALTHCHECKER}}}
    assert Services.now(config, host).images == {API: "sha256:runs", HEALTHCHECKER: "sha256:named"}
