"""The first page that a person sees."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from app import __version__

router = APIRouter(tags=["welcome"])


class Welcome(BaseModel):
    """Where to go from here."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "service": "FastAPI on one SQLite file",
                    "version": __version__,
                    "documentation": "/docs",
                    "health": {"database": "/db-check"},
                    "example": "/tasks",
                }
            ]
        }
    )

    service: str
    version: str
    documentation: str
    health: dict[str, str]
    example: str


@router.get("/", response_description="What this is, and where to go")
async def welcome() -> Welcome:
    """Say what this is, and where to go."""
    return Welcome(
        service="FastAPI on one SQLite file",
        version=__version__,
        documentation="/docs",
        health={"database": "/db-check", "details": "/health", "ready": "/readyz", "alive": "/livez"},
        example="/tasks",
    )
