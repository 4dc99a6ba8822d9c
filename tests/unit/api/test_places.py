import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import places


@pytest.fixture
def folder() -> Iterator[Path]:
    places.make_folder()
    made = Path(os.environ[places.VARIABLE])
    yield made
    places.remove_folder()
    assert not made.exists()


@pytest.mark.parametrize(("taken", "free"), [([], 0), ([0, 1], 2), ([1, 2], 0), ([2, 0], 1)])
def test_a_worker_must_take_the_place_of_one_that_has_ended(taken: list[int], free: int) -> None:
    assert places.free_place(taken) == free


def test_the_folder_must_be_empty_and_in_memory(folder: Path) -> None:
    assert folder.is_relative_to("/dev/shm")
    assert not list(folder.iterdir())


def test_a_folder_of_another_server_must_not_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(places.VARIABLE, str(tmp_path))
    places.make_folder()
    assert os.environ[places.VARIABLE] != str(tmp_path)
    places.remove_folder()
    assert tmp_path.exists()


def test_only_what_a_living_worker_has_must_go_with_it(folder: Path) -> None:
    for name in ("gauge_livesum_1.db", "gauge_livesum_0.db", "counter_1.db"):
        (folder / name).touch()
    places.leave(1)
    assert {path.name for path in folder.iterdir()} == {"gauge_livesum_0.db", "counter_1.db"}


def test_without_a_folder_nothing_must_be_shared() -> None:
    assert places.VARIABLE not in os.environ
    places.take(1)
    places.leave(1)
    places.remove_folder()
