"""The build of the images, shown calmly: a line for each command that really runs, all of the log when one fails."""

import re
import shutil
import time

from host import command, console
from host.trouble import Trouble

STEP = re.compile(r"#(?P<number>\d+) \[(?P<stage>[^]]+?) +\d+/\d+\] RUN (?:--\S+ )*(?P<words>.+)")
PROGRESS = re.compile(r"#(?P<number>\d+) (?P<news>.+)")


class Steps:
    """What BuildKit's plain log says about the commands of a build, line by line."""

    def __init__(self) -> None:
        """Begin before the first line."""
        self.lines: list[str] = []
        self._announced: dict[str, str] = {}
        self._given: set[str] = set()

    def feed(self, line: str) -> str | None:
        """Take the next line of the log; give a command once it is known to run and not to come from the cache."""
        self.lines.append(line)
        if step := STEP.fullmatch(line):
            self._announced[step["number"]] = f"{step['stage'].split()[-1]:20}{' '.join(step['words'].split())}"
        elif progress := PROGRESS.fullmatch(line):
            words = self._announced.pop(progress["number"], None)
            # The builds of two images share stages, and the log then names a step once for each.
            if words and words not in self._given and progress["news"] != "CACHED":
                self._given.add(words)
                return words
        return None

    def failure(self) -> str:
        """Give the end of the log, from where BuildKit quotes the step that failed."""
        quoted = self.lines.index("------") if "------" in self.lines else -20
        return "\n".join(self.lines[quoted:])


def build(base_image: str) -> None:
    """Build the images of the stack on `base_image`.

    Raises:
        Trouble: A step failed, with its output.

    """
    console.say("Building the images, a minute or two the first time.")
    began = time.monotonic()
    steps = Steps()

    def show(line: str) -> None:
        if words := steps.feed(line):
            console.say(shorten(f"  {words}", shutil.get_terminal_size().columns))

    # BuildKit chooses its plain log by itself where it writes to a pipe.
    code = command.follow("docker", "compose", "build", environment={"BASE_IMAGE": base_image}, each=show)
    if code:
        raise Trouble(f"The images could not be built.\n{steps.failure()}")
    console.say(f"  done in {time.monotonic() - began:.0f} s")


def shorten(line: str, width: int) -> str:
    """Cut `line` to `width` characters, visibly."""
    return line if len(line) <= width else line[: width - 1] + "…"
