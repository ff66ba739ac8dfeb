"""One call to the model: what it sends goes into a reply, and how it ended into words for the reader."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, NamedTuple, Protocol, Unpack

from msgspec.structs import replace

from webapp.accounts.keys import UnreadableKeyError
from webapp.conversations.messages import Beginning, Status
from webapp.conversations.reply import Reply, TooLongError
from webapp.services.errors import OpenRouterError
from webapp.services.events import StreamEvent
from webapp.services.openrouter import Options

logger = logging.getLogger(__name__)

LONGEST_ANSWER: Final = 3600.0  # seconds; an upstream that sends comments alone would never end


class Upstream(Protocol):
    """Whoever generates answers."""

    def stream_batches(
        self, messages: list[dict[str, str]], model: str, *, key: str = "", **options: Unpack[Options]
    ) -> AsyncGenerator[list[StreamEvent], None]:
        """`key` is the user's own; without it the installation's pays. `options` are further fields of the request."""


class Outcome(NamedTuple):
    """How a call to the model ended, and what to tell the reader if it did not end well."""

    status: Status
    code: str = ""
    sentence: str = ""


STOPPED: Final = Outcome(Status.STOPPED)
INTERRUPTED: Final = Outcome(Status.INTERRUPTED)
OWN_KEY: Final = "own_key"  # the code of what is wrong with a user's own key
_UNREADABLE: Final = "Your OpenRouter key can no longer be read here. Enter it again, or remove it."
_REFUSED: Final = "OpenRouter does not accept your own key. Replace it, or remove it."
_EMPTY: Final = Outcome(Status.FAILED, "empty", "The model answered with nothing. Try again, or choose another model.")
_ALL_THOUGHT: Final = Outcome(
    Status.FAILED,
    "empty",
    "The model used up its length limit for thinking, before it began to answer. "
    "Raise the limit, or choose another model.",
)


async def generate(
    upstream: Upstream, reply: Reply, beginning: Beginning, key_for: Callable[[Beginning], str]
) -> Outcome:
    """Lets `reply` grow until the model has ended. Raises nothing but CancelledError; what came is in the reply.

    `key_for` gives the user's own key, or "", and raises UnreadableKeyError.
    """
    try:
        await _read(upstream, reply, beginning, key_for(beginning))
    except UnreadableKeyError:
        return Outcome(_broken(reply), OWN_KEY, _UNREADABLE)
    except TooLongError:
        reply.receipt = replace(reply.receipt, finish_reason="length")
    except TimeoutError:
        return Outcome(Status.INTERRUPTED, "timeout", "The answer took more than an hour, and was ended.")
    except OpenRouterError as error:
        if error.code == "unauthorised" and beginning.terms.own_key is not None:
            return Outcome(_broken(reply), OWN_KEY, _REFUSED)
        return Outcome(_broken(reply), error.code, error.sentence)
    except Exception:
        logger.exception("Reply %s failed", reply.id)
        return Outcome(_broken(reply), "internal", "Something went wrong here, not at the model. Try again.")
    if reply.text or reply.pictures:
        return Outcome(Status.COMPLETE)
    return _ALL_THOUGHT if reply.reasoning and reply.receipt.finish_reason == "length" else _EMPTY


async def _read(upstream: Upstream, reply: Reply, beginning: Beginning, key: str) -> None:
    messages = [{"role": one.role, "content": one.content} for one in beginning.prompt]
    async with aclosing(upstream.stream_batches(messages, beginning.model, key=key, **beginning.options)) as batches:
        async with asyncio.timeout(LONGEST_ANSWER):
            async for batch in batches:
                for event in batch:
                    reply.take(event)
                await reply.rest()


def _broken(reply: Reply) -> Status:
    return Status.INTERRUPTED if reply.text else Status.FAILED
