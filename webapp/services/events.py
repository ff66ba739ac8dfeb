"""What a model's answer is made of, as it arrives: one typed event after another, then a finish and the metrics."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct


class Accepted(Struct, frozen=True):
    """OpenRouter has taken the request, and knows it by this id, of which it tells before any part of the answer."""

    generation_id: str


class Started(Struct, frozen=True):
    """The answer's first chunk came: who serves it. ``model`` and ``provider`` may differ from what was asked for.

    Comes anew after Retrying.
    """

    generation_id: str
    model: str
    provider: str


class Text(Struct, frozen=True):
    """A piece of the answer, never empty."""

    text: str


class Reasoning(Struct, frozen=True):
    """A piece of the model's thinking, never empty."""

    text: str


class Citation(Struct, frozen=True):
    """A source that the model names. ``title`` may be empty."""

    url: str
    title: str


class Image(Struct, frozen=True):
    """A picture that the model made, as the data URL in which it came; not yet checked."""

    data_url: str


class Usage(Struct, frozen=True):
    """Tokens and cost in US dollars, as OpenRouter counted them. ``cost`` is None where it was not said."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    cost: Decimal | None = None


class Retrying(Struct, frozen=True):
    """The call failed before its first token, in a way that is safe to try again, which happens in ``delay`` seconds.

    ``attempt`` counts the retries from 1; ``reason`` is a sentence: what happened.
    """

    attempt: int
    delay: float
    reason: str


class Finish(Struct, frozen=True):
    """The answer is whole. ``reason`` is OpenRouter's word (stop, length, tool_calls, ...), "" if it gave none."""

    reason: str
    native_reason: str = ""


class Metrics(Struct, frozen=True):
    """How the call went; the last event, also before an error is raised. Times in seconds; None where nothing came."""

    time_to_first_token: float | None
    duration: float
    retries: int
    chunks: int
    malformed: int  # pieces of the answer that could not be read
    outcome: Literal["complete", "failed", "cancelled"]
    tools: tuple[str, ...] = ()  # that the model asked for, by name


StreamEvent = Accepted | Started | Text | Reasoning | Citation | Image | Usage | Retrying | Finish | Metrics
