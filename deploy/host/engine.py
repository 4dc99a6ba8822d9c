"""The Docker engine."""

from host import command, version
from host.command import Run
from host.trouble import Trouble

MINIMUM = (20, 10)


def check(run: Run = command.run) -> str:
    """Give the version of the engine that answers.

    Raises:
        Trouble: There is no docker command, no answer, no permission to ask, or the engine is too old.

    """
    answer = run("docker", "version", "--format", "{{.Server.Version}}", timeout=20)
    if answer.code == command.NOT_FOUND:
        raise Trouble("There is no `docker` command: install Docker Engine as Docker's documentation says.")
    if "permission denied" in answer.err:
        raise Trouble(
            "The Docker engine does not let this user in: add yourself to its group with "
            "`sudo usermod -aG docker $USER`, then log in again."
        )
    if not answer.ok:
        raise Trouble(
            f"The Docker engine does not answer ({answer.reason}): "
            "start it with `sudo systemctl start docker`, or start Docker Desktop."
        )
    found = answer.out.strip()
    if version.parse(found) < MINIMUM:
        raise Trouble(f"Docker Engine {found} is too old: upgrade it to {version.show(MINIMUM)} or newer.")
    return found
