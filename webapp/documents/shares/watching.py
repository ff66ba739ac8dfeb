"""Streams of a share, which end when it is withdrawn, in whatever process."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final, TypeVar
from uuid import UUID

from webapp.background import end
from webapp.documents.shares.store import ShareStore

LOOK_INTERVAL: Final = 2.0  # seconds, after which a share that was withdrawn is read no further
MAX_REMEMBERED: Final = 1_000

Piece = TypeVar("Piece", str, bytes)


class Watchers:
    """Looks for all who read a share at once."""

    def __init__(self, store: ShareStore, *, look_interval: float = LOOK_INTERVAL) -> None:
        self.look_interval = look_interval
        self._store = store
        self._looked: dict[UUID, tuple[float, bool]] = {}  # when, and whether it was still shared

    async def while_shared(
        self, share_id: UUID, pieces: AsyncGenerator[Piece, None], last: Piece
    ) -> AsyncGenerator[Piece, None]:
        """The pieces, as long as they are shared; `last` where they are not any more."""
        step: asyncio.Task[Piece | None] | None = None
        try:
            while True:
                step = step or asyncio.create_task(_next(pieces))
                await asyncio.wait([step], timeout=self.look_interval)
                if not await self._is_shared(share_id):
                    yield last
                    return
                if step.done():
                    piece, step = step.result(), None
                    if piece is None:
                        return
                    yield piece
        finally:
            if step is not None:
                await end(step)
            await pieces.aclose()

    async def _is_shared(self, share_id: UUID) -> bool:
        now = asyncio.get_running_loop().time()
        looked_at, was_shared = self._looked.get(share_id, (-self.look_interval, True))
        if was_shared and now - looked_at < self.look_interval:
            return True
        if len(self._looked) >= MAX_REMEMBERED:
            self._looked.clear()
        self._looked[share_id] = (now, True)  # others need not look as well
        try:
            is_shared = await self._store.is_shared(share_id)
        except ConnectionError:
            return True  # the database is away; it will be looked at again
        self._looked[share_id] = (now, is_shared)
        return is_shared


async def _next(pieces: AsyncGenerator[Piece, None]) -> Piece | None:
    """The next piece; None after the last."""
    return await anext(pieces, None)
