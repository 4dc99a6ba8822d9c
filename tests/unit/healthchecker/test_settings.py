import math
from pathlib import Path

import pytest
from pydantic import SecretStr

from healthchecker.settings import ConfigurationError, Settings, load_settings


def mistakes(monkeypatch: pytest.MonkeyPatch, **variables: str) -> list[str]:
    for name, value in variables.items():
        monkeypatch.setenv(f"HEALTHCHECKER_{name}", value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    return str(caught.value).splitlines()


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings()
    assert settings.target_url == "http://api:8000/db-check"
    assert (settings.interval, settings.fast_interval, settings.down_interval) == (10, 2, 10)
    assert (settings.max_down_interval, settings.timeout, settings.connect_timeout) == (30, 3, 1)
    assert (settings.rise, settings.fall, settings.start_grace) == (2, 3, 30)
    assert (settings.host, settings.port) == ("0.0.0.0", 8001)  # noqa: S104
    assert settings.history_path is None


def test_every_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Settings(
        target_url="https://[::1]:1/é?a=b", interval=0.2, fast_interval=0.1, down_interval=0.3, max_down_interval=0.4,
        timeout=0.6, connect_timeout=0.5, rise=7, fall=8, start_grace=0, host="::1", port=9,
        backup_url="http://b:1/status", replica_url="",
        history_path=Path("/history/a b.json"),
        notify_urls=SecretStr("json://a"), remind_every=5, heartbeat_url=SecretStr("https://a/b"),
    )  # fmt: skip
    assert given.model_fields_set == set(Settings.model_fields)
    for name, value in given.model_dump().items():
        text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        monkeypatch.setenv(f"HEALTHCHECKER_{name.upper()}", text)
    assert load_settings() == given


def test_a_wrong_value_is_named_with_its_variable_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = mistakes(monkeypatch, INTERVAL="0")
    assert line == (
        "configuration error: HEALTHCHECKER_INTERVAL is '0'. "
        "Set it to a number of seconds between 0.1 and 3600, for example HEALTHCHECKER_INTERVAL=10"
    )


@pytest.mark.fault("C12")
@pytest.mark.parametrize("value", ["", " ", "ten", "-1", "0", "inf", "-inf", "nan", "1e999", "9" * 9999, "10s", "0x10"])
@pytest.mark.parametrize("name", ["INTERVAL", "TIMEOUT", "FALL", "PORT", "CONNECT_TIMEOUT"])
def test_a_value_that_is_no_sensible_number_is_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    (line,) = mistakes(monkeypatch, **{name: value})
    assert line.startswith(f"configuration error: HEALTHCHECKER_{name} is ")
    assert len(line) < 300


@pytest.mark.fault("C12")
@pytest.mark.parametrize(
    "value",
    [
        "",
        "api:8000",
        "/db-check",
        "ftp://api/",
        "http://",
        "http:///db-check",
        "http://[::1",
        "http://api:0/",
        "http://api:99999/",
        "http://api:port/",
        "http://a..b/",
        f"http://{'a' * 64}/",
        "http://a b/",
        "http://api/\n",
        "\x1b[31mhttp://api/",
    ],
)
def test_a_value_that_is_no_url_to_poll_is_one_line(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    (line,) = mistakes(monkeypatch, TARGET_URL=value)
    assert line.endswith("for example HEALTHCHECKER_TARGET_URL=http://api:8000/db-check")
    assert line.isprintable()


def test_a_password_in_the_url_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = mistakes(monkeypatch, TARGET_URL="http://me:secret@api/")
    assert "secret" not in line
    assert "without user and password" in line


@pytest.mark.parametrize("service", ["backup", "replica"])
def test_the_url_of_a_neighbour_is_a_url_or_nothing(monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    name = f"{service}_url"
    assert getattr(load_settings(), name) == f"http://{service}:8002/status"
    (line,) = mistakes(monkeypatch, **{name.upper(): service})
    assert line == (
        f"configuration error: HEALTHCHECKER_{name.upper()} is '{service}'. Set it to nothing, or to an http:// or "
        f"https:// URL without user and password, for example HEALTHCHECKER_{name.upper()}=http://{service}:8002/status"
    )
    monkeypatch.setenv(f"HEALTHCHECKER_{name.upper()}", "")
    assert getattr(load_settings(), name) == ""


@pytest.mark.parametrize("value", ["", "a b", "a\nb"])
def test_a_value_that_is_no_address_to_listen_on_is_one_line(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    (line,) = mistakes(monkeypatch, HOST=value)
    assert line.isprintable()


@pytest.mark.parametrize("value", ["", " ", "history.json", "./history.json", "/history/", "/", "/a\nb"])
def test_a_value_that_is_no_absolute_path_of_a_file_is_one_line(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    (line,) = mistakes(monkeypatch, HISTORY_PATH=value)
    assert line.endswith("for example HEALTHCHECKER_HISTORY_PATH=/history/history.json")
    assert line.isprintable()


def test_all_mistakes_are_told_at_once_one_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = mistakes(monkeypatch, INTERVAL="x", RISE="0", PORT="70000", TARGET_URL="api", INTERVALL="1")
    assert [line.split()[2] for line in lines] == [
        f"HEALTHCHECKER_{name}" for name in ("INTERVALL", "TARGET_URL", "INTERVAL", "RISE", "PORT")
    ]


def test_an_unknown_variable_is_told_with_the_closest_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = mistakes(monkeypatch, TIME_OUT="3")
    assert line == (
        "configuration error: HEALTHCHECKER_TIME_OUT is not a known variable. "
        "Remove it, or rename it if you meant HEALTHCHECKER_TIMEOUT"
    )


def test_a_variable_in_small_letters_is_told_and_not_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("healthchecker_interval", "5")
    assert "HEALTHCHECKER_INTERVAL" in mistakes(monkeypatch)[0]


@pytest.mark.parametrize(
    ("lower", "upper"),
    [("FAST_INTERVAL", "INTERVAL"), ("DOWN_INTERVAL", "MAX_DOWN_INTERVAL"), ("CONNECT_TIMEOUT", "TIMEOUT")],
)
def test_two_variables_out_of_order_are_one_line_that_names_both(
    monkeypatch: pytest.MonkeyPatch, lower: str, upper: str
) -> None:
    (line,) = mistakes(monkeypatch, **{lower: "5", upper: "4"})
    assert line == (
        f"configuration error: HEALTHCHECKER_{lower} is '5'. "
        f"Set it to at most 4, which is HEALTHCHECKER_{upper}, or raise HEALTHCHECKER_{upper}"
    )


def test_a_default_follows_the_variable_that_bounds_it() -> None:
    settings = Settings(interval=0.5, timeout=0.4, max_down_interval=0.3)
    assert (settings.fast_interval, settings.connect_timeout, settings.down_interval) == (0.5, 0.4, 0.3)


def test_no_setting_is_ever_infinite_or_undefined() -> None:
    assert all(math.isfinite(value) for value in Settings().model_dump().values() if isinstance(value, float))
