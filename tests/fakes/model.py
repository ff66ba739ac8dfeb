"""A model in the test's own hands: it says, holds, fails, and notices when nobody wants its answer any more.

model = FakeModel()
...                          # start an answer
call = await model.call()    # the model has been asked, and holds
await call.says("Hel", "lo") # returns when the reader of the answer has taken it
await call.ends()            # or fails(error), or was_closed()
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Literal, Unpack

from webapp.services.events import StreamEvent, Text
from webapp.services.openrouter import Options

PATIENCE = 30.0  # seconds after which a test that waits has failed


class Call:
    """One call to the model. It holds until it is told what comes next."""

    def __init__(self, messages: list[dict[str, str]], model: str, key: str = "", **options: Unpack[Options]) -> None:
        self.options = options
        self.messages = messages
        self.model = model
        self.key = key
        self.ending: Literal["", "ended", "failed", "closed"] = ""
        self.may_close = asyncio.Event()
        self.may_close.set()
        self._steps: asyncio.Queue[StreamEvent | Exception | None] = asyncio.Queue()
        self._is_closing = asyncio.Event()
        self._is_over = asyncio.Event()

    async def says(self, *texts: str) -> None:
        await self.gives(*map(Text, texts))

    async def gives(self, *events: StreamEvent) -> None:
        """Gives events, one after another; returns when all have been taken."""
        for event in events:
            self._steps.put_nowait(event)
        async with asyncio.timeout(PATIENCE):
            await self._steps.join()

    async def ends(self) -> None:
        await self._last(None)

    async def fails(self, error: Exception) -> None:
        await self._last(error)

    async def is_being_closed(self) -> None:
        """Returns when the reader has given the answer up."""
        async with asyncio.timeout(PATIENCE):
            await self._is_closing.wait()

    async def was_closed(self) -> None:
        """Returns when the answer was given up and is closed down; fails if it came to an end of its own."""
        async with asyncio.timeout(PATIENCE):
            await self._is_over.wait()
        assert self.ending == "closed"

    async def batches(self) -> AsyncGenerator[list[StreamEvent], None]:
        try:
            while (step := await self._steps.get()) is not None:
                if isinstance(step, Exception):
                    self.ending = "failed"
                    raise step
                try:
                    yield [step]
                finally:
                    self._steps.task_done()
            self.ending = "ended"
        except (asyncio.CancelledError, GeneratorExit):
            self._is_closing.set()
            await self.may_close.wait()
            self.ending = "closed"
            raise
        finally:
            self._is_over.set()

    async def _last(self, step: Exception | None) -> None:
        self._steps.put_nowait(step)
        async with asyncio.timeout(PATIENCE):
            await self._is_over.wait()


class FakeModel:
    """Takes calls, and gives each into the test's hands."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._called = asyncio.Event()

    def stream_batches(
        self, messages: list[dict[str, str]], model: str, *, key: str = "", **options: Unpack[Options]
    ) -> AsyncGenerator[list[StreamEvent], None]:
        call = Call(messages, model, key, **options)
        self.calls.append(call)
        self._called.set()
        return call.batches()

    async def call(self, number: int = 1) -> Call:
        """The call of that number, from 1; waits for it."""
        async with asyncio.timeout(PATIENCE):
            while len(self.calls) < number:
                self._called.clear()
                await self._called.wait()
        return self.calls[number - 1]
