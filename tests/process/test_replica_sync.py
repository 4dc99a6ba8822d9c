"""Nothing is acknowledged that the replica lacks, while the volume asks for one: `REPLICA_SYNC=1`."""

import asyncio
import os
import random
import shutil
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
import uvloop

from replica.restore import restore
from replica.settings import Settings
from support.exhaustive import first
from support.ledger import Ledger, names_in, rows_in, settle
from support.litestream import Sidecar, lose, replicating
from support.load import writing
from support.problem import assert_unavailable
from support.server import Server, running_server
from support.waiting import eventually


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "volume").mkdir()
    return tmp_path / "volume" / "api.db"


def acknowledged(ledger: Ledger, at_least: int) -> None:
    assert len(ledger.entries) >= at_least


@pytest.mark.fault("G8")
@pytest.mark.parametrize("attempt", first(range(2)))
def test_a_lost_machine_takes_no_acknowledged_task_with_it(data: Path, url: str, log: Path, attempt: int) -> None:
    async def lose_under_load(server: Server, sidecar: Sidecar) -> None:
        async with writing(server.url, ledger, clients=16):
            await asyncio.to_thread(eventually, lambda: acknowledged(ledger, some), within=20)
            lose(server, sidecar)

    ledger, some = Ledger(), random.randint(100, 800)  # noqa: S311 - any will do
    with replicating(data, url, log=log, REPLICA_SYNC="1") as sidecar, running_server(data) as server:
        uvloop.run(lose_under_load(server, sidecar))
    shutil.rmtree(data.parent)
    data.parent.mkdir()
    restore(Settings(url=url), data, None)
    account = settle(ledger, rows_in(data))
    assert account.is_settled, str(account)


@pytest.mark.fault("G9")
def test_without_its_replica_nothing_is_acknowledged_reads_go_on_and_all_heals_by_itself(
    data: Path, url: str, log: Path, tmp_path: Path
) -> None:
    with replicating(data, url, log=log, REPLICA_SYNC="1") as sidecar, running_server(data) as server:
        assert server.create("before").status_code == 201
        sidecar.kill()
        eventually(lambda: server.every_worker_says("db_replica_unavailable"), within=2)
        for _ in range(10):
            assert_unavailable(server.create("refused"), "db_replica_unavailable")
        assert names_in(data) == ["before"], "what is refused is not committed either"
        assert server.client.get("/tasks").json()["items"][0]["name"] == "before"
        with replicating(data, url, log=log, REPLICA_SYNC="1"):
            eventually(server.every_worker_is_ready, within=10)
            assert server.create("after").status_code == 201
            restore(Settings(url=url), tmp_path / "restored.db", None)
    assert names_in(tmp_path / "restored.db") == ["before", "after"]


@pytest.mark.fault("G9")
def test_the_death_of_litestream_under_load_costs_no_acknowledged_task(
    data: Path, url: str, log: Path, tmp_path: Path
) -> None:
    async def kill_litestream(server: Server, sidecar: Sidecar) -> None:
        async with writing(server.url, ledger, clients=16):
            await asyncio.to_thread(eventually, lambda: acknowledged(ledger, 200), within=20)
            os.kill(sidecar.litestream(), signal.SIGKILL)
            so_far = len(ledger.entries)
            await asyncio.to_thread(eventually, lambda: acknowledged(ledger, so_far + 200), within=20)
            lose(server, sidecar)

    ledger = Ledger()
    with replicating(data, url, log=log, REPLICA_SYNC="1") as sidecar, running_server(data) as server:
        uvloop.run(kill_litestream(server, sidecar))
    restore(Settings(url=url), tmp_path / "restored.db", None)
    account = settle(ledger, rows_in(tmp_path / "restored.db"))
    assert {status for status, _ in ledger.refused} == {503}
    assert account.is_settled, str(account)


@pytest.mark.fault("G10")
def test_a_replica_that_hangs_is_told_in_time_without_a_write(data: Path, url: str, log: Path) -> None:
    with (
        replicating(data, url, log=log, REPLICA_SYNC="1") as sidecar,
        running_server(data) as server,
        ExitStack() as healing,
    ):
        eventually(server.every_worker_is_ready, within=10)
        frozen = sidecar.litestream()
        os.kill(frozen, signal.SIGSTOP)
        healing.callback(os.kill, frozen, signal.SIGCONT)
        eventually(lambda: server.every_worker_says("db_replica_unavailable"), within=3)
        assert_unavailable(server.create("refused"), "db_replica_unavailable")
        healing.close()
        eventually(server.every_worker_is_ready, within=10)
        assert server.create("after").status_code == 201


@pytest.mark.fault("G11")
def test_without_the_directory_the_service_goes_on_without_the_replica(data: Path, url: str, log: Path) -> None:
    with replicating(data, url, log=log, REPLICA_SYNC="1") as sidecar, running_server(data) as server:
        sidecar.kill()
        eventually(lambda: server.every_worker_says("db_replica_unavailable"), within=2)
        shutil.rmtree(data.with_name(".api.db.replica"))
        eventually(server.every_worker_is_ready, within=5)
        assert server.create("alone").status_code == 201


@pytest.mark.fault("G11")
def test_a_sidecar_that_is_not_to_sync_takes_the_directory_away(data: Path, url: str, log: Path) -> None:
    data.with_name(".api.db.replica").mkdir()
    with replicating(data, url, log=log), running_server(data) as server:
        assert server.create("one").status_code == 201
