from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from soak.report import report
from soak.result import Result
from support.ledger import Account


def test_a_report_tells_the_account_the_recoveries_and_how_to_repeat_it(result: Result, tmp_path: Path) -> None:
    report(result, tmp_path)
    page = (tmp_path / "report.md").read_text()
    assert "acknowledged=20001 lost=0 duplicated=0 corrupt=0" in page
    assert "make soak MINUTES=10 SEED=3" in page
    assert "availability 75.0 % of 100 probes" in page
    assert "| lock | 3 | 4.0 | 35.0 | 40 |" in page
    assert "| lock + kill | no answer 3 | 35.0 |" in page


def test_a_picture_has_a_bar_for_each_kind(result: Result, tmp_path: Path) -> None:
    report(result, tmp_path)
    picture = ET.parse(tmp_path / "report.svg")  # noqa: S314 - our own
    bars = picture.findall(".//{http://www.w3.org/2000/svg}rect[@x]")
    assert [bar.get("width") for bar in bars] == ["48.0", "420.0"]


def test_a_report_of_what_never_recovered_is_written_too(result: Result, tmp_path: Path) -> None:
    never = replace(result.injections[0], recovery=None)
    report(replace(result, injections=(never,), account=Account(5, lost=["a"])), tmp_path)
    assert "| lock | db_locked 4 | never |" in (tmp_path / "report.md").read_text()
    ET.parse(tmp_path / "report.svg")  # noqa: S314 - our own
