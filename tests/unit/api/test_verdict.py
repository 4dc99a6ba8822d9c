import errno
import json
import os
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.verdict import Record, Verdict

SOUND = Verdict(at=1_700_000_000, seconds=1.5)
DAMAGED = Verdict(at=1_700_000_000, seconds=1.5, damage='page 7 is "odd"\n', stamp=(1, 2, 3))


@pytest.mark.parametrize("verdict", [SOUND, DAMAGED, DAMAGED._replace(stamp=None)])
def test_a_verdict_is_one_line_that_everybody_reads_alike(verdict: Verdict, tmp_path: Path) -> None:
    Record(tmp_path / "check").write(verdict)
    assert Record(tmp_path / "check").read() == verdict
    text = (tmp_path / "check").read_text()
    assert text.count("\n") == 1
    assert json.loads(text)["at"] == "2023-11-14T22:13:20+00:00"


def test_a_newer_verdict_takes_the_place_of_a_longer_one_in_the_same_file(tmp_path: Path) -> None:
    record, reader = Record(tmp_path / "check"), Record(tmp_path / "check")
    record.write(DAMAGED)
    file = record.path.stat().st_ino
    assert reader.read() == DAMAGED
    record.write(SOUND)
    assert (reader.read(), record.path.stat().st_ino) == (SOUND, file)
    record.write(None)
    assert reader.read() is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "garbage", "null", "[]", "{}", '{"ok": true}', '{"ok": true, "at": 7, "seconds": 1}', "\x00" * 90),
        *('{"ok": false, "at": "2026-01-01T00:00:00+00:00", "seconds": 1}', '{"damage": "x", "at": "now"}'),
    ],
)
def test_a_damaged_record_says_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "check").write_text(text)
    assert Record(tmp_path / "check").read() is None


def test_damage_that_cannot_be_recorded_still_holds_for_this_process_and_is_logged(tmp_path: Path) -> None:
    record = Record(tmp_path / "gone" / "check")
    with capture_logs() as lines:
        record.write(DAMAGED)
    assert record.read() == DAMAGED
    assert [line["event"] for line in lines] == ["the result of the integrity check cannot be kept"]
    record.write(SOUND)
    assert record.read() == SOUND, "else a check would begin again and again"


def test_a_newer_verdict_that_cannot_be_recorded_holds_over_an_older_one_that_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    record, other = Record(tmp_path / "check"), Record(tmp_path / "check")
    record.write(DAMAGED)
    monkeypatch.setattr(os, "pwrite", no_room)
    mended = SOUND._replace(at=DAMAGED.at + 10)
    record.write(mended)
    assert record.read() == mended
    monkeypatch.undo()
    newer = DAMAGED._replace(at=DAMAGED.at + 20)
    other.write(newer)
    assert record.read() == newer


def test_a_verdict_knows_its_age() -> None:
    assert 100 <= Verdict(at=time.time() - 100, seconds=1).age < 160
