import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app import replica as replica_module
from app.datafile import DataFile
from app.problems import ProblemError
from app.replica import Replica
from support.control import serving


@pytest.fixture
def file() -> Iterator[DataFile]:
    with tempfile.TemporaryDirectory() as folder:  # short, as the test's own server binds a socket by its whole name
        yield DataFile(Path(folder, "api.db"))


@pytest.fixture
def replica(file: DataFile) -> Iterator[Replica]:
    with closing(Replica(file)) as replica:
        yield replica


def looked(replica: Replica) -> None:
    asyncio.run(replica.look())


def test_where_the_directory_does_not_stand_nobody_is_asked(replica: Replica) -> None:
    replica.sync()
    replica.check()
    looked(replica)
    assert not replica.is_required()


def test_a_sync_asks_for_the_database_and_is_over_when_the_replica_has_all_of_it(
    replica: Replica, file: DataFile
) -> None:
    with serving(file.replica_path) as litestream:
        litestream.taken = 7
        replica.sync()
        assert litestream.replicated == 7
        assert litestream.syncs == [{"path": str(file.path)}] * 2, "no deadline and no waiting: see `Control.position`"


def test_a_sync_that_the_replica_does_not_follow_ends_in_time(
    replica: Replica, file: DataFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica_module, "SYNC_SECONDS", 0.1)
    with serving(file.replica_path) as litestream:
        litestream.taken, litestream.ships = 7, False
        with pytest.raises(ProblemError, match="db_replica_unavailable: TimeoutError: the replica has 1 of 7"):
            replica.sync()


def test_an_empty_replica_is_no_success(replica: Replica, file: DataFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica_module, "SYNC_SECONDS", 0.1)
    with serving(file.replica_path) as litestream:
        litestream.taken = litestream.replicated = 0
        with pytest.raises(ProblemError, match="db_replica_unavailable"):
            replica.sync()


def test_a_directory_in_which_nobody_listens_is_a_failure(replica: Replica, file: DataFile) -> None:
    file.replica_path.mkdir()
    with pytest.raises(ProblemError, match="db_replica_unavailable: FileNotFoundError"):
        replica.sync()
    with serving(file.replica_path):
        pass
    with pytest.raises(ProblemError, match="db_replica_unavailable"):
        looked(replica)


def test_what_litestream_says_is_in_the_cause(replica: Replica, file: DataFile) -> None:
    with serving(file.replica_path) as litestream:
        litestream.error = "no such bucket"
        with pytest.raises(ProblemError, match="no such bucket"):
            replica.sync()


def test_after_a_failure_each_check_fails_at_once_until_a_look_finds_that_it_works_again(
    replica: Replica, file: DataFile
) -> None:
    with serving(file.replica_path) as litestream:
        litestream.error = "no"
        with pytest.raises(ProblemError):
            replica.sync()
        asked = len(litestream.asked)
        litestream.error = None
        with pytest.raises(ProblemError, match="db_replica_unavailable"):
            replica.check()
        assert len(litestream.asked) == asked
        looked(replica)
        replica.check()


def test_another_litestream_in_the_place_of_the_first_is_found(replica: Replica, file: DataFile) -> None:
    with serving(file.replica_path):
        replica.sync()
    with serving(file.replica_path) as second:
        replica.sync()
        assert second.syncs


def test_a_look_finds_out_by_itself_that_the_replica_is_gone_and_that_it_is_back(
    replica: Replica, file: DataFile
) -> None:
    with serving(file.replica_path) as litestream:
        looked(replica)
        assert litestream.asked == [("/info", None)], "a look does not have anything taken in"
    with pytest.raises(ProblemError, match="db_replica_unavailable"):
        looked(replica)
    with pytest.raises(ProblemError, match="db_replica_unavailable"):
        replica.check()
    with serving(file.replica_path) as litestream:
        looked(replica)
        assert litestream.syncs, "only a sync tells that it works again"


def test_a_look_at_a_litestream_that_hangs_takes_no_longer_than_it_may(replica: Replica, file: DataFile) -> None:
    async def look() -> float:
        began = time.monotonic()
        with pytest.raises(ProblemError, match="db_replica_unavailable"):
            await replica.look()
        took = time.monotonic() - began
        litestream.is_free.set()
        return took

    with serving(file.replica_path) as litestream:
        litestream.is_free.clear()
        assert asyncio.run(look()) < replica_module.LOOK_SECONDS + 0.3


def test_whoever_takes_the_directory_away_goes_on_without_the_replica(replica: Replica, file: DataFile) -> None:
    file.replica_path.mkdir()
    with pytest.raises(ProblemError):
        replica.sync()
    file.replica_path.rmdir()
    looked(replica)
    replica.check()
    replica.sync()


def test_the_way_to_the_socket_may_be_longer_than_the_name_of_a_socket(file: DataFile) -> None:
    with serving(file.replica_path):
        far = file.path.parent / ("x" * 120)
        far.symlink_to(file.path.parent)
        with closing(Replica(DataFile(far / "api.db"))) as replica:
            replica.sync()
