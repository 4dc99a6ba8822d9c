"""What schemathesis cannot know from the OpenAPI document; loaded by it."""

from typing import Any
from uuid import uuid4

import schemathesis


@schemathesis.hook
def before_call(_context: object, case: schemathesis.Case[Any], _kwargs: dict[str, Any]) -> None:
    """Give each right request a key of its own: to use one again for another body is wrong, which no schema can say."""
    is_right = case.meta is not None and case.meta.generation.mode.is_positive
    if is_right and case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid4())
