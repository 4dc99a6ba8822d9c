import pytest

from soak.account import Account, Row, settle
from soak.ledger import Ledger

FIRST: Row = (1, "a", "a")
SECOND: Row = (2, "b", "b")


def ledger() -> Ledger:
    return Ledger({"a": {"id": 1, "name": "a"}, "b": {"id": 2, "name": "b"}}, sent={"a", "b", "unanswered"})


def test_what_was_acknowledged_and_is_there_balances() -> None:
    account = settle(ledger(), [FIRST, SECOND], [])
    assert str(account) == "acknowledged=2 lost=0 duplicated=0 corrupt=0"
    assert account.is_clean


def test_what_was_sent_and_never_answered_may_be_there() -> None:
    assert settle(ledger(), [FIRST, SECOND, (3, "unanswered", "unanswered")], []).is_clean


@pytest.mark.parametrize(
    ("rows", "problems", "expected"),
    [
        ([FIRST], [], Account(2, 1, 0, 0)),
        ([FIRST, (2, "other", "b")], [], Account(2, 1, 0, 0)),
        ([FIRST, (7, "b", "b")], [], Account(2, 1, 0, 0)),
        ([FIRST, SECOND, (3, "b", "unanswered")], [], Account(2, 0, 1, 0)),
        ([FIRST, SECOND, (3, "c", "stranger")], [], Account(2, 0, 0, 1)),
        ([FIRST, SECOND], ["row 7 missing from index"], Account(2, 0, 0, 1)),
    ],
    ids=["no row", "another name", "another id", "twice", "nobody sent it", "integrity"],
)
def test_what_does_not_balance_is_counted(rows: list[Row], problems: list[str], expected: Account) -> None:
    account = settle(ledger(), rows, problems)
    assert account == expected
    assert not account.is_clean
