"""How the stack is doing now, in one screen."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from host import compose, engine, probe
from host.compose import Container
from host.probe import Reply
from host.trouble import Trouble

UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def status() -> None:
    """Print a line for each container, what the healthchecker says of the API, and how much the database takes.

    Raises:
        Trouble: The stack is down, or not all is well.

    """
    engine.check()
    containers = compose.containers()
    if not containers:
        raise Trouble("The stack is down: `make up` starts it.")
    for container in containers:
        print(line(container.service, f"{container.status:31}{container.url}".rstrip()))
    picture = _ask(containers, "healthchecker", "/status")
    for title, said in [*verdict(picture), *database(_ask(containers, "api", "/health"))]:
        print(line(title, said), flush=True)
    if not all(container.is_well for container in containers) or picture.fields.get("state") != "healthy":
        raise Trouble("Not all is well: `make logs` shows more.")


def line(title: str, said: str) -> str:
    """Put what is said of a thing beside its name."""
    return f"{title:15}{said}"


def verdict(reply: Reply) -> Iterator[tuple[str, str]]:
    """Put the healthchecker's `/status` in words: the state, what is wrong and what to do, and the last change."""
    fields = reply.fields
    if reply.status != probe.OK or "state" not in fields:
        yield "state", f"unknown: the healthchecker does not answer ({reply.status or reply.body})"
        return
    yield "state", f"{fields['state']} since {_moment(fields['since'])}"
    poll = fields.get("last_poll") or {}
    if poll.get("reason"):
        words = " ".join(str(poll[key]) for key in ("reason", "http_status", "code") if poll.get(key))
        yield "what is wrong", f"{poll.get('title') or poll.get('detail')} ({words})"
        yield "what to do", poll.get("remedy") or "`make logs` shows more."
    for change in fields.get("transitions", [])[:1]:
        yield "last change", f"{change['from']} → {change['to']}, {_moment(change['at'])}"


def database(reply: Reply) -> Iterator[tuple[str, str]]:
    """Put the sizes in the API's `/health` in words; nothing while it cannot tell them."""
    checks = reply.fields.get("checks") or {}
    sizes = [
        checks.get(name, [{}])[0].get("observedValue") for name in ("sqlite:size", "sqlite:walSize", "volume:freeBytes")
    ]
    if all(isinstance(size, int) for size in sizes):
        file, log, free = map(_size, sizes)
        yield "database", f"{file}, its log {log}, {free} free on the volume"


def _ask(containers: list[Container], service: str, path: str) -> Reply:
    url = next((container.url for container in containers if container.service == service), "")
    return probe.get(url + path) if url else Reply(0, "it publishes no port now")


def _moment(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _size(size: Any) -> str:
    return next((f"{size / unit:.1f} {name}" for unit, name in UNITS if size >= unit), f"{size} bytes")
