from pathlib import Path

import pytest

from support.contract import hold_to_contract
from support.openapi import document
from support.server import running_server


@pytest.mark.exhaustive
@pytest.mark.fault("H7")
def test_the_real_server_must_serve_its_documentation_and_keep_to_it_whatever_it_is_sent(data: Path) -> None:
    with running_server(data) as server:
        assert server.client.get("/openapi.json").json() == document()
        assert hold_to_contract(server.url, data.parent, examples=100) > 400
        assert "Traceback" not in server.log
