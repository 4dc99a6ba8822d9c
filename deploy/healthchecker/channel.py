"""Where people are told: the URLs of HEALTHCHECKER_NOTIFY_URLS, each of them a secret but for its scheme."""

import re
from dataclasses import dataclass

from pydantic import SecretStr

VARIABLE = "HEALTHCHECKER_NOTIFY_URLS"
EXAMPLE = "ntfys://ntfy.example.com/alerts"

# As Apprise reads a list: whatever stands between two URLs separates them, and nothing else does.
SEPARATOR = re.compile(r"[\s,;]+(?=[a-z0-9]{1,32}://)", re.IGNORECASE)
SCHEME = re.compile(r"([a-z0-9]{1,32})://[^\s/]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Channel:
    """One URL and its place in the list, from 1; `str()` names it without its secret."""

    number: int
    url: SecretStr

    @property
    def scheme(self) -> str:
        """Give what stands before `://` in lower case, or nothing when this is no URL."""
        url = self.url.get_secret_value()
        found = SCHEME.match(url)
        return found[1].lower() if found and url.isprintable() else ""

    @property
    def complaint(self) -> str:
        """Give the sentence that says that this URL is wrong."""
        return (
            f"{self} is not a URL that Apprise knows. "
            f"Write it as appriseit.com/services shows, for example {VARIABLE}={EXAMPLE}"
        )

    def __str__(self) -> str:
        """Name it, as `URL 2 (ntfys) of HEALTHCHECKER_NOTIFY_URLS`."""
        return f"URL {self.number}{f' ({self.scheme})' if self.scheme else ''} of {VARIABLE}"


def channels_of(text: str) -> list[Channel]:
    """Split a list of Apprise URLs at blanks, commas or semicolons; an empty text has none."""
    urls = SEPARATOR.split(text.strip(" \t\r\n,;"))
    return [Channel(number, SecretStr(url)) for number, url in enumerate(urls, start=1) if url]
