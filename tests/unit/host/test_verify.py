from pathlib import Path

import pytest

from host.command import Answer
from host.trouble import Trouble
from host.verify import verify
from support.well_host import VERIFY, VOLUME, well_host


def test_without_a_source_the_live_database_is_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    host = well_host(tmp_path)
    verify(run=host)
    assert host.asked[-1] == VERIFY
    assert capsys.readouterr() == ("ok  everything\n", "Verifying the live database.\n")


def test_a_file_is_streamed_to_the_command(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"archive")
    host = well_host(tmp_path)
    verify(str(tmp_path / "a.zip"), run=host)
    assert host.read == {f"{VERIFY} -": b"archive"}


def test_a_backup_can_be_verified_where_there_is_no_database(tmp_path: Path) -> None:
    host = well_host(tmp_path, {VOLUME: Answer(1)})
    verify("latest", run=host)
    assert host.asked[-1] == f"{VERIFY} latest"


def test_the_live_database_of_a_stack_that_never_ran_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match=r"^There is nothing to verify: the volume shop_data does not exist"):
        verify(run=well_host(tmp_path, {VOLUME: Answer(1)}))
