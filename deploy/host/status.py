"""How the stack is doing now."""

from host import compose, engine, probe
from host.probe import Reply
from host.trouble import Trouble


def status() -> None:
    """Print a line for each container and the healthchecker's verdict on the API.

    Raises:
        Trouble: The stack is down, or not all is well.

    """
    engine.check()
    containers = compose.containers()
    if not containers:
        raise Trouble("The stack is down: `make up` starts it.")
    for container in containers:
        print(f"{container.service:15}{container.status:31}{container.url}".rstrip())
    url = next((container.url for container in containers if container.service == "healthchecker"), "")
    reply = probe.get(f"{url}/status") if url else Reply(0, "it publishes no port now")
    print(f"{'verdict':15}{verdict(reply)}", flush=True)
    if not all(container.is_well for container in containers) or reply.fields.get("state") != "healthy":
        raise Trouble("Not all is well: `make logs` shows more.")


def verdict(reply: Reply) -> str:
    """Put the healthchecker's `/status` in one line."""
    fields = reply.fields
    if reply.status != probe.OK or "state" not in fields:
        return f"none, the healthchecker does not answer ({reply.status or reply.body})"
    poll = fields.get("last_poll") or {}
    words = [
        f"{fields['state']} since {fields['since'][:19]} UTC.",
        poll.get("title") or poll.get("detail"),
        poll.get("remedy"),
    ]
    return " ".join(word for word in words if word)
