import pytest

from app.lineage import APPLICATION_ID, Header, judge
from app.problems import Code, ProblemError

OURS = Header(pages=5, application=APPLICATION_ID, lineage=7)
EMPTY = Header(pages=0, application=0, lineage=0)
FOREIGN = Header(pages=5, application=0, lineage=7)


@pytest.mark.parametrize(("header", "seal"), [(EMPTY, None), (OURS, None), (OURS, 7)])
def test_an_empty_file_on_a_new_volume_and_our_own_database_are_accepted(header: Header, seal: int | None) -> None:
    judge(header, seal)


@pytest.mark.parametrize(
    ("header", "seal", "code"),
    [
        (EMPTY, 7, Code.DB_REPLACED),
        (OURS, 8, Code.DB_REPLACED),
        (FOREIGN, None, Code.DB_FOREIGN),
        (FOREIGN, 7, Code.DB_FOREIGN),
    ],
)
def test_any_other_file_is_refused_with_its_code(header: Header, seal: int | None, code: Code) -> None:
    with pytest.raises(ProblemError) as refusal:
        judge(header, seal)
    assert refusal.value.code == code
