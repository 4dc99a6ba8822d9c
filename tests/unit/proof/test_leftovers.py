from pathlib import Path

import pytest

from host.command import Answer
from proof import leftovers, run
from proof.leftovers import EngineError
from proof.run import Run

OURS, OTHERS = "fsq-1a2b3c-000001", "fsq-1a2b3c-000002"


class Engine:
    """An engine with some things, which it gives away one after the other, and never twice."""

    def __init__(self, **things: list[str]) -> None:
        self.things = {"ps": [], "network": [], "volume": [], "image": []} | things
        self.removed: list[str] = []
        self.is_there = True

    def __call__(self, *words: str, **_: object) -> Answer:
        _, kind, *rest = words
        if not self.is_there:
            return Answer(1, err="Cannot connect to the Docker daemon")
        if kind == "ps" or rest[0] == "ls":
            return Answer(0, "".join(f"{row}\n" for row in self.things[kind]))
        self.removed.append(" ".join(words[1:]))
        for kind, rows in self.things.items():
            self.things[kind] = [row for row in rows if row.split()[0] != words[-1]]
        return Answer()


@pytest.fixture
def this(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(run, "FOLDER", tmp_path)
    monkeypatch.setattr(leftovers, "PAUSE_SECONDS", 0)
    this = Run(OURS, tmp_path / "scratch" / OURS)
    this.scratch.mkdir(parents=True)
    this.engine_mark.touch()
    return this


def left(this: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(leftovers.command, "run", engine)
    return leftovers.remove(this)


def test_what_carries_the_name_of_the_run_must_go_and_all_else_must_stay(
    this: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(
        ps=[f"1 {OURS}-gw0-shop-api-1 ", f"2 brave_newton {OURS}-gw1", f"3 {OTHERS}-gw0-shop-api-1 ", "4 shop-api-1 "],
        network=[f"5 {OURS}-gw0-shop_default", "6 bridge", f"7 {OURS}0_default"],
        volume=[f"{OURS}-gw0-shop_data {OURS}-gw0-shop_data", "shop_data shop_data"],
        image=[f"shop/api:{OURS}-upgrade {OURS}-upgrade", "shop/api:local local", "<none>:<none> <none>"],
    )
    assert len(left(this, engine, monkeypatch)) == 5
    assert engine.removed == [
        "rm --force --volumes 1",
        "rm --force --volumes 2",
        "network rm 5",
        f"volume rm --force {OURS}-gw0-shop_data",
        f"image rm --force shop/api:{OURS}-upgrade",
    ]
    assert not this.scratch.exists()


def test_an_engine_that_does_not_answer_must_be_told_of_and_the_run_remembered(
    this: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine()
    engine.is_there = False
    with pytest.raises(EngineError, match="Cannot connect"):
        left(this, engine, monkeypatch)
    assert this.engine_mark.exists()


def test_what_the_engine_does_not_let_go_of_must_be_named(this: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(volume=[f"{OURS}-data {OURS}-data"])
    monkeypatch.setattr(
        leftovers.command, "run", lambda *words, **_: engine(*words) if "ls" in words or "ps" in words else Answer(1)
    )
    with pytest.raises(EngineError, match=f"volume {OURS}-data"):
        leftovers.remove(this)


def test_a_run_without_containers_must_not_ask_the_engine(this: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    this.engine_mark.unlink()
    engine = Engine()
    engine.is_there = False
    assert left(this, engine, monkeypatch) == []


@pytest.mark.parametrize("content", ["", ".", "/", "/tmp/other"])
def test_a_lock_that_was_cut_short_must_remove_nothing_but_itself(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "FOLDER", tmp_path)
    lock = tmp_path / f"{run.CHECKOUT}-000001"
    lock.write_text(content)
    assert list(run.dead()) == []
    assert not lock.exists()
