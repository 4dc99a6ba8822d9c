import asyncio
import io
import json

import pytest

from app.http import access
from app.http.access import AccessLog


class FullAtFirst(io.StringIO):
    """A place to log to whose first write fails."""

    has_failed = False

    def write(self, text: str) -> int:
        if not self.has_failed:
            self.has_failed = True
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_a_log_that_cannot_be_written_for_a_moment_goes_on_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    output = FullAtFirst()
    monkeypatch.setattr("sys.stdout", output)
    monkeypatch.setattr(access, "TOGETHER_SECONDS", 0)

    async def story() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        log = AccessLog()
        for path in (b"/lost", b"/kept"):
            log.add({"method": "GET", "raw_path": path}, 200, 0.001)
            await asyncio.sleep(0.01)  # a turn of the event loop, in which the lines are written

    asyncio.run(story())
    assert [json.loads(line)["path"] for line in output.getvalue().splitlines()] == ["/kept"]
