import json
from pathlib import Path

import pytest

from app.datafile import DataFile
from replica import litestream
from replica.settings import Settings


@pytest.mark.fault("G7")
def test_the_certificates_of_others_are_kept_from_it_and_the_keys_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", "/etc/bundle.pem")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    found = litestream.environment()
    assert "AWS_CA_BUNDLE" not in found
    assert found["AWS_ACCESS_KEY_ID"] == "key"


def test_what_it_is_told_holds_no_secret_and_what_it_keeps_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    told = litestream.configuration(DataFile(Path("/data/$x api.db")), Settings(url="s3://bucket/api", sync_interval=2))
    assert "s3cret" not in told
    (database,) = json.loads(told)["dbs"]
    assert database["path"] == "/data/$x api.db"
    assert database["meta-path"] == "/data/.$x api.db.litestream"
    assert database["monitor-interval"] == database["replica"]["sync-interval"] == "2s"


def test_what_waits_for_the_replica_waits_milliseconds_and_no_interval() -> None:
    told = litestream.configuration(DataFile(Path("/data/api.db")), Settings(sync=1, sync_interval=60))
    (database,) = json.loads(told)["dbs"]
    assert database["replica"]["sync-interval"] == "5ms"
