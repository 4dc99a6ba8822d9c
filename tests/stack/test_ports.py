import socket

import pytest

from support.ports import free_port
from support.stack import NewStack
from support.waiting import eventually


@pytest.mark.fault("C10")
def test_a_taken_port_is_named_and_the_stack_starts_once_it_is_free(new_stack: NewStack) -> None:
    with socket.socket() as taken:
        port = free_port()
        taken.bind(("127.0.0.1", port))
        taken.listen()
        stack = new_stack(overlay=f"services: {{api: {{ports: !override ['127.0.0.1:{port}:8000']}}}}")
        started = stack.up()
        assert started.returncode == 1
        assert str(port) in started.stderr
        assert "address already in use" in started.stderr
        assert stack.compose("down").returncode == 0
    assert stack.up().returncode == 0
    eventually(stack.healthy, within=10)
