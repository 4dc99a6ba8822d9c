"""What is left of the caller's environment: a shell in use must not decide what a test finds."""

import os
import subprocess
import time

# What a program needs on this machine, and where its Docker is.
KEPT = frozenset(
    {
        "BASE_IMAGE",
        "CI",
        "COLUMNS",
        "DOCKER_CERT_PATH",
        "DOCKER_CONFIG",
        "DOCKER_HOST",
        "DOCKER_TLS_VERIFY",
        "HOME",
        "LOGNAME",
        "NO_COLOR",
        "PATH",
        "SSL_CERT_FILE",
        "TERM",
        "TMPDIR",
        "USER",
        "XDG_RUNTIME_DIR",
    }
)
OURS = ("FASTAPI_SQLITE_TEST_", "PYTEST_CURRENT_TEST", "PYTEST_XDIST_")
# What the package managers need where the network has a proxy or a mirror of its own; no test may see it.
NETWORK = ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "pip_")
FILE_MODE_MASK = 0o022


def without_the_callers(environment: dict[str, str]) -> dict[str, str]:
    """Return what tests are to see of an environment: nothing but what they cannot do without. Pure."""
    kept = {name: value for name, value in environment.items() if name in KEPT or name.startswith(OURS)}
    return {**kept, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


def of_the_network(environment: dict[str, str]) -> dict[str, str]:
    """Return what of an environment tells how to reach the package registries. Pure."""
    return {name: value for name, value in environment.items() if name.lower().startswith(NETWORK)}


def forget() -> None:
    """Leave of this process's environment what tests are to see, with the usual file modes and the clock in UTC."""
    kept = without_the_callers(dict(os.environ)) | _engine(os.environ.get("DOCKER_CONTEXT"))
    os.environ.clear()
    os.environ.update(kept)
    os.umask(FILE_MODE_MASK)
    time.tzset()


def _engine(context: str | None) -> dict[str, str]:
    """Return where the engine of a Docker context is, by the one variable that every client of Docker knows."""
    if not context:
        return {}
    question = ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}", context]
    try:
        asked = subprocess.run(question, capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return {}
    return {"DOCKER_HOST": asked.stdout.strip()} if asked.returncode == 0 else {}
