"""Somebody who follows a growing answer in the background."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from tests.fakes.model import PATIENCE
from webapp.conversations.messages import Status
from webapp.conversations.reply import Reply


class Reader:
    def __init__(self, follow: AsyncGenerator[Reply, None]) -> None:
        self.texts: list[str] = []
        self.reasoning = ""
        self.status = Status.STREAMING
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._read(follow))

    async def sees(self, text: str) -> None:
        """Returns when that is the text."""
        async with asyncio.timeout(PATIENCE):
            while self.texts[-1:] != [text]:
                await self._next()

    async def hears(self, times: int) -> None:
        """Returns when so many versions have come, with news or without."""
        async with asyncio.timeout(PATIENCE):
            while len(self.texts) < times:
                await self._next()

    async def ended(self) -> Status:
        """Waits until there is no more to read; returns the status that was told last."""
        async with asyncio.timeout(PATIENCE):
            await self._task
        return self.status

    async def leaves(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _next(self) -> None:
        self._news.clear()
        assert not self._task.done(), f"The answer ended ({self.status}) with {self.texts[-1:]}"
        await self._news.wait()

    async def _read(self, follow: AsyncGenerator[Reply, None]) -> None:
        try:
            async with aclosing(follow) as versions:
                async for reply in versions:
                    self.texts.append(reply.text)
                    self.reasoning = reply.reasoning
                    self.status = reply.status
                    self._news.set()
        finally:
            self._news.set()
