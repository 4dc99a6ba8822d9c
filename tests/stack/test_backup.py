"""Backups of a stack under load, the loss of everything, and what is not restored."""

import asyncio
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import uvloop

from support.exhaustive import first
from support.keeping import Keeper
from support.ledger import Ledger
from support.load import writing
from support.stack import Stack
from support.waiting import eventually

# A verb that changes data refuses to begin while another one of this checkout goes on, whatever its stack is.
pytestmark = pytest.mark.xdist_group("verbs")

CLIENTS, PACE = 8, 0.03  # some 200 writes a second
DIGEST = re.compile(r"sha256:\w+")


@pytest.fixture(scope="module")
def keeper(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keeper]:
    """Give a stack that holds some tasks and has a backup of them."""
    folder = tmp_path_factory.mktemp("backup")
    with Stack("backup", folder) as stack:
        started = stack.up()
        assert started.returncode == 0, started.stderr
        yield Keeper(stack, folder / "backups")


def content(told: str) -> str:
    found = DIGEST.search(told)
    assert found, told
    return found[0]


@pytest.mark.fault("L7")
@pytest.mark.timeout(480)
def test_what_was_acknowledged_before_a_backup_under_load_outlives_the_volume(keeper: Keeper) -> None:
    async def back_up() -> list[tuple[int, str]]:
        ledger = Ledger()
        async with writing(keeper.stack.url("api"), ledger, clients=CLIENTS, pace=PACE):

            def has_gone_on(count: int) -> None:
                assert len(ledger.entries) > count

            await asyncio.to_thread(eventually, lambda: has_gone_on(200), within=20)
            promised = [(entry.id, entry.name) for entry in ledger.entries]
            await asyncio.to_thread(keeper.done, "backup")
            await asyncio.to_thread(eventually, lambda: has_gone_on(len(promised) + 50), within=20)
        assert not ledger.refused, "a backup holds up no writer"
        return promised

    promised = uvloop.run(back_up())
    keeper.done("destroy-data", CONFIRM=keeper.stack.project)
    volumes = [volume.name for volume in keeper.stack.docker.volumes.list()]
    assert f"{keeper.stack.project}_data" not in volumes
    assert f"{keeper.stack.project}_history" in volumes

    keeper.done("restore", FROM="latest")
    stored, damage = keeper.stack.stored()
    assert not damage
    assert not set(promised) - set(stored)
    assert content(keeper.done("verify")) == content(keeper.done("verify", FROM="latest"))
    eventually(keeper.stack.healthy, within=30)


def truncated(backup: Path) -> None:
    backup.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])


def corrupt(backup: Path) -> None:
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 0xFF
    backup.write_bytes(content)


def foreign(backup: Path) -> None:
    change(backup, "PRAGMA application_id = 1")


def newer(backup: Path) -> None:
    change(backup, "UPDATE alembic_version SET version_num = '9999'")


def no_backup(backup: Path) -> None:
    backup.write_text("name,done\n")


def change(backup: Path, statement: str) -> None:
    """Change the database in a backup."""
    folder = backup.with_suffix("")
    with zipfile.ZipFile(backup) as packed:
        packed.extractall(folder)
    with closing(sqlite3.connect(folder / "api.db")) as database:
        database.execute(statement)
        database.commit()
    with zipfile.ZipFile(backup, "w") as packed:
        for name in ("manifest.json", "api.db"):
            packed.write(folder / name, name)


@pytest.mark.fault("B4")
@pytest.mark.parametrize("spoil", first([truncated, corrupt, foreign, newer, no_backup]))
def test_a_backup_that_is_no_good_is_refused_in_one_line_and_nothing_is_touched(
    spoil: Callable[[Path], None], keeper: Keeper, tmp_path: Path
) -> None:
    backup = tmp_path / "spoiled.zip"
    shutil.copyfile(max(keeper.backups.glob("api-*.zip")), backup)
    spoil(backup)
    before = keeper.stack.state("api")["StartedAt"], keeper.stack.stored()
    refused = keeper.run("restore", FROM=str(backup), STOP="1")
    assert refused.returncode == 65
    assert len(refused.stderr.splitlines()) == 2, "what is being done, and why it is not"
    assert (keeper.stack.state("api")["StartedAt"], keeper.stack.stored()) == before


@pytest.mark.fault("B7")
def test_a_running_api_is_not_stopped_unasked(keeper: Keeper) -> None:
    before = keeper.stack.state("api")["StartedAt"]
    refused = keeper.run("restore", FROM="latest")
    assert refused.returncode == 75
    assert "STOP=1" in refused.stderr
    assert keeper.stack.state("api")["StartedAt"] == before


def test_the_data_outlives_whoever_does_not_know_its_name(keeper: Keeper) -> None:
    before = keeper.stack.stored()
    assert keeper.run("destroy-data", CONFIRM="another").returncode == 64
    assert keeper.run("destroy-data").returncode == 64
    assert keeper.stack.stored() == before
