"""From a bare host to a healthy stack."""

from host import (
    backups,
    base_image,
    build,
    command,
    compose,
    console,
    diagnosis,
    engine,
    plugins,
    ports,
    probe,
    replica,
)
from host.command import Run
from host.compose import Container
from host.trouble import Trouble

WAIT_SECONDS = 120


def up() -> None:
    """Bring what is missing, build, start, wait until healthy, and print where the stack answers.

    Raises:
        Trouble: A step failed, with what is wrong and what to do.

    """
    engine.check()
    plugins.ensure()
    if "backup" in (config := compose.config())["services"]:
        backups.prepare(config)
    check_ports()
    build.build(base_image.ensure())
    start()
    print(report(), flush=True)


def check_ports(run: Run = command.run) -> None:
    """Make sure that the stack can have its ports, before minutes are spent on building it.

    Raises:
        Trouble: One is taken.

    """
    wanted = ports.published(compose.config(run))
    ours = compose.containers(run)
    for port in wanted:
        ports.check(port, ours)


def start(*services: str, run: Run = command.run) -> None:
    """Start the containers, by default those of the whole stack, and wait until they are healthy.

    Raises:
        Trouble: They do not become so, with the causes.

    """
    console.say("Starting the stack and waiting until it is healthy, about 10 s.")
    options = ("--detach", "--wait", "--wait-timeout", str(WAIT_SECONDS))
    if not run("docker", "compose", "up", *options, *services, shown=True).ok:
        raise Trouble(diagnosis.of_stack(run))


def report(run: Run = command.run) -> str:
    """Give the URLs of the running stack and its answer to `/db-check`, and say if a wanted replica is no part of it.

    Raises:
        Trouble: That answer is not a 200.

    """
    containers = compose.containers(run)
    urls = {container.service: container.url for container in containers}
    answer = probe.get(f"{urls['api']}/db-check")
    if answer.status != probe.OK:
        raise Trouble(diagnosis.of_stack(run))
    prometheus = f"  Prometheus   {urls['prometheus']}\n" if "prometheus" in urls else ""
    return (
        "The stack is healthy.\n"
        f"  API          {urls['api']}   (docs: /docs)\n"
        f"  status page  {urls['healthchecker']}\n"
        f"{prometheus}"
        f"  /db-check    {answer.body}"
        f"{_lacking_replica(containers, run)}"
    )


def _lacking_replica(containers: list[Container], run: Run) -> str:
    if any(each.service == "replica" and each.state == "running" for each in containers):
        return ""
    name = replica.described_by(run)
    if name is None:
        return ""
    return (
        f"\n  replica      none, though {name} is set: put COMPOSE_PROFILES=replica into .env, and say `make up` again"
    )
