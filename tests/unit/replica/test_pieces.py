import json
import subprocess
from pathlib import Path

import pytest

from app.problems import ProblemError
from backup.trouble import Refused
from replica import litestream, pieces
from replica.pieces import Piece
from replica.settings import Settings
from support.pieces import piece, with_piece

PLACE = Settings(url="file:///replica")
LISTED = {"min_txid": f"{1:016x}", "max_txid": f"{12:016x}", "size": 345, "timestamp": "2026-01-31T12:00:00Z"}


def listing(monkeypatch: pytest.MonkeyPatch, text: str, code: int = 0) -> None:
    done = subprocess.CompletedProcess(["litestream"], code, text, "Error: no bucket.")
    monkeypatch.setattr(litestream, "run", lambda *_, **__: done)


def test_what_litestream_lists_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    listing(monkeypatch, json.dumps([LISTED]))
    assert pieces.read(PLACE) == [piece(1, 12, 345)]


@pytest.mark.parametrize("text", ["", "nothing", "{}x", "[1]", '[{"min_txid": "1"}]'])
def test_what_is_not_understood_does_not_count_as_an_empty_replica(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    listing(monkeypatch, text)
    with pytest.raises(Refused, match="words that are not known here"):
        pieces.read(PLACE)


def test_a_store_that_cannot_be_listed_is_told_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    listing(monkeypatch, "", 1)
    with pytest.raises(Refused, match=r"cannot be read \(no bucket\)"):
        pieces.read(PLACE)


def test_without_a_piece_that_begins_with_the_first_transaction_a_replica_is_not_whole() -> None:
    assert pieces.are_whole([piece(5, 6), piece(1, 4)])
    assert not pieces.are_whole([piece(2, 4), piece(5, 6)])
    assert not pieces.are_whole([])


@pytest.mark.parametrize(
    ("sent", "ours"),
    [
        ([piece(15, 15), piece(16, 16)], True),
        ([piece(16, 16), piece(17, 17)], False),
        ([piece(16, 16, size=99)], False),
        ([], False),
    ],
)
def test_what_was_sent_is_of_a_volume_that_has_the_newest_piece_of_it_as_well(
    sent: list[Piece], ours: bool, tmp_path: Path
) -> None:
    assert pieces.are_of(sent, with_piece(tmp_path, piece(16, 16))) is ours


def test_a_command_of_litestream_ends_when_it_is_given_up_or_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litestream, "PROGRAM", Path("/bin/sleep"))
    with pytest.raises(ProblemError, match="draining"):
        litestream.run("30", given_up=lambda: True)
    with pytest.raises(subprocess.TimeoutExpired):
        litestream.run("30", within=0.1)
