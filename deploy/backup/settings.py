"""What the environment says of the backups."""

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.settings import ConfigurationError
from backup.retention import Retention

FOLDER = Path("/backups")


class Settings(BaseSettings):
    """The settings of the scheduled backups; an empty value is that of a variable that is not set."""

    model_config = SettingsConfigDict(env_prefix="BACKUP_", frozen=True, env_ignore_empty=True)

    interval: float = Field(86400, ge=1, le=31 * 86400, description="a number of seconds between 1 and 2678400")
    keep: int = Field(14, ge=1, le=100000, description="a whole number of backups, 1 or more")
    keep_days: float = Field(30, gt=0, le=36500, description="a number of days between 0 and 36500")

    @property
    def retention(self) -> Retention:
        """How many backups are kept, and for how long."""
        return Retention(self.keep, self.keep_days)


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        ConfigurationError: A value is wrong.

    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        info = Settings.model_fields[name]
        variable = f"BACKUP_{name.upper()}"
        raise ConfigurationError(
            f"{variable} is {first['input']!r}. Set it to {info.description}, for example {variable}={info.default}"
        ) from None
