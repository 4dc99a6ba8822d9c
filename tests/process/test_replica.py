"""What a replica is worth when the volume, or a mistake, has taken the database, with real Litestream and a store."""

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvloop

from app.copying import copy
from app.datafile import DataFile
from app.hold import Hold
from app.lookout import FREE_FLOOR_BYTES
from backup.trouble import Refused
from replica import pieces
from replica.restore import NoDataError, restore
from replica.settings import Settings
from support.exhaustive import first
from support.ledger import Entry, Ledger, names_in, rows_in, settle
from support.litestream import Sidecar, lose, replicating
from support.load import writing
from support.s3 import KEYS, Store, store
from support.server import Server, running_server
from support.volume import filled_up, mounted, run
from support.waiting import eventually

INTERVAL_SECONDS = 1
MARGIN_SECONDS = 2  # for a sync that was under way, on a machine that does other things as well


@dataclass
class TimedLedger(Ledger):
    """A ledger that also knows when each task was acknowledged."""

    at: dict[str, float] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        super().add(entry)
        self.at[entry.name] = time.monotonic()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "volume").mkdir()
    return tmp_path / "volume" / "api.db"


@pytest.fixture
def s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with store(tmp_path) as running:
        yield running


def has_all(sidecar: Sidecar) -> None:
    """Wait until the replica has what the database has at this moment."""
    moment = time.monotonic()
    eventually(lambda: sidecar.equal_since(moment), within=10)


def says(sidecar: Sidecar, words: str) -> None:
    assert words in str(sidecar.status()["last_error"])


def restored(url: str, target: Path, at: datetime | None = None) -> list[str]:
    restore(Settings(url=url), target, at)
    return names_in(target)


async def lose_under_load(server: Server, sidecar: Sidecar, ledger: Ledger) -> float:
    """Lose all at a random moment of some load, and give that moment."""

    def acknowledged(at_least: int) -> None:
        assert len(ledger.entries) >= at_least

    some = random.randint(2000, 6000)  # noqa: S311 - any will do
    async with writing(server.url, ledger, clients=16):
        await asyncio.to_thread(eventually, lambda: acknowledged(some), within=20)
        moment = time.monotonic()
        lose(server, sidecar)
    return moment


@pytest.mark.fault("G1")
def test_a_lost_machine_takes_no_more_than_the_last_moments_with_it(
    data: Path, log: Path, s3: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = TimedLedger()
    with (
        replicating(data, s3.url(), log=log, REPLICA_SYNC_INTERVAL=str(INTERVAL_SECONDS), **KEYS) as sidecar,
        running_server(data) as server,
    ):
        has_all(sidecar)
        moment = uvloop.run(lose_under_load(server, sidecar, ledger))
    shutil.rmtree(data.parent)
    data.parent.mkdir()
    restore(Settings(url=s3.url()), data, None)
    account = settle(ledger, rows_in(data))
    seconds = moment - min((ledger.at[name] for name in account.lost), default=moment)
    with capsys.disabled():
        print(f"\nlost with the machine: {len(account.lost)} of {account.acknowledged} tasks, of {seconds:.2f} s")  # noqa: T201
    assert account.corrupt == []
    assert account.duplicated == []
    assert seconds < INTERVAL_SECONDS + MARGIN_SECONDS


@pytest.mark.fault("G2")
def test_a_database_comes_back_as_it_was_at_each_time(data: Path, log: Path, url: str, tmp_path: Path) -> None:
    waves: dict[datetime, list[str]] = {}
    with replicating(data, url, log=log) as sidecar, running_server(data) as server:
        for wave in range(3):
            for number in range(5):
                assert server.create(f"{wave}-{number}").status_code == 201
            has_all(sidecar)
            waves[datetime.now(UTC)] = names_in(data)
        assert server.create("afterwards").status_code == 201
        has_all(sidecar)
    for moment, names in waves.items():
        assert restored(url, tmp_path / f"{moment:%M%S%f}.db", moment) == names
    assert [len(names) for names in waves.values()] == [5, 10, 15]
    assert restored(url, tmp_path / "newest.db")[-1] == "afterwards"


@pytest.mark.fault("G2")
def test_a_time_that_the_replica_does_not_have_is_refused_with_those_that_it_has(
    data: Path, log: Path, url: str, tmp_path: Path
) -> None:
    with replicating(data, url, log=log) as sidecar, running_server(data) as server:
        assert server.create("one").status_code == 201
        has_all(sidecar)
    for wrong in (datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)):
        with pytest.raises(Refused, match=rf"has nothing of {wrong.year}-01-01T00:00:00Z: it goes from ") as refusal:
            restored(url, tmp_path / "never.db", wrong)
        assert refusal.value.exit_code == os.EX_DATAERR
        assert not (tmp_path / "never.db").exists()


