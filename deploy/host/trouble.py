"""What stops a verb."""

import os


class Trouble(Exception):  # noqa: N818 - it is what the user is in, and reads so where it is raised
    """A reason to stop, in words for the user: what is wrong, the value, and what to do; with a code of sysexits."""

    def __init__(self, said: str, exit_code: int = os.EX_UNAVAILABLE) -> None:
        super().__init__(said)
        self.exit_code = exit_code
