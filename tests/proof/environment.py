"""What is left of the caller's environment: a shell in use must not decide what a test finds."""

import os
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress

# What a program needs on this machine, and where its Docker is.
KEPT = frozenset(
    {
        "BASE_IMAGE",
        "CI",
        "DOCKER_CERT_PATH",
        "DOCKER_CONFIG",
        "DOCKER_HOST",
        "DOCKER_TLS_VERIFY",
        "HOME",
        "LOGNAME",
        "PATH",
        "SSL_CERT_FILE",
        "TMPDIR",
        "USER",
        "XDG_RUNTIME_DIR",
    }
)
OURS = ("FASTAPI_SQLITE_TEST_", "PYTEST_CURRENT_TEST", "PYTEST_XDIST_")
# The same on every machine.
FIXED = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "xterm", "TZ": "UTC"}
FILE_MODE_MASK = 0o022

# What package managers need where the network has a proxy or a mirror of its own; no test may see it.
NETWORK = ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "pip_")
CONTEXT_SECONDS = 20


def for_tests(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what tests may see of an environment: nothing but what they cannot do without. Pure."""
    kept = {name: value for name, value in environment.items() if name in KEPT or name.startswith(OURS)}
    return kept | FIXED


def of_the_network(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what of an environment says how to reach the package registries. Pure."""
    return {name: value for name, value in environment.items() if name.lower().startswith(NETWORK)}


def isolate() -> None:
    """Leave of this process's environment what tests may see, with the usual file modes and the clock in UTC."""
    kept = for_tests(os.environ)
    if "DOCKER_HOST" not in kept:
        kept |= _engine()
    os.environ.clear()
    os.environ.update(kept)
    os.umask(FILE_MODE_MASK)
    time.tzset()


def _engine() -> dict[str, str]:
    """Return where the user's Docker context leads, by the one variable that every client of Docker knows."""
    question = ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
    with suppress(OSError, subprocess.TimeoutExpired):
        asked = subprocess.run(question, capture_output=True, text=True, timeout=CONTEXT_SECONDS, check=False)
        if asked.returncode == 0:
            return {"DOCKER_HOST": asked.stdout.strip()}
    return {}
