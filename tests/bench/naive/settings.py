"""The settings."""

from functools import lru_cache

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """What the environment says."""

    DB_FILE_PATH: str


@lru_cache
def get_settings() -> Settings:
    """Read the settings once."""
    return Settings()
