"""The table of the faults and the tests that prove them must say the same."""

import json
import os
import subprocess
import sys

import pytest

from host.command import ROOT
from proof import run
from support.fault_matrix import KEY, ONLY_ALL, FaultMatrix, left_to_all, listed_rows

COLLECT = f"""
import json, pathlib, sys, pytest

class Proofs:
    def pytest_collection_finish(self, session):
        found = [
            (row, item.nodeid.split("/")[1], item.get_closest_marker("exhaustive") is not None)
            for item in session.items for key, row in item.user_properties if key == "{KEY}"
        ]
        pathlib.Path(sys.argv[1]).write_text(json.dumps(found))

rings = [f"tests/{{ring}}" for ring in ("unit", "app", "process", "stack")]
sys.exit(pytest.main(["--collect-only", "-qq", *rings], plugins=[Proofs()]))
"""


@pytest.fixture(scope="module")
def proved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Return the rings that prove each row, as the tests are marked; those where only `ALL=1` does so end like that."""
    file = tmp_path_factory.mktemp("proofs") / "found.json"
    done = subprocess.run(
        [sys.executable, "-c", COLLECT, str(file)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != run.VARIABLE},  # a run of its own
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = [(row, ring, is_exhaustive) for row, ring, is_exhaustive in json.loads(file.read_text())]
    usual = {(row, ring) for row, ring, is_exhaustive in found if not is_exhaustive}
    rows: dict[str, set[str]] = {row: set() for row, _, _ in found}
    for row, ring, _ in found:
        rows[row].add(ring if (row, ring) in usual else ring + ONLY_ALL)
    return rows


def test_the_table_must_name_the_rings_that_prove_each_row_and_those_where_only_all_does(
    proved: dict[str, set[str]],
) -> None:
    assert proved == listed_rows()


def test_the_fault_matrix_must_have_at_least_137_rows_and_make_test_prove_110_of_them() -> None:
    assert len(listed_rows()) >= 137
    assert len(listed_rows()) - len(left_to_all()) >= 110


def report(outcome: str, *rows: str) -> pytest.TestReport:
    properties = [(KEY, row) for row in rows]
    return pytest.TestReport("test", ("", 0, ""), {}, outcome, None, "call", user_properties=properties)  # type: ignore[arg-type]


def test_a_run_that_has_not_heard_of_a_row_must_know_that_it_is_lost() -> None:
    matrix = FaultMatrix("all")
    heard = [row for row in listed_rows() if row != "D4"]
    matrix.pytest_runtest_logreport(report("passed", *heard))
    assert matrix.lost == {"D4"}


def test_a_row_of_which_one_test_has_failed_must_not_count_as_proved() -> None:
    matrix = FaultMatrix(None)
    for outcome in ("passed", "failed", "passed"):
        matrix.pytest_runtest_logreport(report(outcome, "D4"))
    assert matrix.proved == set()
