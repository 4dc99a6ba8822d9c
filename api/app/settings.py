"""The one setting of the API: where its database file is."""

import os
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.mounts import is_in_container_layer

REMEDY = "Set it to an absolute path on a mounted volume, for example DB_FILE_PATH=/data/api.db"
MAX_PATH_BYTES = 480  # SQLite allows 512
MAX_NAME_BYTES = 240  # file systems allow 255, and SQLite adds suffixes such as "-journal"
URL_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class ConfigurationError(Exception):
    """The environment is wrong: the message is one sentence for the operator, with its remedy."""


def _shown(value: str) -> str:
    return ascii(value if len(value) <= 100 else f"{value[:100]}…")  # noqa: PLR2004 - enough to recognise the value


def _is_utf8(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # bytes that are not UTF-8 reach Python as lone surrogates
        return False
    return True


def _name(value: str) -> str:
    return value.rpartition("/")[2]


VANISHES = "which is inside the container's own filesystem and not on a volume, so the data would vanish with it"

# What is wrong with the form of a path: the first rule that applies gives the end of the sentence.
RULES: tuple[tuple[Callable[[str], object], str], ...] = (
    (lambda value: not value, "is empty"),
    (str.isspace, "is blank"),
    (CONTROL_CHARACTER.search, "is {shown}, which contains control characters"),
    (lambda value: value != value.strip(), "is {shown}, which starts or ends with blanks"),
    (lambda value: value[0] in "'\"" or value[-1] in "'\"", "is {shown}, which includes quotation marks"),
    (lambda value: value == ":memory:", "is {shown}, which would lose all data at every stop"),
    (URL_SCHEME.match, "is {shown}, which is a URL and not a path"),
    (lambda value: not value.startswith("/"), "is {shown}, which is a relative path"),
    (lambda value: _name(value) in {"", ".", ".."}, "is {shown}, which names a directory and not a file"),
    (lambda value: not _is_utf8(value), "is {shown}, which is not valid UTF-8"),
    (
        lambda value: len(_name(value).encode()) > MAX_NAME_BYTES,
        f"is {{shown}}, whose file name is longer than {MAX_NAME_BYTES} bytes",
    ),
    (lambda value: len(value.encode()) > MAX_PATH_BYTES, f"is {{shown}}, which is longer than {MAX_PATH_BYTES} bytes"),
    (lambda value: is_in_container_layer(Path(value)), f"is {{shown}}, {VANISHES}"),
)


def _checked(value: str) -> Path:
    for applies, sentence in RULES:
        if applies(value):
            raise ValueError(sentence.format(shown=_shown(value)))
    return Path(os.path.realpath(value))  # the log lies beside the file itself, not beside a link to it


class Settings(BaseSettings):
    """What the environment says; `DB_FILE_PATH` is all that is read from it."""

    model_config = SettingsConfigDict(case_sensitive=True, frozen=True)

    db_file_path: Annotated[Path, BeforeValidator(_checked), Field(validation_alias="DB_FILE_PATH")]


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        ConfigurationError: `DB_FILE_PATH` is missing or wrong.

    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        fault = "is not set" if first["type"] == "missing" else str(first["ctx"]["error"])
        raise ConfigurationError(f"DB_FILE_PATH {fault}. {REMEDY}") from None


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Give the settings, read once: the master process asks before it forks, and its workers inherit the answer."""
    return read_settings()
