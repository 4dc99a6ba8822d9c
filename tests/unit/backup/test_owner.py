import os
import subprocess
import sys
from pathlib import Path

import pytest

from backup import owner
from backup.trouble import Refused
from support.fault_matrix import cannot_run_here

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _as_root() -> None:
    if os.geteuid() != 0:
        cannot_run_here("only root can give folders away")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "backups"
    made.mkdir(mode=0o755)
    os.chown(made, 1000, 1000)
    return made


def test_an_empty_folder_of_somebody_else_is_given_to_the_service_and_keeps_its_group(folder: Path) -> None:
    owner.take(folder)
    found = folder.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (10001, 1000, 0o2770)


def test_a_folder_that_holds_something_is_not_taken_and_the_remedy_is_told(folder: Path) -> None:
    (folder / "letter").touch()
    with pytest.raises(Refused, match=r"belongs to 1000:1000, .* not empty: give it to that user with `chown 10001`"):
        owner.take(folder)
    assert folder.stat().st_uid == 1000


@pytest.mark.parametrize(("user", "group", "mode"), [(10001, 5, 0o700), (1000, 0, 0o770), (1000, 1000, 0o777)])
def test_a_folder_that_the_service_can_write_to_stays_as_it_is(user: int, group: int, mode: int, folder: Path) -> None:
    (folder / "letter").touch()
    os.chown(folder, user, group)
    folder.chmod(mode)
    owner.take(folder)
    found = folder.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (user, group, mode)


def test_only_what_belongs_to_the_database_is_given_with_its_folder(folder: Path) -> None:
    names = ("api.db", "api.db-wal", ".api.db.id", "letter", ".other")
    for name in names:
        (folder / name).touch()
    owner.give_database(folder / "api.db")
    owners = {name: (folder / name).stat().st_uid for name in names}
    assert owners == {"api.db": 10001, "api.db-wal": 10001, ".api.db.id": 10001, "letter": 0, ".other": 0}
    assert folder.stat().st_uid == 10001


def test_whoever_has_dropped_its_rights_is_the_service_and_cannot_have_them_back() -> None:
    code = "import os; from backup import owner; owner.drop(); print(os.getresuid(), os.getresgid(), os.getgroups())"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([f"{ROOT}/api", f"{ROOT}/deploy"])}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout == "(10001, 10001, 10001) (0, 0, 0) []\n"
