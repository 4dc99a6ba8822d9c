"""FastAPI answering a constant: what the web layer alone costs, under the same server as this project."""

from fastapi import FastAPI


def create_app() -> FastAPI:
    """Build the service."""
    app = FastAPI()

    @app.get("/db-check")
    async def db_check() -> dict[str, list[int]]:
        return {"results": [1]}

    return app
