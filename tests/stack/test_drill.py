"""The rehearsal of the loss of everything, as a user runs it."""

import re
from pathlib import Path

import docker
import pytest

from support.keeping import Keeper
from support.stack import Stack

# A verb that changes data refuses to begin while another one of this checkout goes on, whatever its stack is.
pytestmark = pytest.mark.xdist_group("verbs")

PROJECT = re.compile(r"[\w-]*drill-\d+")
HELD = re.compile(
    r"before the backup  (\d+) tasks acknowledged, 0 of them lost\n"
    r"content            equal in backup and database\n"
    r"recovery point     \d+ tasks that were acknowledged later are lost, [\d.]+ s\n"
    r"recovery time      [\d.]+ s from an engine without a volume to a healthy stack\n"
)


@pytest.fixture
def keeper(engine: None, tmp_path: Path) -> Keeper:
    """Give whoever drills with the images under test; the stack of the drill is its own."""
    return Keeper(Stack("drill", tmp_path), tmp_path / "backups")


def left_by(told: str) -> list[str]:
    """Give the names of what the drill that told this has left on the engine."""
    found = PROJECT.search(told)
    assert found, told
    engine = docker.from_env()
    things = [*engine.containers.list(all=True), *engine.volumes.list(), *engine.networks.list()]
    return [str(thing.name) for thing in things if str(thing.name).startswith(found[0])]


@pytest.mark.alone
@pytest.mark.exhaustive
@pytest.mark.fault("L7")
def test_all_that_was_acknowledged_before_the_backup_outlives_the_loss_of_everything(keeper: Keeper) -> None:
    told = keeper.done("drill")
    held = HELD.search(told)
    assert held, told
    assert int(held[1]) >= 3000
    assert not left_by(told)


@pytest.mark.exhaustive
def test_an_interrupted_drill_leaves_nothing_behind(keeper: Keeper) -> None:
    code, told = keeper.interrupted("Backing up", "drill")
    assert code == 130
    assert not left_by(told)