@pytest.mark.fault("G3")
def test_an_empty_volume_is_restored_before_a_new_database_is_created(data: Path, log: Path, url: str) -> None:
    with replicating(data, url, log=log) as sidecar, running_server(data) as server:
        assert server.create("one").status_code == 201
        has_all(sidecar)
    shutil.rmtree(data.parent)
    data.parent.mkdir()
    with replicating(data, url, log=log), running_server(data) as server:
        assert server.create("two").status_code == 201
        assert data.stat().st_mode & 0o777 == 0o640
    assert names_in(data) == ["one", "two"]


@pytest.mark.fault("G3")
def test_an_empty_volume_stays_empty_while_nobody_knows_what_the_replica_has(data: Path, log: Path, s3: Store) -> None:
    def waits() -> None:
        answer = sidecar.client.get("/healthz")
        assert answer.status_code == 503
        assert answer.json()["code"] == "replica_not_ready"
        assert "cannot be read" in answer.json()["detail"]

    with replicating(data, s3.url().replace("replicas", "no-such-bucket"), healthy=False, log=log, **KEYS) as sidecar:
        eventually(waits, within=10)
        assert not data.exists()


@pytest.mark.exhaustive
@pytest.mark.fault("G3")
def test_no_new_database_is_begun_while_nobody_knows_what_the_replica_has_not_even_when_its_service_ends(
    data: Path, log: Path, s3: Store
) -> None:
    with replicating(data, s3.url(), log=log, **KEYS) as sidecar, running_server(data) as server:
        assert server.create("one").status_code == 201
        has_all(sidecar)
    shutil.rmtree(data.parent)
    data.parent.mkdir()
    with s3.frozen(), replicating(data, s3.url(), healthy=False, log=log, **KEYS) as sidecar:
        eventually(data.with_name(".api.db.replica").stat, within=5)
        with running_server(data, healthy=False) as server:
            eventually(lambda: server.every_worker_says("db_replica_unavailable"), within=5)
        sidecar.process.kill()
    with running_server(data, healthy=False) as server:
        eventually(lambda: server.every_worker_says("db_replica_unavailable"), within=5)
        assert not data.exists()
        with replicating(data, s3.url(), log=log, **KEYS):
            eventually(server.every_worker_is_ready, within=10)
            assert server.create("two").status_code == 201
    assert names_in(data) == ["one", "two"]


@pytest.mark.exhaustive
@pytest.mark.fault("G3")
def test_a_volume_that_can_be_written_to_only_later_is_restored_then(log: Path, url: str, tmp_path: Path) -> None:
    data = tmp_path / "before" / "api.db"
    data.parent.mkdir()
    with replicating(data, url, log=log) as sidecar, running_server(data) as server:
        assert server.create("one").status_code == 201
        has_all(sidecar)
    with mounted(tmp_path / "volume", "-t", "tmpfs", "-o", "ro,size=40m", "tmpfs"):
        data = tmp_path / "volume" / "api.db"
        with replicating(data, url, log=log, healthy=False) as sidecar:
            eventually(lambda: says(sidecar, "read-only"), within=5)
            assert sidecar.client.get("/healthz").status_code == 503
            run("mount", "-o", "remount,rw", str(data.parent))
            eventually(sidecar.healthy, within=5)
        assert names_in(data) == ["one"]


