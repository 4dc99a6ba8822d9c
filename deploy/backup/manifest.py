"""What a backup says of itself."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Self

from app import library
from backup.content import Content

FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """The manifest of one backup.

    Attributes:
        taken_at: When the copy was begun: whatever was acknowledged before is in it.
        revision: That of the schema.
        lineage: Which database it is of, shared by all its copies.
        rows: Number of rows of each table.
        content: Digest of the schema and of every row.
        sqlite: Version of the library that made the copy.

    """

    taken_at: datetime
    revision: str | None
    lineage: int
    rows: dict[str, int]
    content: str
    sqlite: str = library.VERSION

    @classmethod
    def of(cls, content: Content, *, taken_at: datetime, lineage: int) -> Self:
        """Make the manifest of a database that holds `content`."""
        return cls(taken_at, content.revision, lineage, content.rows, content.digest)

    @property
    def text(self) -> str:
        """The same as JSON."""
        fields = {**asdict(self), "taken_at": f"{self.taken_at:%Y-%m-%dT%H:%M:%SZ}", "lineage": f"{self.lineage:08x}"}
        return json.dumps({"format": FORMAT, **fields}, indent=2) + "\n"

    @classmethod
    def from_text(cls, text: str | bytes) -> Self:
        """Read it.

        Raises:
            ValueError: It is no manifest.

        """
        try:
            fields: dict[str, Any] = json.loads(text)
            if fields.pop("format") != FORMAT:
                raise ValueError("its format is of another version")
            at = datetime.strptime(fields.pop("taken_at"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            rows = {str(table): int(count) for table, count in fields.pop("rows").items()}
            return cls(taken_at=at, lineage=int(fields.pop("lineage"), 16), rows=rows, **fields)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"a field is missing or wrong: {error}") from error

    @property
    def total(self) -> int:
        """Rows of all tables but Alembic's own."""
        return sum(count for table, count in self.rows.items() if table != "alembic_version")
