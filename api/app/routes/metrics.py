"""The metrics, for Prometheus."""

import asyncio
from typing import cast

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from app.http.described import FRESH, Responses
from app.http.problem import NO_STORE
from app.instruments import Instruments
from app.metrics import Metrics

PATH = "/metrics"

RESPONSES: Responses = {
    200: {
        "description": "The numbers of all workers, in the format that was asked for",
        "headers": FRESH,
        "content": {
            media_type: {
                "schema": {"type": "string"},
                "example": "# TYPE http_requests_in_flight gauge\nhttp_requests_in_flight 1.0\n",
            }
            for media_type in ("text/plain", "application/openmetrics-text")
        },
    }
}

router = APIRouter(tags=["metrics"])


async def metrics(request: Request) -> Response:
    """Show the metrics of all workers, also while the database cannot answer."""
    cast("Metrics", request.app.state.metrics).flush()
    show = cast("Instruments", request.app.state.instruments).show
    # On a thread: to read and add up the numbers of all workers takes longer than a request.
    body, media_type = await asyncio.to_thread(show, request.headers.get("accept", ""))
    return Response(body, headers={**NO_STORE, "Content-Type": media_type})


router.add_api_route(
    PATH, metrics, methods=["GET"], response_model=None, response_class=PlainTextResponse, responses=RESPONSES
)
router.add_api_route(PATH, metrics, methods=["HEAD"], response_model=None, include_in_schema=False)
