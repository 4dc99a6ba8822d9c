import errno
import socket
from collections.abc import Iterator

import pytest

from host import ports
from host.compose import Container
from host.ports import Port
from host.trouble import Trouble
from support.ports import free_port


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_only_ports_with_a_fixed_number_are_looked_at() -> None:
    config = {
        "services": {
            "api": {"ports": [{"host_ip": "127.0.0.1", "published": "8000"}]},
            "healthchecker": {"ports": [{"host_ip": "127.0.0.1", "published": "0"}, {"target": 8001}]},
            "other": {},
        }
    }
    assert ports.published(config) == [Port("api", "127.0.0.1", 8000)]


@pytest.mark.fault("C10")
@pytest.mark.parametrize(("service", "variable"), [("api", "API_PORT"), ("healthchecker", "STATUS_PORT")])
@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", ""])  # noqa: S104
def test_a_taken_port_is_named_with_its_variable(address: str, service: str, variable: str, taken: int) -> None:
    with pytest.raises(Trouble, match=f"^Port {taken} is taken .* `make up {variable}={taken + 100}`.$"):
        ports.check(Port(service, address, taken), [])


def test_a_port_of_the_running_stack_is_no_obstacle(taken: int) -> None:
    ours = Container("1", "api", "running", "healthy", "Up", f"http://127.0.0.1:{taken}", frozenset({taken}))
    assert ports.check(Port("api", "127.0.0.1", taken), [ours]) == "held by the running stack (api)"


def test_a_free_port_is_free() -> None:
    assert ports.is_free(Port("api", "127.0.0.1", free_port()))


def test_what_this_user_may_not_bind_is_left_to_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    assert ports.is_free(Port("api", "127.0.0.1", 80))
