"""What is written in more than one place must be the same in all."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.database import Database
from app.datafile import DataFile
from app.instruments import Instruments
from app.keeper import Keeper
from app.problems import PROBLEMS
from app.seen import Seen
from app.sizes import Sizes
from healthchecker.gauges import Gauges
from healthchecker.metrics import Metrics
from healthchecker.neighbours import Neighbours
from healthchecker.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
METRICS = (ROOT / "docs" / "metrics.md").read_text()
PROMETHEUS = ROOT / "deploy" / "prometheus"


def test_the_readme_lists_every_fault_of_the_database_in_the_words_of_the_table() -> None:
    for code, problem in PROBLEMS.items():
        if problem.status == 503:
            assert f"| `{code}` | {problem.title} | {problem.remedy} |" in README


def test_the_readme_lists_no_fault_that_does_not_exist() -> None:
    assert set(re.findall(r"^\| `(db_\w+|draining|deadline_exceeded)` \|", README, re.MULTILINE)) == {
        code for code, problem in PROBLEMS.items() if problem.status == 503
    }


@pytest.mark.fault("C9")
def test_every_variable_of_compose_is_explained_in_the_example_and_no_other() -> None:
    used = set(re.findall(r"\$\{(\w+)", COMPOSE)) | set(
        re.findall(r"^\s+- ((?:HEALTHCHECKER|AWS)_\w+)$", COMPOSE, re.MULTILINE)
    )
    assert set(re.findall(r"^#(\w+)=", EXAMPLE, re.MULTILINE)) == used


@pytest.mark.fault("C9")
def test_the_example_shows_the_defaults_of_compose() -> None:
    defaults = dict(re.findall(r"\$\{(\w+):?-([^}]*)\}", COMPOSE))
    shown = dict(re.findall(r"^#(\w+)=(.*)$", EXAMPLE, re.MULTILINE))
    for name, value in defaults.items():
        if name != "SSL_CERT_FILE":
            assert shown[name] == value


def test_every_verb_that_the_readme_names_exists() -> None:
    verbs = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", README)) <= verbs


def test_every_file_that_the_readme_names_exists() -> None:
    for path in re.findall(r"`((?:api|deploy|tests)/[\w./]+)`", README):
        assert (ROOT / path).exists(), path


def test_every_metric_is_explained_and_no_other() -> None:
    keeper = Keeper(Database(DataFile(Path("/data/api.db"))))
    keeper.sizes = Sizes(1, 1, 1)
    instruments = Instruments()
    instruments.add(Seen(keeper))
    metrics = Metrics()
    metrics.add(Gauges(Neighbours(Settings())))
    text = instruments.show("")[0].decode() + metrics.show("")[0].decode()
    families = {re.sub("_created$", "", family.name): family.type for family in text_string_to_metric_families(text)}
    names = {f"{name}_total" if kind == "counter" else name for name, kind in families.items()}
    tables = "\n".join(re.findall(r"^\| (`(?:http|sqlite|api|healthchecker)_[^|]*) \|", METRICS, re.MULTILINE))
    assert set(re.findall(r"`(\w+)`", tables)) == names


def test_every_alert_is_explained_and_tested_and_no_other() -> None:
    alerts = set(re.findall(r"- alert: (\w+)", (PROMETHEUS / "rules.yml").read_text()))
    assert set(re.findall(r"^\| `([A-Z]\w+)` \|", METRICS, re.MULTILINE)) == alerts
    tests = (PROMETHEUS / "rules_test.yml").read_text()
    assert set(re.findall(r'alertname(?:: |=")(\w+)', tests)) == alerts
