"""What a look at a database or a backup has found, as a table."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from app import schema
from backup import content
from backup.content import Content
from backup.manifest import Manifest

OK, BAD = "ok", "wrong"


class Line(NamedTuple):
    """One thing that was looked at."""

    title: str
    text: str
    ok: bool
    hinders: bool


@dataclass
class Findings:
    """One line for each thing that was looked at."""

    lines: list[Line] = field(default_factory=list)

    def add(self, title: str, text: str, *, ok: bool = True, hinders: bool = True) -> None:
        """Add a line, and say whether the database is not to be put in place where it is wrong."""
        self.lines.append(Line(title, text, ok, hinders and not ok))

    @property
    def fault(self) -> str | None:
        """The first thing that is wrong."""
        return next((f"{line.title}: {line.text}" for line in self.lines if not line.ok), None)

    @property
    def hindrance(self) -> str | None:
        """The first wrong thing that keeps the database from being put in place."""
        return next((f"{line.title}: {line.text}" for line in self.lines if line.hinders), None)

    @property
    def table(self) -> str:
        """All of it, for the terminal."""
        return "\n".join(f"{OK if line.ok else BAD:9}{line.title:18}{line.text}" for line in self.lines)


class Look(NamedTuple):
    """What a database holds, `None` where that cannot be read, and the damage to it."""

    content: Content | None
    damage: str | None


def look(connection: sqlite3.Connection, findings: Findings) -> Look:
    """Look at a database in whole.

    Args:
        connection: Open on it.
        findings: Take what is found.

    """
    damage = content.damage(connection)
    findings.add("integrity check", damage or "every page, row and index is sound", ok=damage is None)
    try:
        broken = content.broken_references(connection)
        found = content.read(connection)
    except sqlite3.Error as error:
        findings.add("content", str(error), ok=False)
        return Look(None, damage or str(error))
    words = f"{broken} broken references" if broken else "no broken reference"
    findings.add("foreign keys", words, ok=not broken, hinders=False)  # it was in use with them
    words, is_known = _judged(found.revision, schema.known_revisions())
    findings.add("schema revision", words, ok=is_known)
    findings.add("rows", ", ".join(f"{table} {count}" for table, count in found.rows.items()) or "no table")
    findings.add("content", found.digest)
    return Look(found, damage)


def compare(found: Content, manifest: Manifest, findings: Findings) -> None:
    """Compare a database with what the manifest says of it."""
    pairs: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("rows", lambda: found.rows == manifest.rows),
        ("content", lambda: found.digest == manifest.content),
        ("schema revision", lambda: found.revision == manifest.revision),
    )
    differing = [title for title, is_equal in pairs if not is_equal()]
    text = f"differs in {', '.join(differing)}" if differing else "says the same"
    findings.add("manifest", text, ok=not differing)


def _judged(revision: str | None, known: list[str]) -> tuple[str, bool]:
    if revision == known[0]:
        return f"{revision}, which this version needs", True
    if revision in known:
        return f"{revision}, older than this version's {known[0]}: it is migrated at the next start", True
    if revision is None:
        return "none: it was never used", True
    return f"{revision}, which this version does not know: run the version of the service that made it", False
