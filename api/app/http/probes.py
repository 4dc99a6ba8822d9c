"""The short way for probes that find all well."""

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.problem import NO_STORE
from app.keeper import Keeper
from app.problems import ProblemError

# Made once, as they are the same for everybody.
PASS = Response(b'{"status":"pass"}', media_type="application/json", headers=NO_STORE)
RESULTS = Response(b'{"results":[1]}', media_type="application/json", headers=NO_STORE)

ANSWERS = {"/db-check": RESULTS, "/readyz": PASS}
METHODS = frozenset({"GET", "HEAD"})


class Probes:
    """Answers a probe before it comes to what all other requests go through: routing, validation, the access log.

    A probe that finds something wrong goes on to the routes, which tell what it is, as does every other request.
    """

    def __init__(self, app: ASGIApp, keeper: Keeper) -> None:
        self.app = app
        self.keeper = keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand the request on."""
        answer = ANSWERS.get(scope["path"]) if scope["type"] == "http" and scope["method"] in METHODS else None
        if answer and await self._all_is_well():
            await answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _all_is_well(self) -> bool:
        try:
            await self.keeper.check()
        except ProblemError:
            return False
        return True
