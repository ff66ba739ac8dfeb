"""A conversation's documents as they are sent: piece by piece, and as long as its last answer grows."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Final

import msgspec
from msgspec.structs import replace

from webapp.background import by_turns
from webapp.conversations.reply import Reply
from webapp.conversations.views import WAS_THOUGHT
from webapp.documents.document import Document, DocumentMessage, DocumentPicture
from webapp.documents.writers import BETWEEN, Writer

GOES_ON: Final = "[The answer goes on. Read it again in a moment.]"  # the process goes down; who reads cannot know

ClosingOf = Callable[[DocumentMessage], Awaitable[str | None]]
PictureData = Callable[[DocumentPicture], Awaitable[bytes | None]]


async def text_pieces(
    writer: Writer,
    document: Document,
    follow: AsyncGenerator[Reply, None] | None,
    finished: Callable[[], Awaitable[DocumentMessage | None]],
    closing_of: ClosingOf,
) -> AsyncIterator[str]:
    """The branch that is shown, turn by turn; then `follow`, if its last answer grows, to the end of that."""
    yield BETWEEN.join(writer.head(document))
    async for message in by_turns(document.branch):
        is_last_and_grows = follow is not None and message.id == document.active_leaf_id
        if is_last_and_grows and follow is not None:
            yield BETWEEN + BETWEEN.join(writer.above(message))
            async for piece in _growing(follow):
                yield piece
            ended = await finished()
            if ended is None or ended.status == "streaming":
                below = [GOES_ON]
            else:
                below = writer.below(ended, await closing_of(ended))
        else:
            closing = await closing_of(message)
            yield BETWEEN + BETWEEN.join([*writer.above(message), *writer.text(message, closing)])
            below = writer.below(message, closing)
        if below:
            yield BETWEEN + BETWEEN.join(below)
    yield "\n"


async def _growing(follow: AsyncGenerator[Reply, None]) -> AsyncIterator[str]:
    sent = rethought = 0
    async with aclosing(follow) as versions:
        async for reply in versions:
            if reply.rethought != rethought and sent:
                yield f"{BETWEEN}[{WAS_THOUGHT}]"
                sent = 0
            rethought = reply.rethought
            new = reply.text_after(sent)
            if new:
                yield new if sent else BETWEEN + new
                sent += len(new)
            if not reply.is_live:
                return


async def json_pieces(document: Document, picture_data: PictureData) -> AsyncIterator[bytes]:
    """The whole tree as JSON, message by message, with the pictures in it."""
    head = msgspec.json.encode(replace(document, messages=()))
    yield head.removesuffix(b"]}")
    between = b"\n"
    async for message in by_turns(document.messages):
        pictures = tuple([replace(one, data=await picture_data(one)) for one in message.pictures])
        yield between + msgspec.json.encode(replace(message, pictures=pictures))
        between = b",\n"
    yield b"\n]}\n"
