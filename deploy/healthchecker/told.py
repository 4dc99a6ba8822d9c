"""What the services beside the API tell of the copies of its data: checked, bounded, and otherwise not trusted."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from healthchecker.verdict import one_line

NAME_CHARACTERS = 80
SENTENCE_CHARACTERS = 300
LONGEST = 100 * 366 * 86400  # no length of time that means something is longer
LARGEST = 2**53  # what every reader of JSON can count to


def _line(longest: int) -> BeforeValidator:
    def clean(value: Any) -> Any:
        return one_line(value, longest) if isinstance(value, str) else value

    return BeforeValidator(clean)


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # within hours of the first or the last moment that there is
        raise ValueError("no moment that can be told in UTC") from None


Name = Annotated[str, _line(NAME_CHARACTERS)]
Sentence = Annotated[str | None, _line(SENTENCE_CHARACTERS)]
Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
Seconds = Annotated[float, Field(ge=0, le=LONGEST)]
Number = Annotated[int, Field(ge=0, le=LARGEST)]


class Told(BaseModel):
    """An answer; what it says beyond the names below is left alone, for a newer service may say more."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class ToldArchive(Told):
    """A backup that has been verified."""

    name: Name
    at: Moment
    bytes: Number
    rows: Number


class ToldBackup(Told):
    """What the service `backup` tells."""

    newest: ToldArchive | None
    interval_seconds: Annotated[Seconds, Field(gt=0)]
    next_at: Moment | None = None
    last_error: Sentence = None


class ToldReplica(Told):
    """What the service `replica` tells; `sync` says whether every write waits until it is in the replica."""

    lag_seconds: Seconds | None
    sync: bool
    kind: Literal["file", "s3"]
    last_error: Sentence = None
