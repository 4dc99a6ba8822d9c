"""Version numbers, as the tools of a host print them."""

import re

Version = tuple[int, ...]


def parse(text: str) -> Version:
    """Give the first version number in `text`, empty when there is none: `v2.26.1-4` is `(2, 26, 1)`."""
    found = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def show(version: Version) -> str:
    """Write `version` the usual way."""
    return ".".join(map(str, version)) or "of an unknown version"
