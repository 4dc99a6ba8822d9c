"""What a host must have before anything can be built on it."""

from host import base_image, command, engine, plugins, tracer
from host.command import Run


def setup() -> None:
    """Bring what this host lacks to run the tests."""
    tracer.ensure()
    prepare()


def prepare(run: Run = command.run) -> str:
    """Bring what this host lacks to build and run the stack, and give the value of `BASE_IMAGE` for the build.

    Raises:
        Trouble: Something is missing that cannot be brought, with what to do.

    """
    engine.check(run)
    plugins.ensure(run)
    return base_image.ensure(run)
