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


@dataclass
class Findings:
    """One line for each thing that was looked at."""

    lines: list[tuple[bool, str, str]] = field(default_factory=list)

    def add(self, title: str, text: str, *, ok: bool = True) -> None:
        """Add a line."""
        self.lines.append((ok, title, text))

    @property
    def fault(self) -> str | None:
        """The first thing that is wrong."""
        return next((f"{title}: {text}" for ok, title, text in self.lines if not ok), None)

    @property
    def table(self) -> str:
        """All of it, for the terminal."""
        return "\n".join(f"{OK if ok else BAD:9}{title:18}{text}" for ok, title, text in self.lines)


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
    findings.add("foreign keys", f"{broken} broken references" if broken else "no broken reference", ok=not broken)
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
