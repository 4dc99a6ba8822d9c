import threading
from pathlib import Path

import pytest

from replica import pieces
from replica import watch as watch_module
from replica.beside import beside
from replica.pieces import Piece
from replica.settings import Settings
from replica.watch import Watch
from support.pieces import piece, with_piece
from support.waiting import eventually

OURS, THEIRS, WHOLE = piece(16, 16), piece(17, 17), piece(1, 17)


@pytest.mark.parametrize(
    ("sent_and_made", "is_whole", "found"),
    [
        pytest.param(([OURS], [WHOLE]), True, (False, False), id="a copy that is ahead of what was sent"),
        pytest.param(([OURS], []), True, (True, False), id="no copy any more"),
        pytest.param(([OURS], []), False, (False, False), id="a copy that is still on its way"),
        pytest.param(([THEIRS], [WHOLE]), True, (False, True), id="what somebody else has sent"),
        pytest.param(([], [WHOLE]), True, (False, False), id="nothing that was sent of late"),
    ],
)
def test_a_look_at_the_replica_tells_whether_it_is_lost_or_shared(
    sent_and_made: tuple[list[Piece], list[Piece]],
    is_whole: bool,
    found: tuple[bool, bool],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[str] = []

    def read(_settings: Settings, level: str = "all", **_: object) -> list[Piece]:
        looks.append(level)
        sent, made = sent_and_made
        return sent if level == "0" else [*sent, *made]

    def has_looked() -> None:
        assert looks.count("all") >= (1 if any(found) else 3)

    monkeypatch.setattr(pieces, "read", read)
    monkeypatch.setattr(watch_module, "LOOK_SECONDS", {"file": 0.01})
    begun = threading.Event()
    watch = Watch(with_piece(tmp_path, OURS), Settings(), begun, is_whole=is_whole)
    with beside(watch.run):
        begun.set()
        eventually(has_looked, within=5)
        eventually(lambda: is_as(watch, found), within=1)


def is_as(watch: Watch, found: tuple[bool, bool]) -> None:
    assert (watch.is_lost, watch.is_shared) == found


def test_nothing_is_looked_at_before_the_replica_has_caught_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object, **__: object) -> list[Piece]:
        raise AssertionError("too early")

    monkeypatch.setattr(pieces, "read", read)
    monkeypatch.setattr(watch_module, "LOOK_SECONDS", {"file": 0.01})
    over = threading.Event()
    timer = threading.Timer(0.2, over.set)
    timer.start()
    Watch(with_piece(tmp_path, OURS), Settings(), threading.Event(), is_whole=True).run(over)
    timer.join()
