import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from replica import pulse as pulse_module
from replica.beside import beside
from replica.pulse import Pulse
from replica.settings import Settings
from replica.state import State
from support.control import Litestream, serving
from support.waiting import eventually, load_factor

SETTINGS = Settings(sync_interval=0.02)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def state() -> State:
    state = State(SETTINGS)
    state.ready()
    state.begin()
    return state


@contextmanager
def pulse_of(state: State, folder: Path) -> Iterator[Pulse]:
    pulse = Pulse(Path("/data/api.db"), SETTINGS, state, folder)
    with beside(pulse.run):
        yield pulse


def has_caught_up(state: State) -> None:
    lag = state.as_json()["lag_seconds"]
    assert lag is not None
    assert lag < 0.5 * load_factor()


def was_asked(litestream: Litestream, times: int) -> None:
    assert len(litestream.syncs) >= times


def test_what_was_taken_in_when_it_was_asked_is_what_the_replica_must_have(folder: Path, state: State) -> None:
    with serving(folder) as litestream:
        litestream.taken, litestream.ships = 5, False
        with pulse_of(state, folder):
            eventually(lambda: was_asked(litestream, 5), within=5)
            assert state.as_json()["lag_seconds"] is None, "the replica has 1 of 5"
            litestream.taken, litestream.replicated = 9, 5
            eventually(lambda: has_caught_up(state), within=5)


def test_a_replica_that_does_not_follow_is_hurried_once_it_lags(
    folder: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    def has_hurried() -> None:
        assert pulse.has_hurried

    monkeypatch.setattr(pulse_module, "HURRY_SECONDS", 0.1)
    monkeypatch.setattr(pulse_module, "HURRY_INTERVAL_SECONDS", 0.1)
    with serving(folder) as litestream:
        litestream.taken, litestream.ships = 5, False
        with pulse_of(state, folder) as pulse:
            eventually(has_hurried, within=5)
            assert any(content.get("wait") for content in litestream.syncs)


def test_a_replica_that_follows_is_never_hurried(folder: Path, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse_module, "HURRY_SECONDS", 0.1)
    with serving(folder) as litestream, pulse_of(state, folder) as pulse:
        eventually(lambda: was_asked(litestream, 30), within=5)
        assert not pulse.has_hurried
        assert litestream.syncs == [{"path": "/data/api.db"}] * len(litestream.syncs)


def test_what_litestream_refuses_with_is_told(folder: Path, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> None:
        assert state.as_json()["last_error"] == "The replica cannot be brought up to date: no such bucket."

    monkeypatch.setattr(pulse_module, "START_SECONDS", 0)
    with serving(folder) as litestream:
        litestream.error = "no such bucket"
        with pulse_of(state, folder):
            eventually(told, within=5)
            litestream.error = None
            eventually(lambda: has_caught_up(state), within=5)
    assert state.as_json()["last_error"] is None
