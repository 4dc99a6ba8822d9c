"""The engine and the sessions: one async session a request, no pragmas."""

from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from bench.naive.settings import get_settings


@lru_cache
def get_engine() -> AsyncEngine:
    """Make the engine once."""
    # The course joins strings here, and so opens a path relative to the working directory.
    url = URL.create("sqlite+aiosqlite", database=get_settings().DB_FILE_PATH)
    return create_async_engine(url, pool_pre_ping=True)


@lru_cache
def get_sessionmaker() -> async_sessionmaker[AsyncSession]:
    """Make the session factory once."""
    return async_sessionmaker(bind=get_engine(), autocommit=False, autoflush=False, expire_on_commit=False)


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """Open the session of a request; the course forgets to close it."""
    async with get_sessionmaker()() as session:
        request.state.session = session
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
