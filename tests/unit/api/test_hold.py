from pathlib import Path

from app.datafile import DataFile
from app.hold import Hold


def test_without_litestream_there_is_nobody_to_ask_and_nothing_is_left_behind(tmp_path: Path) -> None:
    hold = Hold(DataFile(tmp_path / "api.db"))
    hold.ask()
    assert not hold.is_asked_for()
    hold.give_back()
    assert list(tmp_path.iterdir()) == []


def test_what_was_asked_for_is_asked_for_until_it_is_given_back(tmp_path: Path) -> None:
    file = DataFile(tmp_path / "api.db")
    file.litestream_path.mkdir()
    Hold(file).ask()
    Hold(file).ask()
    assert Hold(file).is_asked_for()
    Hold(file).give_back()
    assert not Hold(file).is_asked_for()
