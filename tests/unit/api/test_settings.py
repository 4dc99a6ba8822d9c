from pathlib import Path

import pytest

from app.settings import ConfigurationError, read_settings

WRONG_VALUES = {
    "": "DB_FILE_PATH is empty.",
    "  ": "DB_FILE_PATH is blank.",
    "api.db": "DB_FILE_PATH is 'api.db', which is a relative path.",
    "./api.db": "DB_FILE_PATH is './api.db', which is a relative path.",
    "~/api.db": "DB_FILE_PATH is '~/api.db', which is a relative path.",
    "sqlite:////data/api.db": "DB_FILE_PATH is 'sqlite:////data/api.db', which is a URL and not a path.",
    "sqlite+aiosqlite:///data/api.db": "which is a URL and not a path.",
    "file:/data/api.db": "DB_FILE_PATH is 'file:/data/api.db', which is a URL and not a path.",
    ":memory:": "DB_FILE_PATH is ':memory:', which would lose all data at every stop.",
    "/data/": "DB_FILE_PATH is '/data/', which names a directory and not a file.",
    "/data/..": "DB_FILE_PATH is '/data/..', which names a directory and not a file.",
    "/": "DB_FILE_PATH is '/', which names a directory and not a file.",
    '"/data/api.db"': "which includes quotation marks.",
    "'/data/api.db'": "which includes quotation marks.",
    " /data/api.db": "DB_FILE_PATH is ' /data/api.db', which starts or ends with blanks.",
    "/data/api.db ": "DB_FILE_PATH is '/data/api.db ', which starts or ends with blanks.",
    "/data/api.db\r": "DB_FILE_PATH is '/data/api.db\\r', which contains control characters.",
    "/data/a\x1b[31m.db": "which contains control characters.",
    "/data/a\udcff.db": "DB_FILE_PATH is '/data/a\\udcff.db', which is not valid UTF-8.",
    "/data" + "/x" * 240: "which is longer than 480 bytes.",
    "/data/" + "x" * 241: "whose file name is longer than 240 bytes.",
}


@pytest.mark.fault("C3", "C4")
@pytest.mark.parametrize("value", WRONG_VALUES, ids=ascii)
def test_a_wrong_path_is_refused_with_its_fault_and_the_remedy(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_FILE_PATH", value)
    with pytest.raises(ConfigurationError) as refusal:
        read_settings()
    assert WRONG_VALUES[value] in str(refusal.value)
    assert str(refusal.value).endswith("for example DB_FILE_PATH=/data/api.db")
    assert str(refusal.value).isprintable(), "one line, whatever the value"


def test_a_missing_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DB_FILE_PATH", raising=False)
    with pytest.raises(ConfigurationError, match=r"^DB_FILE_PATH is not set\. Set it to an absolute path"):
        read_settings()


def test_a_variable_in_another_case_is_not_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DB_FILE_PATH", raising=False)
    monkeypatch.setenv("db_file_path", "/data/api.db")
    with pytest.raises(ConfigurationError, match="is not set"):
        read_settings()


def test_a_link_is_followed_so_that_log_and_lock_lie_beside_the_file_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "volume").mkdir()
    (tmp_path / "link.db").symlink_to(tmp_path / "volume" / "api.db")
    monkeypatch.setenv("DB_FILE_PATH", f"{tmp_path}/link.db")
    assert read_settings().db_file_path == tmp_path / "volume" / "api.db"


@pytest.mark.parametrize("name", ["api.db", "a?b#c%20d.db", "ünïcödé.db", "with space.db", "colon:.db", "☃"])
def test_any_other_absolute_path_is_taken_as_it_is(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_FILE_PATH", f"{tmp_path}/{name}")
    assert read_settings().db_file_path == tmp_path / name
