"""What the environment may say; every value is optional."""

import difflib
import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import yarl
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from healthchecker.channel import Channel, channels_of
from healthchecker.secret import read_secrets

PREFIX = "HEALTHCHECKER_"
SHOWN_CHARACTERS = 80

# The first may not exceed the second; left unset it follows it down, so that one variable alone is never an error.
CEILINGS = {"fast_interval": "interval", "down_interval": "max_down_interval", "connect_timeout": "timeout"}

# Left empty, each of these is not asked.
NEIGHBOURS = ("backup_url", "replica_url")

# These may also be in a file, and no line ever shows them.
SECRETS = ("notify_urls", "heartbeat_url")
SHORTEST_REMINDER = 5


class ConfigurationError(Exception):
    """The environment is wrong; `str()` gives one line for each wrong variable."""


def _seconds(usual: float, low: float, high: float, *, ceiling: str | None = None) -> Any:
    return Field(
        default_factory=(lambda known: min(usual, known[ceiling])) if ceiling else (lambda: usual),
        ge=low,
        le=high,
        allow_inf_nan=False,
        description=f"a number of seconds between {low:g} and {high:g}",
        examples=[f"{usual:g}"],
    )


def _whole(usual: int, low: int, high: int) -> Any:
    return Field(usual, ge=low, le=high, description=f"a whole number between {low} and {high}", examples=[usual])


def _neighbour(service: str) -> Any:
    url = f"http://{service}:8002/status"
    return Field(url, description="nothing, or to an http:// or https:// URL without user and password", examples=[url])


class Settings(BaseSettings):
    """The settings of one healthchecker; durations are in seconds."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    target_url: str = Field(
        "http://api:8000/db-check",
        description="an http:// or https:// URL without user and password",
        examples=["http://api:8000/db-check"],
    )
    interval: float = _seconds(10, 0.1, 3600)
    fast_interval: float = _seconds(2, 0.1, 3600, ceiling="interval")
    max_down_interval: float = _seconds(30, 0.1, 3600)
    down_interval: float = _seconds(10, 0.1, 3600, ceiling="max_down_interval")
    timeout: float = _seconds(3, 0.1, 60)
    connect_timeout: float = _seconds(1, 0.1, 60, ceiling="timeout")
    rise: int = _whole(2, 1, 100)
    fall: int = _whole(3, 1, 100)
    start_grace: float = _seconds(30, 0, 3600)
    backup_url: str = _neighbour("backup")
    replica_url: str = _neighbour("replica")
    host: str = Field(
        "0.0.0.0",  # noqa: S104 - every address of its own container; the host publishes what it wants
        pattern=r"^[\w.:%-]+$",
        description="an address to listen on",
        examples=["0.0.0.0"],  # noqa: S104
    )
    port: int = _whole(8001, 1, 65535)
    history_path: Path | None = Field(
        None, description="the absolute path of a file on a mounted volume", examples=["/history/history.json"]
    )
    notify_urls: SecretStr = SecretStr("")
    remind_every: int = Field(
        30,
        ge=0,
        le=10080,
        description=f"a whole number of minutes between {SHORTEST_REMINDER} and 10080, or to 0 for no reminders",
        examples=[30],
    )
    heartbeat_url: SecretStr = Field(
        SecretStr(""), description="an http:// or https:// URL", examples=["https://ping.example.com/your-check"]
    )

    @property
    def channels(self) -> list[Channel]:
        """Give whom to tell of an outage, if anybody."""
        return channels_of(self.notify_urls.get_secret_value())

    @field_validator("target_url", "backup_url", "replica_url")
    @classmethod
    def _can_be_polled(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.field_name in NEIGHBOURS:
            return value
        url = yarl.URL(value)
        (url.raw_host or "").encode("idna")  # what the name lookup will do with it
        whole = url.scheme in {"http", "https"} and url.raw_host and url.port and not (url.user or url.password)
        if not whole or " " in value or not value.isprintable():
            raise ValueError
        return value

    @field_validator("history_path", mode="before")
    @classmethod
    def _can_be_a_file(cls, value: Any) -> Any:
        text = str(value)
        if value is not None and (not text.startswith("/") or text.endswith("/") or not text.isprintable()):
            raise ValueError
        return value

    @field_validator("remind_every")
    @classmethod
    def _is_no_nuisance(cls, value: int) -> int:
        if 0 < value < SHORTEST_REMINDER:
            raise ValueError
        return value

    @field_validator("heartbeat_url")
    @classmethod
    def _can_be_pinged(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        url = yarl.URL(text)
        (url.raw_host or "").encode("idna")
        if text and not (url.scheme in {"http", "https"} and url.raw_host and url.port and text.isprintable()):
            raise ValueError
        return value

    @field_validator(*CEILINGS)
    @classmethod
    def _is_in_order(cls, value: float, info: ValidationInfo) -> float:
        ceiling = CEILINGS[str(info.field_name)]
        if value > info.data.get(ceiling, value):
            name = PREFIX + ceiling.upper()
            raise PydanticCustomError(
                "ceiling",
                "Set it to at most {limit}, which is {name}, or raise {name}",
                {"limit": f"{info.data[ceiling]:g}", "name": name},
            )
        return value


def load_settings(unknown: Callable[[Sequence[Channel]], Collection[int]] = lambda _: ()) -> Settings:
    """Read the settings from the environment.

    Args:
        unknown: Gives the numbers of the channels that Apprise does not know. Asking it takes a second.

    Raises:
        ConfigurationError: At least one variable is wrong or unknown; it names all of them.

    """
    lines = list(_unknown_variables())
    (notify_urls, heartbeat_url), wrong = read_secrets(PREFIX + field.upper() for field in SECRETS)
    channels = channels_of(notify_urls)
    refused = unknown([channel for channel in channels if channel.scheme])
    lines += wrong
    lines += [channel.complaint for channel in channels if not channel.scheme or channel.number in refused]
    try:
        settings = Settings(notify_urls=SecretStr(notify_urls), heartbeat_url=SecretStr(heartbeat_url))
    except ValidationError as error:
        lines += [_line(mistake) for mistake in error.errors() if mistake["type"] != "default_factory_not_called"]
    if lines:
        raise ConfigurationError("\n".join(f"configuration error: {line}" for line in lines))
    return settings


def _unknown_variables() -> Iterator[str]:
    known = [PREFIX + field.upper() for field in (*Settings.model_fields, *(f"{field}_file" for field in SECRETS))]
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name not in known:
            closest = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0)[0]
            yield f"{_shown(name)[1:-1]} is not a known variable. Remove it, or rename it if you meant {closest}"


def _line(mistake: Any) -> str:
    field = str(mistake["loc"][0])
    info = Settings.model_fields[field]
    name = PREFIX + field.upper()
    advice = f"Set it to {info.description}, for example {name}={(info.examples or [''])[0]}"
    if mistake["type"] == "ceiling":
        advice = mistake["msg"]
    if field in SECRETS:
        return f"{name} is wrong, and not shown here as it may be secret. {advice}"
    return f"{name} is {_shown(mistake['input'])}. {advice}"


def _shown(value: str) -> str:
    without_password = re.sub(r"//.*@", "//***@", value, flags=re.DOTALL)
    cut = "…" if len(without_password) > SHOWN_CHARACTERS else ""
    return repr(without_password[:SHOWN_CHARACTERS]) + cut
