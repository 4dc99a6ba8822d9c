from pathlib import Path

import pytest

from host import sources
from host.trouble import Trouble


@pytest.mark.parametrize("name", ["latest", "api-20260131T120000Z.zip"])
def test_what_is_no_file_here_is_the_name_of_a_backup(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with sources.opened(name) as (word, file):
        assert (word, file) == (name, None)


@pytest.mark.parametrize("name", ["a.zip", "./a.zip"])
def test_a_file_is_handed_over_with_the_rights_of_the_user(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.zip").write_bytes(b"archive")
    with sources.opened(name) as (word, file):
        assert word == "-"
        assert file
        assert file.read() == b"archive"


def test_a_path_without_a_file_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(
            Trouble, match=r"/none\.zip cannot be read \(No such file or directory\): name a file,"
        ) as trouble,
        sources.opened(f"{tmp_path}/none.zip"),
    ):
        pass
    assert trouble.value.exit_code == 66
