import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.datafile import DataFile
from app.problems import Code, ProblemError
from app.settings import ConfigurationError
from backup import __main__ as command_line
from backup import verbs
from backup.folder import Folder
from backup.trouble import Refused
from support.backups import add_tasks, database, everything
from support.stack import ROOT
from support.waiting import eventually

Command = Callable[..., int]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a database of three tasks, which the commands of the test work on."""
    monkeypatch.setenv("DB_FILE_PATH", str(database(tmp_path / "data").path))
    (tmp_path / "backups").mkdir()
    for module in (command_line, verbs):
        monkeypatch.setattr(module, "FOLDER", tmp_path / "backups")
    monkeypatch.setattr("app.logs.configure", lambda: {"version": 1, "incremental": True})  # it is for all who follow
    for step in ("take", "give_database", "drop"):
        monkeypatch.setattr(f"backup.owner.{step}", lambda *_: None)
    return tmp_path / "data" / "api.db"


@pytest.fixture
def backup(data: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Give the command line, which answers with an exit code."""

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["backup", *arguments])
        return command_line.main()

    return run


def test_a_backup_is_made_verified_and_restored(backup: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert backup("create", "--keep", "2") == 0
    name = capsys.readouterr().out.splitlines()[-1].split()[1].rstrip(",")
    for verb in (("verify", name), ("verify", "latest"), ("verify",), ("stage", name), ("swap",), ("settle",)):
        assert backup(*verb) == 0
    snapshot = capsys.readouterr().out.split()[-1].rstrip(".")
    assert backup("stage", "--snapshot", snapshot) == 0
    assert backup("undo") == 0


def test_the_state_is_told_as_json(backup: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert backup("state") == 0
    assert json.loads(capsys.readouterr().out) == {"revision": "0002", "needed": "0002", "snapshots": []}


def test_a_revision_that_cannot_be_read_is_told_as_none(
    data: Path, backup: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    data.write_bytes(b"garbage" * 1000)
    assert backup("state") == 0
    assert json.loads(capsys.readouterr().out)["revision"] is None


def test_a_restore_that_was_interrupted_is_told_of_by_the_next(
    backup: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backup("create") == 0
    assert backup("stage", "latest") == 0
    assert backup("stage", "latest") == 0
    assert capsys.readouterr().err == ("An earlier restore was interrupted. The database from before it is in place.\n")


@pytest.mark.parametrize(
    ("arguments", "exit_code", "sentence"),
    [
        (("verify", "api-1.zip"), os.EX_NOINPUT, "There is no backup 'api-1.zip': there is none at all"),
        (("verify", "../data/api.db"), os.EX_NOINPUT, "There is no backup '../data/api.db'"),
        (("stage", "latest"), os.EX_NOINPUT, "There is no backup 'latest'"),
        (("stage",), os.EX_USAGE, "Say what to restore"),
        (("stage", "--snapshot", "x.db"), os.EX_NOINPUT, "There is no snapshot 'x.db': `make rollback LIST=1`"),
        (("swap",), os.EX_USAGE, "Nothing is staged"),
    ],
)
def test_a_mistake_is_one_sentence_and_an_exit_code(
    arguments: tuple[str, ...],
    exit_code: int,
    sentence: str,
    backup: Command,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert backup(*arguments) == exit_code
    said = capsys.readouterr().err
    assert said.startswith(sentence)
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [("create", "--keep", "0"), ("create", "--keep-days", "x"), ("stage", "--replica", "--at", "noon"), ("dance",)],
)
def test_a_wrong_argument_is_told(
    arguments: tuple[str, ...], backup: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        backup(*arguments)
    assert ended.value.code == os.EX_USAGE
    assert f"{arguments[-1]!r}" in capsys.readouterr().err


def test_damage_to_the_database_ends_verify_with_65(
    data: Path, backup: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(data) as connection:
        connection.execute("CREATE TABLE notes (task INTEGER REFERENCES tasks (id))")
        connection.execute("INSERT INTO notes VALUES (99)")
    connection.close()
    assert backup("verify") == os.EX_DATAERR
    assert capsys.readouterr().err == "The database is not well: foreign keys: 1 broken references.\n"


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (Refused(42, "no"), 42),
        (ConfigurationError("DB_FILE_PATH is not set."), os.EX_CONFIG),
        (ProblemError(Code.DB_DISK_FULL, cause="full"), os.EX_CANTCREAT),
        (ProblemError(Code.DB_READ_ONLY), os.EX_CANTCREAT),
        (ProblemError(Code.DB_MISSING), os.EX_UNAVAILABLE),
        (ProblemError(Code.DB_FOREIGN), os.EX_DATAERR),
        (ProblemError(Code.DB_CORRUPT), os.EX_DATAERR),
        (ProblemError(Code.DB_STARTING), os.EX_TEMPFAIL),
        (ProblemError(Code.DRAINING), os.EX_TEMPFAIL),
        (OSError(28, "No space left on device"), os.EX_CANTCREAT),
        (sqlite3.OperationalError("who knows"), os.EX_TEMPFAIL),
    ],
)
def test_each_trouble_has_an_exit_code_of_sysexits_and_one_line(error: Exception, exit_code: int) -> None:
    refused = Refused.because_of(error)
    assert refused.exit_code == exit_code
    assert "\n" not in str(refused)


def test_pruning_is_told(data: Path, backup: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert backup("create") == 0
    name = capsys.readouterr().out.splitlines()[-1].split()[1].rstrip(",")
    add_tasks(DataFile(data), 1)
    assert backup("create", "--keep", "1") == 0
    assert capsys.readouterr().out.endswith(f"removed {name}\n")


# What the container runs, but as whoever runs the tests, and without its port.
CODE = """
from pathlib import Path
from backup import __main__, owner, status, verbs
__main__.FOLDER = verbs.FOLDER = Path({backups!r})
owner.take = owner.give_database = owner.drop = status.serve = lambda *_: None
raise SystemExit(__main__.main())
"""


def started(tmp_path: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a command as a process, which waits for what comes from its standard input."""
    code = CODE.format(backups=str(tmp_path / "backups"))
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}/api:{ROOT}/deploy"}
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, env=environment)


def test_a_command_that_is_told_to_end_leaves_nothing_unfinished(data: Path, tmp_path: Path) -> None:
    before = everything(tmp_path)
    with started(tmp_path, "stage", "-") as process:
        eventually(lambda: data.with_name(".api.db.restoring").stat(), within=20)
        process.terminate()
        assert process.wait(60) == command_line.INTERRUPTED
    assert everything(tmp_path) == {**before, "backups/.lock": b""}
    assert not data.with_name(".api.db.restoring").exists()


def test_the_schedule_ends_when_it_is_told_to(data: Path, tmp_path: Path) -> None:
    def has_backup() -> None:
        assert Folder(tmp_path / "backups").backups()

    with started(tmp_path, "run") as process:
        eventually(has_backup, within=20)
        process.terminate()
        assert process.wait(60) == 0
