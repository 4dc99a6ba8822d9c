import os
import subprocess
import sys
import time

import pytest

from host.command import ROOT
from proof.environment import FIXED, KEPT, OURS, for_tests, of_the_network

HOSTILE = {
    "http_proxy": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "REPLICA_URL": "s3://elsewhere/api",
    "BACKUP_KEEP": "1",
    "KEEP": "1",
    "NAME": "a machine",
    "COMPOSE_FILE": "elsewhere.yaml",
    "COMPOSE_PROJECT_NAME": "No Name",
    "DOCKER_CONTEXT": "elsewhere",
    "DB_FILE_PATH": "elsewhere",
    "MAKEFLAGS": "n",
    "PYTHONPATH": "elsewhere",
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "C",
    "WHATEVER_COMES_NEXT": "1",
}
SEEN = "tests/unit/proof/test_environment.py::test_a_test_must_see_nothing_of_a_shell_but_what_it_needs"


def test_a_test_must_see_nothing_of_a_shell_but_what_it_needs() -> None:
    others = {name for name in os.environ if name not in KEPT and not name.startswith((*OURS, "PYTEST_"))}
    assert others <= set(FIXED)
    assert os.environ["LC_ALL"] == "C.UTF-8"
    assert time.strftime("%Z") == "UTC"
    mask = os.umask(0o022)
    assert mask == 0o022


def test_the_tests_must_be_green_in_a_shell_that_is_in_use() -> None:
    hostile = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **HOSTILE}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", SEEN]
    done = subprocess.run(words, cwd=ROOT, env=hostile, umask=0o077, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", [*HOSTILE, "PYTEST_ADDOPTS", "TESTCONTAINERS_RYUK_DISABLED"])
def test_a_variable_that_is_not_listed_must_be_dropped_whatever_it_is(name: str) -> None:
    assert for_tests({name: "value"}).get(name) != "value"


def test_what_tells_how_to_reach_the_registries_must_be_left_to_what_brings_the_tools() -> None:
    assert of_the_network({**HOSTILE, "PIP_CERT": "file", "NO_PROXY": "*"}) == {
        "http_proxy": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "PIP_CERT": "file",
        "NO_PROXY": "*",
    }
