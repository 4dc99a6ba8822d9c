"""Why a poll failed: one class for each cause that an operator would mend in a different way."""

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """The reason class of a failed poll, with one sentence that says what was seen and one that says what to do."""

    remedy: str
    sentence: str

    def __new__(cls, value: str, sentence: str, remedy: str) -> Self:
        """Make a member of its published name, sentence and remedy."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        member.remedy = remedy
        return member

    DNS = (
        "dns",
        "The target's host name could not be resolved.",
        "Check that its container runs and shares a network with this one: docker compose ps.",
    )
    CONNECTION_REFUSED = (
        "connection_refused",
        "The target's host is there, but nothing listens on its port.",
        "The service is starting or has ended; see its log: docker compose logs api.",
    )
    CONNECTION_RESET = (
        "connection_reset",
        "The target closed the connection before it answered.",
        "The service is restarting or overloaded; see its log: docker compose logs api.",
    )
    CONNECT_TIMEOUT = (
        "connect_timeout",
        "The target did not accept a connection in time.",
        "Check that its container is neither paused nor cut off by a firewall: docker compose ps.",
    )
    READ_TIMEOUT = (
        "read_timeout",
        "The target accepted the connection but did not finish its answer in time.",
        "Check that its container is neither paused nor overloaded: docker compose ps and docker stats.",
    )
    NETWORK_UNREACHABLE = (
        "network_unreachable",
        "There is no network route to the target.",
        "Check that both containers share a network: docker compose ps.",
    )
    TLS = (
        "tls",
        "The target's TLS certificate or handshake was not accepted.",
        "Check the certificate's date and host name, or use an http:// URL.",
    )
    CONNECTION = (
        "connection",
        "The connection to the target failed.",
        "See the target's log: docker compose logs api.",
    )
    PROTOCOL = (
        "protocol",
        "The target's answer is not well-formed HTTP, or it broke off.",
        "Check that HEALTHCHECKER_TARGET_URL names the API's own port.",
    )
    HTTP_STATUS = (
        "http_status",
        "The target answered with another status than 200.",
        "See the target's log: docker compose logs api.",
    )
    CONTENT_TYPE = (
        "content_type",
        "The target answered 200, but not with application/json.",
        "Check that HEALTHCHECKER_TARGET_URL ends in /db-check and that no proxy answers in its place.",
    )
    BODY = (
        "body",
        'The target answered 200, but not with exactly {"results":[1]}.',
        "Check that HEALTHCHECKER_TARGET_URL ends in /db-check.",
    )
    BODY_TOO_LARGE = (
        "body_too_large",
        "The target's answer is far too long for a health check.",
        "Check that HEALTHCHECKER_TARGET_URL ends in /db-check.",
    )
    LATE = (
        "late",
        "This poll came much too late: the machine slept or stalled, so what was known is out of date.",
        "Wait for the next poll.",
    )
