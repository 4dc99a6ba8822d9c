"""Litestream's hold on the log, by which nobody can begin that anew, and how a process that must is let in."""

from contextlib import suppress

from app.datafile import DataFile


class Hold:
    """A note to Litestream's service, which then stops for a moment; with no such service there is nobody to ask.

    Args:
        file: The database.

    """

    def __init__(self, file: DataFile) -> None:
        self._note = file.litestream_path / "pause"

    def ask(self) -> None:
        """Ask for the log."""
        with suppress(OSError):  # there is none, or the disk does not let us: then it is asked for again
            self._note.touch()

    def give_back(self) -> None:
        """Tell that it is no longer needed."""
        with suppress(OSError):
            self._note.unlink(missing_ok=True)

    def is_asked_for(self) -> bool:
        """Tell whether somebody waits for it."""
        return self._note.exists()
