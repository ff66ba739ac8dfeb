"""One call to the model: what it sends goes into a reply, and how it ended into words for the reader."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Final, NamedTuple, Protocol, Unpack

from msgspec.structs import replace

from webapp.accounts.keys import UnreadableKeyError
from webapp.background import check_cancelled
from webapp.conversations.messages import Beginning, Status
from webapp.conversations.reply import Reply, TooLongError
from webapp.conversations.waiting import Stage
from webapp.services.errors import OpenRouterError, plain
from webapp.services.events import Citation, Image, Reasoning, StreamEvent, Text
from webapp.services.openrouter import Options

logger = logging.getLogger(__name__)

# Seconds. An upstream may keep a connection open with comments alone, which are no piece of an answer.
LONGEST_ANSWER: Final = 3600.0
LONGEST_THOUGHT: Final = 1800.0  # before the first word: models may think for very long, and show nothing of it
LONGEST_PAUSE: Final = 300.0  # after a word


class Patience(NamedTuple):
    """How many seconds are waited for a whole answer, for its first word, and for more after a word."""

    whole: float = LONGEST_ANSWER
    thought: float = LONGEST_THOUGHT
    pause: float = LONGEST_PAUSE


PATIENCE: Final = Patience()


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
_ONLY_THOUGHTS: Final = Outcome(
    Status.FAILED, "empty", "The model thought, and then gave no answer. Try again, or choose another model."
)
_ONLY_THOUGHTS_CUT: Final = Outcome(
    Status.FAILED,
    "empty",
    "The model used up its length limit for thinking, before it began to answer. "
    "Raise the limit, or choose another model.",
)
_BROKEN_OFF: Final = frozenset({"abort", "aborted", "cancelled", "canceled", "insufficient_system_resource"})
_CUT: Final = Outcome(
    Status.INTERRUPTED, "cut", "The model server broke this answer off before its end. Continue it, or try again."
)
_FILTERED: Final = Outcome(
    Status.COMPLETE,
    "moderated",
    "A content filter ended this answer early, so its end is missing. "
    "Put the question differently, or choose another model.",
)
BUDGET: Final = "budget"  # the code of what the month's money does not pay for
_OUT_OF_MONEY: Final = Outcome(
    Status.COMPLETE,
    BUDGET,
    "This answer ends here, as it was given no more of what is left of this month's money. "
    "Continue it, or choose a cheaper model.",
)
_THOUGHT_IT_AWAY: Final = Outcome(
    Status.FAILED,
    BUDGET,
    "The model thought for as long as what is left of this month's money allowed, and then gave no answer. "
    "Choose a cheaper model.",
)
_STALLED: Final = "The model sent nothing more for {}, so the answer was ended. Continue it, or try again."
_SILENT: Final = "The model sent no word for {}, so the answer was ended. Try again, or choose another model."
_PIECES: Final = (Text, Reasoning, Citation, Image)  # what there is of an answer
_EMPTY: Final = Outcome(Status.FAILED, "empty", "The model answered with nothing. Try again, or choose another model.")


async def generate(
    upstream: Upstream,
    reply: Reply,
    beginning: Beginning,
    key_for: Callable[[Beginning], str],
    patience: Patience = PATIENCE,
) -> Outcome:
    """Lets `reply` grow until the model has ended. Raises nothing but CancelledError; what came is in the reply.

    `key_for` gives the user's own key, or "", and raises UnreadableKeyError.
    """
    try:
        await _read(upstream, reply, beginning, key_for(beginning), patience)
    except UnreadableKeyError:
        reply.was_refused = True
        return Outcome(_broken(reply), OWN_KEY, _UNREADABLE)
    except TooLongError:
        reply.receipt = replace(reply.receipt, finish_reason="length")
    except _SilentError as error:
        return Outcome(_broken(reply), "timeout", str(error))
    except TimeoutError:
        return Outcome(Status.INTERRUPTED, "timeout", "The answer took more than an hour, and was ended.")
    except OpenRouterError as error:
        reply.was_refused = not error.may_be_billed
        if error.code == "unauthorised" and beginning.terms.own_key is not None:
            return Outcome(_broken(reply), OWN_KEY, _REFUSED)
        return Outcome(_broken(reply), error.code, error.sentence)
    except Exception:
        logger.exception("Reply %s failed", reply.id)
        return Outcome(_broken(reply), "internal", "Something went wrong here, not at the model. Try again.")
    return _complete(reply) if reply.text or reply.pictures else _nothing(reply)


class _SilentError(TimeoutError):
    """The connection to the model is open, and no more of the answer comes."""


async def _read(upstream: Upstream, reply: Reply, beginning: Beginning, key: str, patience: Patience) -> None:
    messages = [{"role": one.role, "content": one.content} for one in beginning.prompt]
    async with (
        aclosing(upstream.stream_batches(messages, beginning.model, key=key, **beginning.options)) as batches,
        asyncio.timeout(patience.whole),
        _silence(reply, patience) as silence,
    ):
        try:
            async for batch in batches:
                for event in batch:
                    reply.take(event)
                check_cancelled()  # before more time is given: what has expired can't get any
                if any(isinstance(event, _PIECES) for event in batch):
                    silence.reschedule(_now() + _longest_silence(reply, patience))
                await reply.rest()
        finally:
            reply.close_text()


@asynccontextmanager
async def _silence(reply: Reply, patience: Patience) -> AsyncGenerator[asyncio.Timeout, None]:
    """The time that is left for the next piece. Raises _SilentError when it is over."""
    try:
        async with asyncio.timeout(patience.thought) as silence:
            yield silence
    except TimeoutError:
        if not silence.expired():
            raise
        minutes = f"{_longest_silence(reply, patience) / 60:.0f} minutes"
        raise _SilentError(_STALLED.format(minutes) if _has_words(reply) else _SILENT.format(minutes)) from None


def _longest_silence(reply: Reply, patience: Patience) -> float:
    return patience.pause if _has_words(reply) else patience.thought


def _has_words(reply: Reply) -> bool:
    """Whether words came from this call."""
    return reply.stage is Stage.WRITING


def _now() -> float:
    return asyncio.get_running_loop().time()


def _complete(reply: Reply) -> Outcome:
    """An answer that came to its end; with a sentence where something of it is missing."""
    if _asked_for_tool(reply):
        return Outcome(Status.COMPLETE, "tool_call", _tool_sentence(reply))
    if reply.receipt.finish_reason == "content_filter":
        return _FILTERED
    if _ran_out(reply):
        return _OUT_OF_MONEY
    if reply.receipt.finish_reason.lower() in _BROKEN_OFF:
        return _CUT
    if reply.unreadable:
        pieces = "A piece" if reply.unreadable == 1 else f"{reply.unreadable} pieces"
        sentence = (
            f"{pieces} of this answer could not be read, so words may be missing in it. Try again if they matter."
        )
        return Outcome(Status.COMPLETE, "unreadable", sentence)
    return Outcome(Status.COMPLETE)


def _ran_out(reply: Reply) -> bool:
    """Whether the answer is as long as the money allowed, and was to be longer."""
    return reply.terms.hold.is_cut and reply.receipt.finish_reason == "length"


def _asked_for_tool(reply: Reply) -> bool:
    return bool(reply.tools) or reply.receipt.finish_reason in ("tool_calls", "function_call")


def _tool_sentence(reply: Reply) -> str:
    names = " and ".join(repr(plain(name, 60)) for name in reply.tools[:3])
    what = f"the tool {names}" if len(reply.tools) == 1 else f"the tools {names}" if names else "a tool"
    return (
        f"The model asked for {what}, which this chat doesn't have. "
        "Ask it to answer without tools, or choose another model."
    )


def _nothing(reply: Reply) -> Outcome:
    """Why there is no answer, as far as that is known."""
    if _asked_for_tool(reply):
        return Outcome(Status.FAILED, "tool_call", _tool_sentence(reply))
    if not reply.reasoning:
        return _EMPTY
    if _ran_out(reply):
        return _THOUGHT_IT_AWAY
    return _ONLY_THOUGHTS_CUT if reply.receipt.finish_reason == "length" else _ONLY_THOUGHTS


def _broken(reply: Reply) -> Status:
    return Status.INTERRUPTED if reply.text else Status.FAILED
