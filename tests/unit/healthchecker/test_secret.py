import os
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from healthchecker.settings import ConfigurationError, Settings, load_settings
from support.receiver import SECRET

URL = f"json://{SECRET}@a/"
VARIABLE = "HEALTHCHECKER_NOTIFY_URLS"
ADVICE = f"Set it to a file that holds the value of {VARIABLE} and that user {os.getuid()} can read"


def mistake() -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    (line,) = str(caught.value).splitlines()
    assert SECRET not in line
    return line.removeprefix("configuration error: ")


def test_a_secret_is_read_from_the_file_that_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "urls").write_text(f"  {URL}\n\n")
    (tmp_path / "ping").write_text("https://a/b\n")
    monkeypatch.setenv(f"{VARIABLE}_FILE", str(tmp_path / "urls"))
    monkeypatch.setenv("HEALTHCHECKER_HEARTBEAT_URL_FILE", str(tmp_path / "ping"))
    settings = load_settings()
    assert settings.notify_urls.get_secret_value() == URL
    assert settings.heartbeat_url.get_secret_value() == "https://a/b"


@pytest.mark.parametrize("value", ["", " ", "\n"])
def test_nothing_in_the_variable_is_nobody_to_tell(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    for name in (VARIABLE, f"{VARIABLE}_FILE", "HEALTHCHECKER_HEARTBEAT_URL", "HEALTHCHECKER_HEARTBEAT_URL_FILE"):
        monkeypatch.setenv(name, "" if name.endswith("_FILE") else value)
    settings = load_settings()
    assert settings.channels == []
    assert not settings.heartbeat_url


def test_a_variable_and_its_file_at_once_are_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, URL)
    monkeypatch.setenv(f"{VARIABLE}_FILE", str(tmp_path))
    assert mistake() == f"{VARIABLE} and {VARIABLE}_FILE are both set. Remove one of them"


def test_a_file_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{VARIABLE}_FILE", "/not/there")
    reason = "which cannot be read (No such file or directory)"
    assert mistake() == f"{VARIABLE}_FILE is '/not/there', {reason}. {ADVICE}"


def test_a_directory_in_place_of_a_file_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{VARIABLE}_FILE", "/")
    assert mistake() == f"{VARIABLE}_FILE is '/', which cannot be read (Is a directory). {ADVICE}"


@pytest.mark.parametrize(("content", "reason"), [(b" \n", "which is empty"), (b"\xff" * 9, "which is no text")])
def test_a_file_without_a_value_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    monkeypatch.setenv(f"{VARIABLE}_FILE", str(path))
    assert reason in mistake()


@pytest.mark.parametrize(
    "value",
    [
        SECRET,
        f"ftp://{SECRET}",
        f"https:///{SECRET}",
        f"http://a..b/{SECRET}",
        f"http://[{SECRET}",
        f"http://a\n{SECRET}",
    ],
)
def test_a_wrong_heartbeat_url_is_one_line_that_does_not_repeat_it(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HEALTHCHECKER_HEARTBEAT_URL", value)
    assert mistake() == (
        "HEALTHCHECKER_HEARTBEAT_URL is wrong, and not shown here as it may be secret. "
        "Set it to an http:// or https:// URL, for example "
        "HEALTHCHECKER_HEARTBEAT_URL=https://ping.example.com/your-check"
    )


@pytest.mark.parametrize("value", ["1", "4", "-5", "5.5", "soon", "10081", ""])
def test_a_reminder_that_would_be_a_nuisance_is_one_line(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HEALTHCHECKER_REMIND_EVERY", value)
    assert mistake() == (
        f"HEALTHCHECKER_REMIND_EVERY is '{value}'. Set it to a whole number of minutes between 5 and 10080, "
        "or to 0 for no reminders, for example HEALTHCHECKER_REMIND_EVERY=30"
    )


def test_the_settings_themselves_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(notify_urls=SecretStr(URL), heartbeat_url=SecretStr(f"https://{SECRET}@a/"))
    assert SECRET not in f"{settings!r} {settings} {settings.channels} {settings.model_dump_json()}"
    monkeypatch.setenv("HEALTHCHECKER_HEARTBEAT_URL", f"ftp://{SECRET}")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert SECRET not in f"{caught.value} {caught.value!r}"
