import json
from pathlib import Path

import pytest

from support.ledger import Entry, Ledger, Row, settle


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    for number, name in enumerate(("a-1", "b-1", "a-2"), start=1):
        ledger.add(Entry(name[0], name, number))
    return ledger


SOUND: list[Row] = [(1, "a-1"), (2, "b-1"), (3, "a-2")]


def test_what_is_stored_as_it_was_acknowledged_is_settled(ledger: Ledger) -> None:
    account = settle(ledger, SOUND)
    assert account.is_settled
    assert str(account) == "acknowledged=3 lost=0 duplicated=0 corrupt=0"


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        (SOUND[:-1], {"lost": ["a-2"]}),
        ([*SOUND[:-1], (4, "a-2")], {"lost": ["a-2"]}),
        ([*SOUND, (4, "a-2")], {"duplicated": ["a-2"]}),
        ([*SOUND, (4, "c-1")], {"unknown": ["c-1"]}),
    ],
)
def test_what_was_lost_duplicated_or_made_up_is_found(
    rows: list[Row], finding: dict[str, list[str]], ledger: Ledger
) -> None:
    account = settle(ledger, rows)
    assert not account.is_settled
    kinds = ("lost", "duplicated", "unknown", "out_of_order")
    assert {kind: getattr(account, kind) for kind in kinds if getattr(account, kind)} == finding


def test_a_client_that_is_told_a_lower_id_than_before_is_found(ledger: Ledger) -> None:
    ledger.add(Entry("b", "b-2", 1))
    assert settle(ledger, [*SOUND, (1, "b-2")]).out_of_order == ["b-2"]


@pytest.mark.parametrize("rows", [SOUND, [*SOUND, (4, "b-2")]])
def test_what_was_asked_for_and_never_answered_may_be_there_or_not(rows: list[Row], ledger: Ledger) -> None:
    ledger.in_doubt.add("b-2")
    assert settle(ledger, rows).is_settled


def test_damage_is_a_part_of_the_account(ledger: Ledger) -> None:
    account = settle(ledger, SOUND, ["row 7 missing from index"])
    assert not account.is_settled
    assert str(account) == "acknowledged=3 lost=0 duplicated=0 corrupt=1"


def test_each_entry_is_in_its_file_at_once(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.add(Entry("a", "a-1", 7))
    assert json.loads((tmp_path / "ledger").read_text()) == ["a", "a-1", 7, ""]
