from pathlib import Path

import pytest

from support.contract import hold_to_contract
from support.openapi import document
from support.stack import Stack


@pytest.mark.fault("H7")
def test_the_running_stack_serves_its_documentation_and_keeps_to_it_whatever_it_is_sent(
    stack: Stack, tmp_path: Path
) -> None:
    assert stack.get("/openapi.json").json() == document()
    assert hold_to_contract(stack.url("api"), tmp_path, examples=20) > 300
    assert "Traceback" not in stack.log("api")