@pytest.mark.fault("G3")
def test_a_volume_whose_database_has_vanished_is_left_alone(data: Path, log: Path, url: str) -> None:
    with replicating(data, url, log=log) as sidecar, running_server(data) as server:
        assert server.create("one").status_code == 201
        has_all(sidecar)
    for path in (data, data.with_name("api.db-wal"), data.with_name("api.db-shm")):
        path.unlink(missing_ok=True)
    with replicating(data, url, log=log), running_server(data, healthy=False) as server:
        eventually(lambda: server.every_worker_says("db_missing"), within=5)
    assert not data.exists()


@pytest.mark.fault("G4")
def test_a_database_that_took_the_place_of_another_is_replicated_in_its_stead(
    data: Path, log: Path, url: str, tmp_path: Path
) -> None:
    earlier = tmp_path / "earlier.db"
    with replicating(data, url, log=log) as sidecar:
        with running_server(data) as server:
            assert server.create("kept").status_code == 201
            with closing(sqlite3.connect(data)) as source:
                copy(source, earlier)
            assert server.create("given up").status_code == 201
            has_all(sidecar)
        before = sidecar.litestream()
        for path in (data, data.with_name("api.db-wal"), data.with_name("api.db-shm")):
            path.unlink()
        earlier.rename(data)
        with running_server(data) as server:
            assert server.create("new").status_code == 201
            has_all(sidecar)
            assert sidecar.litestream() != before
    assert restored(url, tmp_path / "restored.db") == ["kept", "new"] == names_in(data)


@pytest.mark.fault("G4")
def test_the_replica_of_another_database_is_left_alone(data: Path, log: Path, url: str, tmp_path: Path) -> None:
    with replicating(data, url, log=log) as sidecar, running_server(data) as server:
        assert server.create("theirs").status_code == 201
        has_all(sidecar)
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "api.db"
    with running_server(other) as server:  # before its sidecar, which would restore the empty volume
        assert server.create("ours").status_code == 201
        with replicating(other, url, log=log) as sidecar:
            eventually(lambda: says(sidecar, "is that of another database"), within=10)
    assert restored(url, tmp_path / "restored.db") == ["theirs"]


@pytest.mark.exhaustive
@pytest.mark.fault("G4")
def test_a_replica_that_moves_to_another_place_is_whole_there(data: Path, log: Path, url: str, tmp_path: Path) -> None:
    with running_server(data) as server:
        for place, name in ((url, "one"), (f"{url}-new", "two")):
            with replicating(data, place, log=log) as sidecar:
                assert server.create(name).status_code == 201
                has_all(sidecar)
    assert restored(f"{url}-new", tmp_path / "restored.db") == ["one", "two"]


