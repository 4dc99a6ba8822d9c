"""What the environment says of the replica."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qsl, urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.mounts import is_in_container_layer
from app.settings import ConfigurationError

EXAMPLES = "REPLICA_URL=file:///replica or REPLICA_URL=s3://bucket/folder?region=eu-central-1"
S3_OPTIONS = {"endpoint", "region", "forcePathStyle"}
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]+[a-z0-9]")

# What is wrong with a URL: the first rule that applies gives the end of the sentence. None of them shows all of it.
RULES: tuple[tuple[Callable[[str, SplitResult], object], str], ...] = (
    (lambda value, _: not value.isprintable() or " " in value, "contains blanks or control characters"),
    (lambda _, url: url.scheme not in {"file", "s3"}, "is neither a file:// nor an s3:// URL"),
    (lambda _, url: "@" in url.netloc, "contains a user or a password, which belong in AWS_ACCESS_KEY_ID and so on"),
    (lambda _, url: url.fragment, "has a fragment"),
    (lambda _, url: url.scheme == "s3" and not BUCKET.fullmatch(url.netloc), "names no bucket"),
    (lambda _, url: url.scheme == "s3" and not url.path.strip("/"), "names no folder in its bucket"),
    (
        lambda _, url: url.scheme == "s3" and not {name for name, _ in parse_qsl(url.query)} <= S3_OPTIONS,
        "has an option that is none of endpoint, region and forcePathStyle",
    ),
    (lambda _, url: url.scheme == "file" and (url.netloc or url.query), "is not of the form file:///folder"),
    (lambda _, url: url.scheme == "file" and not url.path.strip("/"), "names no folder"),
    (
        lambda _, url: url.scheme == "file" and is_in_container_layer(Path(url.path, "x")),
        "is inside the container's own filesystem and not on a volume, so the replica would vanish with it",
    ),
)


class Settings(BaseSettings):
    """Where the replica is, and how closely it follows; an empty value is that of a variable that is not set."""

    model_config = SettingsConfigDict(
        env_prefix="REPLICA_", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    url: str = "file:///replica"
    sync: Literal[0, 1] = Field(0, description="0, or 1 to acknowledge no write that the replica lacks")
    sync_interval: float = Field(
        1, ge=0.01, le=3600, allow_inf_nan=False, description="a number of seconds between 0.01 and 3600"
    )

    @field_validator("url")
    @classmethod
    def _can_be_used(cls, value: str) -> str:
        parts = urlsplit(value)
        for applies, sentence in RULES:
            if applies(value, parts):
                raise ValueError(sentence)
        return value

    @field_validator("sync", mode="before")
    @classmethod
    def _is_a_number(cls, value: Any) -> Any:
        return int(value) if value in {"0", "1"} else value

    @property
    def kind(self) -> str:
        """What kind of place it is: `file` or `s3`."""
        return urlsplit(self.url).scheme

    @property
    def folder(self) -> Path | None:
        """The folder that holds it, `None` where it is no folder of this machine."""
        return Path(urlsplit(self.url).path) if self.kind == "file" else None

    @property
    def place(self) -> str:
        """Where it is, without what the URL says besides."""
        return self.url.partition("?")[0]


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        ConfigurationError: A value is wrong; the sentence names the variable and shows no secret.

    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        if name == "url":
            fault = first["ctx"]["error"] if "ctx" in first else "is not a URL"
            raise ConfigurationError(f"REPLICA_URL {fault}. Set it to a place such as {EXAMPLES}") from None
        info = Settings.model_fields[name]
        variable = f"REPLICA_{name.upper()}"
        raise ConfigurationError(
            f"{variable} is {str(first['input'])[:100]!a}. "
            f"Set it to {info.description}, for example {variable}={info.default}"
        ) from None
