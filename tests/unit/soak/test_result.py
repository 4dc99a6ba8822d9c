from dataclasses import replace

import pytest

from soak.result import Result, recoveries
from soak.traffic import Traffic
from support.ledger import Account


def test_recoveries_are_summed_up_by_kind_with_the_slowest_first(result: Result) -> None:
    lock, kill = recoveries(result.injections)
    assert (lock.name, lock.times, lock.median, lock.longest, lock.bound) == ("lock", 3, 4.0, 35.0, 40)
    assert (kill.name, kill.times, kill.median, kill.longest, kill.bound) == ("kill", 1, 35.0, 35.0, 40)


def test_a_good_run_has_nothing_to_complain_of(result: Result) -> None:
    assert result.complaint == ""


def test_availability_is_the_part_of_the_probes_that_were_answered_well(result: Result) -> None:
    assert result.traffic.availability == 75


def bad(result: Result) -> dict[str, Result]:
    late = replace(result.injections[0], recovery=10.1)
    never = replace(result.injections[1], recovery=None)
    return {
        "lost=1": replace(result, account=Account(5, lost=["a"])),
        "duplicated=2": replace(result, account=Account(5, duplicated=["a", "b"])),
        "corrupt=3": replace(result, account=Account(5, unknown=["a"], out_of_order=["b"], damage=["c"])),
        "within its bound from lock, lock + kill": replace(result, injections=(late, never)),
        "1 wrong answers, first: 404": replace(result, traffic=Traffic(wrong_reads=["404"])),
        "exit code 137": replace(result, exit_code=137),
        "no write was acknowledged": replace(result, account=Account(0)),
        "nothing was broken": replace(result, injections=()),
    }


@pytest.mark.parametrize(
    "what",
    [
        "lost=1",
        "duplicated=2",
        "corrupt=3",
        "within its bound from lock, lock + kill",
        "1 wrong answers, first: 404",
        "exit code 137",
        "no write was acknowledged",
        "nothing was broken",
    ],
)
def test_what_is_not_as_promised_is_told_in_one_sentence(what: str, result: Result) -> None:
    complaint = bad(result)[what].complaint
    assert what in complaint
    assert complaint.startswith("The soak failed: ")
    assert complaint.endswith(".")
