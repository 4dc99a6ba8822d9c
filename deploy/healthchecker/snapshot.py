"""What must survive a restart of this process, saved again and again off the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

import structlog

from healthchecker.monitor import Tick
from healthchecker.snapshot_file import SnapshotFile, envelope

SAVE_EVERY_SECONDS = 60.0
PAUSE_SECONDS = 1.0
LAST_SAVE_SECONDS = 0.4


class Part(Protocol):
    """Something that a restart must not forget."""

    def as_json(self) -> Any:
        """Give its state, fit for `json.dumps`."""


P = TypeVar("P", bound=Part)


class Snapshot:
    """Saves its parts in one file each minute and at each transition.

    A disk that does not take the file is one line in the log when that begins, and one when it ends; the rest goes on.

    Args:
        path: The file, in a folder that exists; None keeps nothing.
        target: The URL that the parts are about.

    Attributes:
        trouble: One sentence on why the last save failed, with the remedy; None when it did not.

    """

    def __init__(self, path: Path | None, target: str) -> None:
        self.trouble: str | None = None
        self._target = target
        self._file = SnapshotFile(path, target) if path else None
        self._loaded = self._file.load() if self._file else {}
        self._parts: dict[str, Part] = {}
        self._wake = asyncio.Event()
        self._disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="snapshot")  # one, so that saves take turns

    @property
    def kept(self) -> bool:
        """Tell whether a restart would find what is known now."""
        return self._file is not None and self.trouble is None

    def restore(self, name: str, from_json: Callable[[Any], P], fresh: Callable[[], P]) -> P:
        """Make a part from what was saved of it, or a fresh one when nothing of use was; from now on it is saved.

        Args:
            name: Its name in the file.
            from_json: Makes it from what its `as_json` gave; raises ValueError on anything else.
            fresh: Makes it without a past.

        """
        part = None
        if self._file and name in self._loaded:
            try:
                part = from_json(self._loaded.pop(name))
            except ValueError:
                self._file.reject(f"its part {name!r} is not in the form that the healthchecker writes")
        part = part or fresh()
        self._parts[name] = part
        return part

    def note(self, tick: Tick) -> None:
        """Have a transition saved at once; a listener of the monitor."""
        if tick.transition:
            self._wake.set()

    async def run(self) -> None:
        """Save now, each minute, and at each transition, until cancelled."""
        while True:
            self._wake.clear()
            try:
                await self.save()
            except Exception:  # noqa: BLE001 - a part's bug must not end the saves for good
                structlog.get_logger().exception("snapshot_failed")
            await asyncio.sleep(PAUSE_SECONDS)  # however fast the target flaps
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), SAVE_EVERY_SECONDS - PAUSE_SECONDS)

    async def save(self) -> None:
        """Write the file, and note whether the disk took it."""
        if not self._file:
            return
        # The text is made here: on a thread the parts would change meanwhile, and json holds the GIL there as well.
        text = envelope({name: part.as_json() for name, part in self._parts.items()}, self._target)
        try:
            await asyncio.get_running_loop().run_in_executor(self._disk, self._file.save, text)
        except OSError as error:
            self._have(f"The history is not saved: {error.strerror}. Mend its volume; saving goes on by itself.")
        else:
            self._have(None)

    async def save_last(self) -> None:
        """Write the file once more before the process ends, unless the disk takes too long for that."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.save(), LAST_SAVE_SECONDS)

    def _have(self, trouble: str | None) -> None:
        before, self.trouble = self.trouble, trouble
        if trouble and not before:
            structlog.get_logger().warning("history_not_saved", detail=trouble)
        elif before and not trouble:
            structlog.get_logger().info("history_saved_again")
