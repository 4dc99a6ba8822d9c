"""What ran before something was done to the data: stopped for it, and started again afterwards."""

from dataclasses import dataclass
from typing import Any, Self

from host import command, compose, images, up
from host.command import Run
from host.trouble import Trouble

USERS = ("api", "backup", "replica")  # of the data
STOPPED = ("exited", "created", "dead")


@dataclass(frozen=True)
class Services:
    """The services that ran.

    Attributes:
        running: All of them, also those that ran badly.
        whole: Those of the whole stack.
        images: What they ran, by the names of the images.
        run: Reaches the host.

    """

    running: frozenset[str]
    whole: frozenset[str]
    images: dict[str, str]
    run: Run

    @classmethod
    def now(cls, config: dict[str, Any], run: Run = command.run) -> Self:
        """Look what runs."""
        running = frozenset(each.service for each in compose.containers(run) if each.state not in STOPPED)
        return cls(running, frozenset(config["services"]), images.in_use(config, run), run)

    @property
    def are_up(self) -> bool:
        """Tell whether the API is among them."""
        return "api" in self.running

    def stop(self) -> None:
        """Stop what uses the data now.

        Raises:
            Trouble: One does not stop.

        """
        present = {each.service for each in compose.containers(self.run)}
        users = [service for service in USERS if service in present]
        if not users:
            return
        answer = self.run("docker", "compose", "stop", *users)
        if not answer.ok:
            raise Trouble(f"The services {', '.join(users)} cannot be stopped: {answer.reason}")

    def put_images_back(self) -> None:
        """Give the images that were in use their names again.

        Raises:
            Trouble: The engine does not.

        """
        images.name(self.images, self.run)

    def start(self) -> None:
        """Start what ran, and the whole stack where the API did not, and wait until all is healthy.

        Raises:
            Trouble: It does not become so.

        """
        up.start(*sorted(self.running if self.are_up else self.running | self.whole), run=self.run)

    def resume(self) -> None:
        """Start what ran and nothing else, and wait until it is healthy.

        Raises:
            Trouble: It does not become so.

        """
        if self.are_up:
            self.start()
        elif users := sorted(self.running.intersection(USERS)):
            answer = self.run("docker", "compose", "start", *users)
            if not answer.ok:
                raise Trouble(f"The services {', '.join(users)} cannot be started again: {answer.reason}")