@pytest.mark.exhaustive
@pytest.mark.fault("G4")
def test_the_replica_of_another_database_that_was_put_at_the_known_place_is_left_alone(
    data: Path, log: Path, url: str, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "api.db"
    for path, place in ((data, url), (other, f"{url}-other")):
        with replicating(path, place, log=log) as sidecar, running_server(path) as server:
            assert server.create(path.parent.name).status_code == 201
            has_all(sidecar)
    shutil.rmtree(tmp_path / "replica")
    (tmp_path / "replica-other").rename(tmp_path / "replica")
    with running_server(data), replicating(data, url, log=log) as sidecar:
        eventually(lambda: says(sidecar, "is that of another database"), within=10)
    assert restored(url, tmp_path / "restored.db") == ["other"]


@pytest.mark.exhaustive
@pytest.mark.fault("G15")
def test_a_replica_that_was_emptied_between_two_starts_is_whole_again_after_the_second(
    data: Path, log: Path, url: str, tmp_path: Path
) -> None:
    with running_server(data) as server:
        with replicating(data, url, log=log) as sidecar:
            for name in ("one", "two"):
                assert server.create(name).status_code == 201
                has_all(sidecar)
        shutil.rmtree(tmp_path / "replica")
        first, *_ = sorted((data.parent / ".api.db.litestream" / "ltx" / "0").iterdir())
        first.unlink()  # as Litestream itself does after five minutes
        with replicating(data, url, log=log) as sidecar:
            assert server.create("three").status_code == 201
            has_all(sidecar)
    assert restored(url, tmp_path / "restored.db") == ["one", "two", "three"]


@pytest.mark.fault("G15")
@pytest.mark.parametrize("sync", first(["1", "0"]))
def test_a_replica_that_is_emptied_while_it_is_in_use_becomes_whole_again(
    data: Path, log: Path, url: str, sync: str, tmp_path: Path
) -> None:
    def is_whole() -> None:
        assert pieces.are_whole(pieces.read(Settings(url=url)))

    with replicating(data, url, log=log, REPLICA_SYNC=sync) as sidecar, running_server(data) as server:
        eventually(server.every_worker_is_ready, within=10)
        assert server.create("before").status_code == 201
        has_all(sidecar)
        eventually((tmp_path / "replica" / "ltx" / "9").stat, within=10)  # the copy of each day
        shutil.rmtree(tmp_path / "replica" / "ltx")
        server.create("meanwhile")
        eventually(is_whole, within=30)
        eventually(server.every_worker_is_ready, within=10)
        assert server.create("after").status_code == 201
        has_all(sidecar)
        assert restored(url, tmp_path / "restored.db") == names_in(data)
    assert "lost its beginning" in sidecar.log


@pytest.mark.fault("G16")
def test_of_two_stacks_that_write_to_one_replica_one_is_stopped_and_says_why(
    data: Path, log: Path, url: str, tmp_path: Path
) -> None:
    def one_is_stopped() -> None:
        told = [each for each in (sidecar, later) if "Somebody else writes" in str(each.status()["last_error"])]
        assert len(told) == 1

    (tmp_path / "later").mkdir()
    restored_later = tmp_path / "later" / "api.db"
    with replicating(data, url, log=log, REPLICA_SYNC="1") as sidecar, running_server(data) as server:
        eventually(server.every_worker_is_ready, within=10)
        assert server.create("one").status_code == 201
        with (
            replicating(restored_later, url, log=tmp_path / "later.log", REPLICA_SYNC="1") as later,
            running_server(restored_later) as other,
        ):
            eventually(other.every_worker_is_ready, within=10)
            assert other.create("two").status_code == 201
            eventually(one_is_stopped, within=20)
            says(sidecar, "Somebody else writes")
            eventually(lambda: server.every_worker_says("db_replica_unavailable"), within=5)
            assert other.create("three").status_code == 201
    assert restored(url, tmp_path / "restored.db") == ["one", "two", "three"]


@pytest.mark.fault("G17")
def test_a_volume_without_room_for_what_litestream_begins_with_is_told_and_stays_free(
    log: Path, url: str, tmp_path: Path
) -> None:
    with mounted(tmp_path / "volume", "-t", "tmpfs", "-o", "size=60m", "tmpfs"):
        data = tmp_path / "volume" / "api.db"
        with running_server(data) as server:
            assert server.create("one").status_code == 201
            with filled_up(data.parent, leaving=FREE_FLOOR_BYTES), replicating(data, url, log=log) as sidecar:
                eventually(lambda: says(sidecar, "the copy that Litestream begins with needs"), within=10)
                assert server.create("two").status_code == 201
            with replicating(data, url, log=log) as sidecar:
                has_all(sidecar)
    assert restored(url, tmp_path / "restored.db") == ["one", "two"]


@pytest.mark.fault("G12")
@pytest.mark.parametrize("sync", first(["1", "0"]))
def test_nobody_begins_the_log_anew_while_litestream_still_needs_it(
    data: Path, log: Path, url: str, sync: str, tmp_path: Path
) -> None:
    with replicating(data, url, log=log, REPLICA_SYNC=sync) as sidecar, running_server(data, healthy=False) as server:
        eventually(server.every_worker_is_ready, within=10)
        for number in range(3):
            assert server.create(f"{number}").status_code == 201
            has_all(sidecar)
            with closing(sqlite3.connect(data, timeout=0.1)) as other:
                assert other.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()[0] == 1, "Litestream is in the way"
        assert server.create("last").status_code == 201
        has_all(sidecar)
        assert restored(url, tmp_path / "restored.db") == names_in(data)


@pytest.mark.fault("G14")
def test_a_service_that_must_begin_the_log_anew_after_an_error_of_the_disk_is_let_in(
    data: Path, log: Path, url: str, tmp_path: Path
) -> None:
    def begun_anew() -> None:
        with closing(sqlite3.connect(data, timeout=0.1)) as other:
            assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0

    with replicating(data, url, log=log) as sidecar, running_server(data) as server:
        assert server.create("one").status_code == 201
        has_all(sidecar)
        hold = Hold(DataFile(data))
        hold.ask()
        eventually(begun_anew, within=5)
        hold.give_back()
        assert server.create("two").status_code == 201
        has_all(sidecar)
        assert restored(url, tmp_path / "restored.db") == ["one", "two"]


@pytest.mark.fault("G12")
def test_what_was_written_while_the_replica_was_away_is_there_afterwards(
    data: Path, log: Path, url: str, tmp_path: Path
) -> None:
    with running_server(data) as server:
        with replicating(data, url, log=log) as sidecar:
            for number in range(20):
                assert server.create(f"before {number}").status_code == 201
            has_all(sidecar)
        for number in range(20):  # long ones, which fill pages that no later write brings along
            assert server.create(f"meanwhile {number}".ljust(190, ".")).status_code == 201
        with closing(sqlite3.connect(data)) as other:
            assert other.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()[0] == 0
        assert server.create("after").status_code == 201  # at the beginning of the log, the end of which stays there
        with replicating(data, url, log=log) as sidecar:
            has_all(sidecar)
            assert restored(url, tmp_path / "restored.db") == names_in(data)


@pytest.mark.fault("G5")
def test_litestream_is_started_again_when_it_dies(data: Path, log: Path, url: str, tmp_path: Path) -> None:
    with replicating(data, url, log=log) as sidecar, running_server(data) as server:
        has_all(sidecar)
        os.kill(sidecar.litestream(), signal.SIGKILL)
        assert server.create("meanwhile").status_code == 201
        has_all(sidecar)
    assert restored(url, tmp_path / "restored.db") == ["meanwhile"]


@pytest.mark.fault("G6")
def test_a_store_that_does_not_answer_is_told_by_a_lag_that_grows_and_is_caught_up_with(
    data: Path, log: Path, s3: Store, tmp_path: Path
) -> None:
    def behind() -> None:
        assert sidecar.status()["lag_seconds"] > 2

    with replicating(data, s3.url(), log=log, **KEYS) as sidecar, running_server(data) as server:
        has_all(sidecar)
        with s3.frozen():
            assert server.create("meanwhile").status_code == 201
            eventually(behind, within=10)
        has_all(sidecar)
    assert restored(s3.url(), tmp_path / "restored.db") == ["meanwhile"]


@pytest.mark.fault("G7")
def test_a_bundle_of_certificates_for_others_does_not_keep_litestream_from_its_store(
    data: Path, log: Path, s3: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    with (
        replicating(data, s3.url(), log=log, AWS_CA_BUNDLE=str(bundle), **KEYS) as sidecar,
        running_server(data) as server,
    ):
        assert server.create("one").status_code == 201
        has_all(sidecar)
    assert restored(s3.url(), tmp_path / "restored.db") == ["one"]


def test_a_replica_without_data_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(NoDataError, match="holds no data"):
        restored(url, tmp_path / "never.db")


def test_a_store_that_nobody_serves_is_named_with_what_to_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(pieces, "LIST_SECONDS", 1)
    with pytest.raises(Refused, match=r"cannot be read .*check REPLICA_URL") as refusal:
        restored("s3://bucket/api?endpoint=http://127.0.0.1:9&region=us-east-1", tmp_path / "never.db")
    assert refusal.value.exit_code == os.EX_UNAVAILABLE
