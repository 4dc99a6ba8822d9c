"""The first page that a person sees."""

from fastapi import APIRouter
from pydantic import BaseModel

from app import __version__

router = APIRouter(tags=["welcome"])


class Welcome(BaseModel):
    """Where to go from here."""

    service: str
    version: str
    documentation: str
    health: dict[str, str]
    example: str


@router.get("/")
async def welcome() -> Welcome:
    """Say what this is, and where to go."""
    return Welcome(
        service="FastAPI on one SQLite file",
        version=__version__,
        documentation="/docs",
        health={"database": "/db-check", "details": "/health", "ready": "/readyz", "alive": "/livez"},
        example="/tasks",
    )
