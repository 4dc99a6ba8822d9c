from host.stand import Stand, revision_of
from support.fake_host import FakeHost
from support.well_host import STATE, stand


def test_the_name_of_a_snapshot_tells_its_revision() -> None:
    assert revision_of("20260131T120000.123456Z-0002.db") == "0002"
    assert revision_of("20260131T120000.123456Z-add-notes.db") == "add-notes"


def test_the_newest_snapshot_that_fits_the_image_is_found() -> None:
    snapshots = ("20260103T1Z-0003.db", "20260102T1Z-0002.db", "20260101T1Z-0002.db")
    told = Stand.now(FakeHost({STATE: stand("0003", "0002", snapshots)}))
    assert told.fitting_snapshot == "20260102T1Z-0002.db"


def test_there_may_be_none_that_fits() -> None:
    assert Stand("0003", "0001", ("20260103T1Z-0003.db",)).fitting_snapshot is None
