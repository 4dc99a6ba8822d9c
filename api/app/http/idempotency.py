"""The header `Idempotency-Key`: what makes it safe to send a request again that may have been done already.

See draft-ietf-httpapi-idempotency-key-header. The key is kept with what the request made, in the same transaction, so
that a request is done once however often it comes: after a broken connection, after a crash, or twice at once.
"""

import hashlib
import re
from typing import Annotated

from fastapi import Header
from pydantic import AfterValidator, BaseModel

MAX_KEY_LENGTH = 255
# A string of RFC 9651, in quotation marks, as the draft has it; or, as most clients send it, the key alone.
FORM = rf'^("([ !#-\[\]-~]|\\["\\]){{1,{MAX_KEY_LENGTH}}}"|[!#-~]{{1,{MAX_KEY_LENGTH}}})$'
ESCAPED = re.compile(r'\\(["\\])')


def _unquoted(key: str | None) -> str | None:
    return ESCAPED.sub(r"\1", key[1:-1]) if key and key[0] == '"' else key


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=FORM,
        description="Any text of your own that no other request has, such as a UUID. The same request with the same "
        "key again is answered with what the first one made, and makes nothing.",
        examples=['"8e03978e-40d5-43e8-bc93-6894a57f9324"'],
    ),
    AfterValidator(_unquoted),
]


def fingerprint_of(request: BaseModel) -> str:
    """Give what tells one request from another that comes with the same key."""
    return hashlib.sha256(request.model_dump_json().encode()).hexdigest()
