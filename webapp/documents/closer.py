"""What is still open at the end of an answer, found where nobody else waits for it: a parser reads it several times."""

import logging
from collections.abc import Iterator
from contextlib import aclosing
from typing import Final
from uuid import UUID

from msgspec import Struct

from webapp.documents.document import DocumentMessage
from webapp.rendering.endings import closing_of
from webapp.rendering.weight import SMALL, is_small
from webapp.sandbox.job import Job, Limits
from webapp.sandbox.process import SandboxError
from webapp.sandbox.sandbox import Sandbox

logger = logging.getLogger(__name__)


class Ended(Struct, frozen=True):
    """A Markdown text."""

    markdown: str


class Closing(Struct, frozen=True):
    """The line that closes what is open at its end, as `closing_of` says it."""

    line: str | None


def find_closing(ended: Ended) -> Iterator[Closing]:
    yield Closing(closing_of(ended.markdown))


CLOSE: Final = Job(
    find_closing, Ended, Closing, Limits(processor=2, wait=10.0, patience=10.0, memory=400_000_000, output=1_000_000)
)


class Closer:
    """Finds closing lines: those of small texts at once, others in the sandbox; without one, all at once."""

    def __init__(self, sandbox: Sandbox | None = None) -> None:
        self._sandbox = sandbox

    async def closing(self, owner: UUID, message: DocumentMessage) -> str | None:
        """As `closing_of` says it of the owner's answer; None also where it can't be found, and for other messages."""
        if message.role != "assistant":
            return None
        if self._sandbox is None or is_small(message.content, SMALL):
            return closing_of(message.content)
        try:
            asked = self._sandbox.stream(CLOSE, Ended(message.content), owner=owner)
            async with aclosing(asked) as answers:
                async for found in answers:
                    return found.line
        except SandboxError as error:
            logger.warning("An answer is exported as plain text: %s", error)
        return None
