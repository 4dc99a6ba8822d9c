"""The machine loses its power, and what was acknowledged is on the disk."""

import asyncio
import random
from copy import deepcopy
from pathlib import Path

import pytest
import uvloop

from support.crash import Disk
from support.ledger import Ledger, rows_in, settle
from support.load import writing
from support.server import Server, running_server
from support.waiting import eventually

CRASHES = 5
BETWEEN = 100  # acknowledged tasks, at least


@pytest.mark.fault("K6")
def test_a_power_cut_at_any_moment_takes_no_acknowledged_task_along(tmp_path: Path) -> None:
    seed = random.randrange(10**6)  # noqa: S311 - the moments are to be others each time
    print(f"seed {seed}")  # noqa: T201 - pytest shows it when the test fails
    chance = random.Random(seed)  # noqa: S311
    found: list[tuple[Disk, Ledger]] = []

    async def crash_again_and_again(server: Server, ledger: Ledger) -> None:
        async with writing(server.url, ledger, clients=16):
            for number in range(CRASHES):
                enough = len(ledger.names) + BETWEEN

                def has_gone_on(enough: int = enough) -> None:
                    assert len(ledger.names) > enough

                await asyncio.to_thread(eventually, has_gone_on, within=20)
                await asyncio.sleep(chance.uniform(0, 0.3))  # a random moment, not a wait
                with server.frozen():  # nothing is acknowledged, and no loop turns, until the copy is made
                    found.append((disk.copy(tmp_path / f"crash-{number}"), deepcopy(ledger)))

    disk = Disk.new(tmp_path / "disk")
    with disk.mounted(tmp_path / "volume") as volume, running_server(volume / "api.db") as server:
        uvloop.run(crash_again_and_again(server, Ledger()))

    for crashed, ledger in found:
        with crashed.mounted(tmp_path / "after") as volume, running_server(volume / "api.db") as server:
            assert_settled(volume / "api.db", ledger)
            assert server.client.post("/tasks", json={"name": "and on"}).status_code == 201


def assert_settled(data: Path, ledger: Ledger) -> None:
    account = settle(ledger, rows_in(data))
    assert account.acknowledged >= BETWEEN
    assert account.is_settled, str(account)
