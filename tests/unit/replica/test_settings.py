import pytest

from app.settings import ConfigurationError
from replica.settings import read_settings

WRONG_VALUES = {
    ("REPLICA_URL", "/replica"): "REPLICA_URL is neither a file:// nor an s3:// URL.",
    ("REPLICA_URL", "https://store/api"): "REPLICA_URL is neither a file:// nor an s3:// URL.",
    ("REPLICA_URL", "file://replica"): "REPLICA_URL is not of the form file:///folder.",
    ("REPLICA_URL", "file:///"): "REPLICA_URL names no folder.",
    ("REPLICA_URL", "file:///rep lica"): "REPLICA_URL contains blanks or control characters.",
    ("REPLICA_URL", "s3://"): "REPLICA_URL names no bucket.",
    ("REPLICA_URL", "s3://bucket"): "REPLICA_URL names no folder in its bucket.",
    ("REPLICA_URL", "s3://bucket/api?secret=s3cret"): "REPLICA_URL has an option that is none of endpoint, region and",
    ("REPLICA_URL", "s3://key:s3cret@bucket/api"): "REPLICA_URL contains a user or a password, which belong in AWS_",
    ("REPLICA_SYNC", "yes"): "REPLICA_SYNC is 'yes'. Set it to 0, or 1 to acknowledge no write that the replica lacks",
    ("REPLICA_SYNC", "2"): "REPLICA_SYNC is '2'.",
    ("REPLICA_SYNC_INTERVAL", "0"): "REPLICA_SYNC_INTERVAL is '0'. Set it to a number of seconds between 0.01 and 3600",
    ("REPLICA_SYNC_INTERVAL", "1s"): "REPLICA_SYNC_INTERVAL is '1s'.",
    ("REPLICA_SYNC_INTERVAL", "inf"): "REPLICA_SYNC_INTERVAL is 'inf'.",
}


@pytest.mark.fault("G13")
@pytest.mark.parametrize(("name", "value"), WRONG_VALUES, ids=str)
def test_a_wrong_value_is_one_line_that_names_the_variable_and_shows_no_secret(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as refusal:
        read_settings()
    assert str(refusal.value).startswith(WRONG_VALUES[name, value])
    assert "Set it to" in str(refusal.value)
    assert "s3cret" not in str(refusal.value)
    assert str(refusal.value).isprintable()


def test_what_is_empty_or_not_set_has_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REPLICA_URL", "REPLICA_SYNC", "REPLICA_SYNC_INTERVAL"):
        monkeypatch.setenv(name, "")
    settings = read_settings()
    assert (settings.url, settings.sync, settings.sync_interval) == ("file:///replica", 0, 1)


@pytest.mark.parametrize(
    ("url", "kind", "folder", "place"),
    [
        ("file:///replica/api", "file", "/replica/api", "file:///replica/api"),
        ("s3://bucket/api?endpoint=http://store:9000&region=x", "s3", "None", "s3://bucket/api"),
    ],
)
def test_the_url_tells_kind_and_place(
    url: str, kind: str, folder: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPLICA_URL", url)
    settings = read_settings()
    assert (settings.kind, str(settings.folder), settings.place) == (kind, folder, place)
