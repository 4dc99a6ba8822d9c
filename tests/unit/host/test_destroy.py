import io
import sys
from pathlib import Path

import pytest

from host.command import Answer
from host.destroy import destroy_data
from host.trouble import Trouble
from support.well_host import CONFIG, DOWN, REMOVE, VOLUME, configured, well_host


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_right_name_destroys_the_volume_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host = well_host(tmp_path)
    destroy_data("shop", run=host)
    assert host.asked[-2:] == [
        f"{DOWN} --remove-orphans",
        f"{REMOVE} shop_data",
    ]
    assert f"The backups stay, in the folder {tmp_path}" in capsys.readouterr().out


def test_who_has_a_replica_is_told_that_it_brings_the_data_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    destroy_data("shop", run=well_host(tmp_path, {CONFIG: configured(replica={"image": "replica"})}))
    assert (
        "The replica stays, too: `COMPOSE_PROFILES=replica make up` restores what it holds." in capsys.readouterr().out
    )


@pytest.mark.parametrize("said", ["other", "SHOP", "shop_data"])
def test_a_wrong_name_destroys_nothing(said: str, tmp_path: Path) -> None:
    host = well_host(tmp_path)
    with pytest.raises(
        Trouble, match=rf"^Nothing was destroyed: the project is shop, and '{said}' was said"
    ) as trouble:
        destroy_data(said, run=host)
    assert (trouble.value.exit_code, host.were(DOWN, REMOVE)) == (64, [])


def test_the_name_is_asked_for_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("shop\n"))
    host = well_host(tmp_path)
    destroy_data(run=host)
    assert len(host.were(REMOVE)) == 1


@pytest.mark.parametrize("typed", ["yes\n", "\n", ""])
def test_anything_else_on_the_terminal_destroys_nothing(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    host = well_host(tmp_path)
    with pytest.raises(Trouble, match=r"^Nothing was destroyed"):
        destroy_data(run=host)
    assert not host.were(DOWN, REMOVE)


def test_without_a_terminal_the_word_for_the_name_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("shop\n"))
    with pytest.raises(Trouble, match="say the project's name, as in `make destroy-data CONFIRM=NAME`"):
        destroy_data(run=well_host(tmp_path))


def test_a_volume_that_is_not_there_needs_no_destroying(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    host = well_host(tmp_path, {VOLUME: Answer(1)})
    destroy_data(run=host)
    assert capsys.readouterr().err == "There is no volume shop_data: nothing to destroy.\n"
    assert not host.were(DOWN, REMOVE)


@pytest.mark.parametrize("step", [DOWN, REMOVE])
def test_an_engine_that_refuses_is_trouble(step: str, tmp_path: Path) -> None:
    host = well_host(tmp_path, {step: Answer(1, err="volume is in use")})
    with pytest.raises(Trouble, match=r"^The volume shop_data could not be destroyed: volume is in use$"):
        destroy_data("shop", run=host)
