import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from healthchecker import courier
from healthchecker.channel import Channel, channels_of
from healthchecker.message import Kind, Message
from support.receiver import SECRET, Receiver

MESSAGE = Message(kind=Kind.FAILURE, title="The API is unhealthy", body="It answered <b>503</b>.\nPut it back.")


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    yield
    assert deliveries() == []


def deliveries() -> list[str]:
    """Give the command lines of the children of this process that deliver."""
    pids = " ".join(path.read_text() for path in Path("/proc/self/task").glob("*/children")).split()
    lines = [Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in pids]
    return [line for line in lines if "deliver" in line]


def carry(*urls: str, deadline: float = 30) -> courier.Errors:
    channels = [Channel(number, SecretStr(url)) for number, url in enumerate(urls, start=1)]
    return asyncio.run(courier.carry(channels, MESSAGE, deadline))


def test_a_message_arrives_as_it_was_written(receiver: Receiver) -> None:
    assert carry(receiver.apprise_url) == {1: None}
    (message,) = receiver.accepted
    assert (message["type"], message["title"], message["message"]) == (MESSAGE.kind, MESSAGE.title, MESSAGE.body)


def test_words_of_the_api_cannot_become_markup(receiver: Receiver) -> None:
    assert carry(f"{receiver.apprise_url}&format=html") == {1: None}
    assert "&lt;b&gt;503&lt;/b&gt;" in receiver.accepted[0]["message"]


def test_each_channel_has_its_own_sentence_and_no_sentence_has_a_secret(
    receiver: Receiver, other_receiver: Receiver
) -> None:
    other_receiver.statuses = [403]
    errors = carry(receiver.apprise_url, other_receiver.apprise_url, f"json://{SECRET}@127.0.0.1:9/", f"{SECRET}://a")
    assert errors == {
        1: None,
        2: "The receiver answered 403.",
        3: "The receiver could not be reached, or it refused.",
        4: "Apprise does not know this URL.",
    }


def test_who_does_not_answer_is_given_up_at_the_deadline_and_holds_up_nobody(
    receiver: Receiver, other_receiver: Receiver
) -> None:
    receiver.go_on.clear()
    errors = carry(f"{receiver.apprise_url}&rto=60", other_receiver.apprise_url, deadline=8)
    assert errors == {1: "The receiver did not answer in time.", 2: None}
    assert other_receiver.titles == [MESSAGE.title]


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("/does/not/exist", "The delivery could not be started: No such file or directory."),
        ("/bin/true", "The delivery broke off."),
        ("/bin/echo", "The delivery broke off (JSONDecodeError)."),
    ],
    ids=["missing", "silent", "garbage"],
)
def test_a_delivery_that_cannot_be_made_is_a_failed_one(
    monkeypatch: pytest.MonkeyPatch, program: str, error: str
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    assert carry("json://a", "json://b") == {1: error, 2: error}


def test_urls_that_cannot_be_checked_are_not_called_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/does/not/exist")
    assert courier.unknown(channels_of("json://a")) == set()


def test_what_apprise_does_not_know_is_told_without_a_message(receiver: Receiver) -> None:
    urls = f"{receiver.apprise_url} nonsense://{SECRET}, ntfys://ntfy.example.com/alerts tgram://x/"
    assert courier.unknown(channels_of(urls)) == {2, 4}
    assert receiver.asked == 0


def test_the_process_that_polls_never_loads_the_library_that_delivers() -> None:
    program = "import sys, healthchecker.__main__; print({'apprise', 'requests'} & set(sys.modules))"
    path = str(Path(courier.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": path}, capture_output=True, check=True)
    assert done.stdout == b"set()\n"


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("", []),
        (" , \n", []),
        ("json://a", ["json://a"]),
        ("json://a,b/c d", ["json://a,b/c d"]),
        ("json://a, xml://b;ntfy://c\n\tJSONS://d ,", ["json://a", "xml://b", "ntfy://c", "JSONS://d"]),
        ("token json://a", ["token", "json://a"]),
    ],
)
def test_a_list_of_urls_is_split_as_apprise_does_it(text: str, urls: list[str]) -> None:
    channels = channels_of(text)
    assert [channel.url.get_secret_value() for channel in channels] == urls
    assert [channel.number for channel in channels] == list(range(1, len(urls) + 1))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (f"JSONS://{SECRET}@a", "URL 1 (jsons) of HEALTHCHECKER_NOTIFY_URLS"),
        (SECRET, "URL 1 of HEALTHCHECKER_NOTIFY_URLS"),
        (f"json://a\n{SECRET}", "URL 1 of HEALTHCHECKER_NOTIFY_URLS"),
        (f"{SECRET}://a", "URL 1 of HEALTHCHECKER_NOTIFY_URLS"),
    ],
)
def test_a_channel_is_named_by_its_scheme_alone(url: str, name: str) -> None:
    (channel,) = channels_of(url)
    assert str(channel) == name
    assert SECRET not in repr(channel)
