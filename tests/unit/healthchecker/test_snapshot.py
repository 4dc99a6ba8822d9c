import asyncio
import json
import os
import resource
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Self

import pytest
import structlog

from healthchecker.history import History
from healthchecker.reason import Reason
from healthchecker.snapshot import Snapshot
from healthchecker.snapshot_file import MOST_BYTES, MOST_SET_ASIDE, VERSION
from support.waiting import eventually, load_factor

TARGET = "http://api:8000/db-check"
NOBODY = 65534


class Notes:
    """A part whose whole state is one list of words."""

    def __init__(self, words: list[str] | None = None) -> None:
        self.words = words or []

    def as_json(self) -> Any:
        return self.words

    @classmethod
    def from_json(cls, data: Any) -> Self:
        if not isinstance(data, list):
            raise ValueError("no list")  # noqa: TRY004 - as the seam asks
        return cls(data)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.json"


@pytest.fixture
def log() -> Iterator[list[dict[str, Any]]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def restored(path: Path | None, target: str = TARGET) -> tuple[Snapshot, Notes]:
    snapshot = Snapshot(path, target)
    return snapshot, snapshot.restore("notes", Notes.from_json, Notes)


def save(path: Path, *words: str) -> None:
    snapshot, notes = restored(path)
    notes.words.extend(words)
    asyncio.run(snapshot.save())


def envelope(**changes: Any) -> str:
    whole = {"application": "healthchecker", "version": VERSION, "target": TARGET, "parts": {"notes": ["kept"]}}
    return json.dumps(whole | changes)


def aside(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir() if ".aside-" in file.name)


def test_what_was_saved_is_there_after_a_restart(path: Path, log: list[Any]) -> None:
    save(path, "one", "two")
    assert restored(path)[1].words == ["one", "two"]
    assert log == []
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_without_a_path_nothing_is_kept_and_nothing_is_wrong(log: list[Any]) -> None:
    snapshot, _ = restored(None)
    asyncio.run(snapshot.save())
    assert (snapshot.kept, snapshot.trouble, log) == (False, None, [])


def test_a_first_start_is_silent(path: Path, log: list[Any]) -> None:
    snapshot, notes = restored(path)
    assert (notes.words, snapshot.kept, log) == ([], True, [])


USELESS = {
    "empty": ("", "it is torn"),
    "torn": (envelope()[:-9], "it is torn"),
    "garbage": ("\x00\x01garbage", "it is torn"),
    "too deep": ("[" * 100_000, "it is torn"),
    "a list": ("[1]", "another application wrote it"),
    "unmarked": (json.dumps({"parts": {"notes": []}}), "another application wrote it"),
    "of another application": (envelope(application="grafana"), "another application wrote it"),
    "of a newer version": (envelope(version=VERSION + 1), "a newer version of the healthchecker wrote it"),
    "of another target": (envelope(target="http://other/"), "it is about another target"),
    "without a version": (envelope(version=None), "it is not in the form"),
    "of an odd version": (envelope(version="1"), "it is not in the form"),
    "without parts": (envelope(parts=[]), "it is not in the form"),
    "with a broken part": (envelope(parts={"notes": 7}), "its part 'notes' is not in the form"),
}


@pytest.mark.parametrize(("text", "why"), USELESS.values(), ids=USELESS)
def test_a_snapshot_of_no_use_is_set_aside_with_one_line_and_never_overwritten(
    path: Path, log: list[Any], text: str, why: str
) -> None:
    path.write_text(text)
    snapshot, notes = restored(path)
    assert notes.words == []
    notes.words.append("new")
    asyncio.run(snapshot.save())
    assert path.with_name("history.json.aside-1").read_text() == text
    (line,) = log
    assert (line["event"], line["log_level"]) == ("snapshot_set_aside", "warning")
    assert why in line["detail"]
    assert line["detail"].isprintable()
    assert restored(path)[1].words == ["new"]


def test_bytes_that_are_no_text_are_set_aside(path: Path, log: list[Any]) -> None:
    path.write_bytes(b"\xff\xfe\x00\xd8")
    restored(path)
    assert aside(path) == ["history.json.aside-1"]


def test_what_is_far_too_long_is_set_aside_unread(path: Path, log: list[Any]) -> None:
    with path.open("w") as file:
        file.truncate(10 * 2**30)  # without taking up a single block
    restored(path)
    assert f"it is longer than {MOST_BYTES} bytes" in log[0]["detail"]


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_regular_file_is_set_aside_unopened(path: Path, log: list[Any], make: Any) -> None:
    make(path)
    save(path, "new")
    assert aside(path) == ["history.json.aside-1"]
    assert restored(path)[1].words == ["new"]


def test_only_a_few_are_kept_aside_and_those_are_the_last(path: Path, log: list[Any]) -> None:
    for number in range(12):
        path.write_text(f"garbage {number}")
        restored(path)
    assert len(log) == 12
    assert aside(path) == [f"history.json.aside-{number}" for number in (10, 11, 12)]
    assert len(aside(path)) == MOST_SET_ASIDE
    assert path.with_name("history.json.aside-12").read_text() == "garbage 11"


def test_one_part_of_no_use_does_not_take_the_others_along(path: Path, log: list[Any]) -> None:
    path.write_text(envelope(parts={"notes": ["kept"], "history": {"minutes": "none"}}))
    snapshot, notes = restored(path)
    history = snapshot.restore("history", History.from_json, History)
    assert notes.words == ["kept"]
    assert list(history.transitions) == []
    asyncio.run(snapshot.save())
    assert restored(path)[1].words == ["kept"]


@contextmanager
def full(_folder: Path) -> Iterator[None]:
    """Let the kernel refuse every byte, also those of root."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def without_permission(folder: Path) -> Iterator[None]:
    """Let the folder be read only, and this process not be root, whom that would not stop."""
    user, mode = os.geteuid(), folder.stat().st_mode
    folder.chmod(0o555)
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(mode)


@contextmanager
def missing(folder: Path) -> Iterator[None]:
    elsewhere = folder.rename(folder.with_name("elsewhere"))
    try:
        yield
    finally:
        elsewhere.rename(folder)


@pytest.mark.fault("M1")
@pytest.mark.parametrize("fault", [full, without_permission, missing])
def test_a_volume_that_takes_nothing_is_told_once_when_it_begins_and_once_when_it_ends(
    path: Path, log: list[Any], fault: Any
) -> None:
    snapshot, notes = restored(path)
    broken: AbstractContextManager[None] = fault(path.parent)

    async def live_through() -> None:
        await snapshot.save()
        notes.words.append("new")
        with broken:
            for _ in range(3):
                await snapshot.save()
                assert snapshot.trouble
                assert not snapshot.kept
        assert restored(path)[1].words == []
        await snapshot.save()
        await snapshot.save()

    asyncio.run(live_through())
    assert (snapshot.trouble, snapshot.kept) == (None, True)
    assert [line["event"] for line in log] == ["history_not_saved", "history_saved_again"]
    assert log[0]["detail"].startswith("The history is not saved: ")
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert restored(path)[1].words == ["new"]


@pytest.mark.fault("M2")
def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(path: Path, log: list[Any]) -> None:
    save(path, "old")
    snapshot, notes = restored(path)
    notes.words.append("new")
    with full(path.parent):
        asyncio.run(snapshot.save())
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert restored(path)[1].words == ["old"]


def test_what_cannot_be_set_aside_yet_is_not_overwritten_but_set_aside_later(path: Path, log: list[Any]) -> None:
    path.write_text("not ours")
    with without_permission(path.parent):
        snapshot, _ = restored(path)
        asyncio.run(snapshot.save())
        assert snapshot.trouble
    assert path.read_text() == "not ours"
    asyncio.run(snapshot.save())
    assert path.with_name("history.json.aside-1").read_text() == "not ours"
    assert restored(path)[1].words == []


def test_a_disk_that_hangs_holds_up_neither_the_loop_nor_the_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot, _ = restored(path)
    over = threading.Event()
    monkeypatch.setattr(os, "fsync", lambda _descriptor: over.wait(5))

    async def live_through() -> None:
        loop = asyncio.get_running_loop()
        saving = asyncio.create_task(snapshot.run())
        await asyncio.sleep(0)
        started = loop.time()
        saving.cancel()
        await snapshot.save_last()
        assert loop.time() - started < 0.6 * load_factor()

    asyncio.run(live_through())
    over.set()
    eventually(path.read_text, within=1)


def test_the_start_and_every_transition_are_saved_at_once(path: Path) -> None:
    snapshot, notes = restored(path)

    class Tick:
        transition = True

    async def live() -> None:
        saving = asyncio.create_task(snapshot.run())
        await asyncio.to_thread(eventually, lambda: words([]), within=5)
        notes.words.append("down")
        snapshot.note(Tick())  # type: ignore[arg-type]
        await asyncio.to_thread(eventually, lambda: words(["down"]), within=5)
        saving.cancel()

    def words(expected: list[str]) -> None:
        assert json.loads(path.read_text())["parts"]["notes"] == expected

    asyncio.run(live())


def test_a_part_with_a_bug_does_not_end_the_saves(path: Path, log: list[Any]) -> None:
    snapshot, notes = restored(path)
    notes.words = {Reason}  # type: ignore[assignment]

    async def live() -> None:
        saving = asyncio.create_task(snapshot.run())
        await asyncio.to_thread(eventually, complained, within=5)
        assert not saving.done()
        saving.cancel()

    def complained() -> None:
        assert [line["event"] for line in log] == ["snapshot_failed"]

    asyncio.run(live())
