"""What stops a verb."""


class Trouble(Exception):  # noqa: N818 - it is what the user is in, and reads so where it is raised
    """A reason to stop, in words for the user: what is wrong, the value, and what to do."""

    exit_code = 69  # EX_UNAVAILABLE of sysexits
