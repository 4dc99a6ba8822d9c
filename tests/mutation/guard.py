"""A guard of the product: a few words of code without which some promise would not hold."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Guard:
    """One guard, and what proves it.

    Attributes:
        name: What it does.
        file: Where it is, from the project's root.
        code: Its text, which is in the file once.
        without: What stands there when it is taken away.
        tests: What pytest is to run; some of it must fail then.

    """

    name: str
    file: str
    code: str
    without: str
    tests: tuple[str, ...]

    def count(self, root: Path) -> int:
        """Tell how often its text is in its file; 1 as long as this list fits the code."""
        return (root / self.file).read_text().count(self.code)

    @contextmanager
    def taken_away(self, root: Path) -> Iterator[None]:
        """Take it away from the copy of the project at `root`, and put it back at the end."""
        path = root / self.file
        sound = path.read_text()
        path.write_text(sound.replace(self.code, self.without))
        try:
            yield
        finally:
            path.write_text(sound)
