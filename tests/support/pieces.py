"""Pieces of a replica, as they are listed there and as Litestream keeps them beside the database."""

from datetime import UTC, datetime
from pathlib import Path

from app.datafile import DataFile
from replica.pieces import Piece


def piece(first: int, last: int, size: int = 100) -> Piece:
    """Make one, by its first and its last transaction."""
    return Piece(f"{first:016x}", f"{last:016x}", size, datetime(2026, 1, 31, 12, tzinfo=UTC))


def with_piece(folder: Path, kept: Piece) -> DataFile:
    """Give a database beside which Litestream keeps a piece."""
    file = DataFile(folder / "api.db")
    level = file.litestream_path / "ltx" / "0"
    level.mkdir(parents=True)
    (level / f"{kept.first}-{kept.last}.ltx").write_bytes(bytes(kept.size))
    return file
