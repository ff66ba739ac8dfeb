"""The shapes of an answer on the wire: chunks of a stream, a whole completion, usage and cost."""

import secrets
import time
from decimal import Decimal
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, field

from webapp.standin.catalog import Model
from webapp.standin.errors import ErrorDetail


class UrlCitation(Struct, frozen=True):
    url: str
    title: str
    start_index: int = 0
    end_index: int = 0


class Annotation(Struct, frozen=True):
    url_citation: UrlCitation
    type: Literal["url_citation"] = "url_citation"


class ImageUrl(Struct, frozen=True):
    url: str


class Image(Struct, frozen=True):
    image_url: ImageUrl
    index: int = 0
    type: Literal["image_url"] = "image_url"


class Function(Struct, frozen=True):
    arguments: str
    name: str | UnsetType = UNSET


class ToolCall(Struct, frozen=True):
    function: Function
    index: int = 0
    id: str | UnsetType = UNSET
    type: str | UnsetType = UNSET


class ReasoningDetail(Struct, frozen=True):
    type: str
    format: str
    text: str | UnsetType = UNSET
    summary: str | UnsetType = UNSET
    signature: str | UnsetType = UNSET
    data: str | UnsetType = UNSET
    id: str | None = None
    index: int = 0


class Delta(Struct, frozen=True):
    """What a chunk adds. The role is repeated in each."""

    content: str | None = ""
    role: Literal["assistant"] = "assistant"
    reasoning: str | UnsetType | None = UNSET
    reasoning_details: list[ReasoningDetail] | UnsetType = UNSET
    annotations: list[Annotation] | UnsetType = UNSET
    images: list[Image] | UnsetType = UNSET
    tool_calls: list[ToolCall] | UnsetType = UNSET
    refusal: str | UnsetType = UNSET


class StreamChoice(Struct, frozen=True):
    delta: Delta
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    index: int = 0
    logprobs: None = None


class PromptDetails(Struct, frozen=True):
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    audio_tokens: int = 0
    video_tokens: int = 0


class CompletionDetails(Struct, frozen=True):
    reasoning_tokens: int = 0
    image_tokens: int = 0
    audio_tokens: int = 0


class CostDetails(Struct, frozen=True):
    upstream_inference_cost: Decimal | None
    upstream_inference_prompt_cost: Decimal
    upstream_inference_completions_cost: Decimal


class ServerToolUse(Struct, frozen=True):
    web_search_requests: int


class Usage(Struct, frozen=True):
    """Tokens and what they cost, in US dollars."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cost: Decimal
    cost_details: CostDetails
    prompt_tokens_details: PromptDetails
    completion_tokens_details: CompletionDetails
    is_byok: bool = False
    server_tool_use_details: ServerToolUse | UnsetType = UNSET


class StreamChunk(Struct, frozen=True):
    id: str
    created: int
    model: str
    provider: str
    choices: list[StreamChoice]
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    service_tier: str | UnsetType = UNSET
    usage: Usage | UnsetType = UNSET
    error: ErrorDetail | UnsetType = UNSET


class WholeMessage(Struct):
    """The message of an answer that is not streamed; grows until it is sent."""

    content: str | None = None
    role: Literal["assistant"] = "assistant"
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_details: list[ReasoningDetail] | UnsetType = UNSET
    annotations: list[Annotation] | UnsetType = UNSET
    images: list[Image] | UnsetType = UNSET
    tool_calls: list[ToolCall] | UnsetType = UNSET


class WholeChoice(Struct, frozen=True):
    message: WholeMessage
    finish_reason: str | None
    native_finish_reason: str | None
    index: int = 0
    logprobs: None = None
    error: ErrorDetail | UnsetType = UNSET


class Completion(Struct, frozen=True):
    id: str
    created: int
    model: str
    provider: str
    choices: list[WholeChoice]
    usage: Usage | UnsetType
    object: Literal["chat.completion"] = "chat.completion"
    system_fingerprint: None = None
    service_tier: str | None = None


class Generation(Struct, frozen=True):
    """Who answers one request, under which id."""

    model: str
    provider: str
    id: str = field(default_factory=lambda: f"gen-{int(time.time())}-{secrets.token_hex(10)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def chunk(self, *choices: StreamChoice, **more: Any) -> StreamChunk:
        return StreamChunk(self.id, self.created, self.model, self.provider, list(choices), **more)


class Tally(Struct):
    """What an answer has used so far."""

    prompt: int = 0
    cached: int = 0
    text: int = 0
    reasoning: int = 0
    pictures: int = 0
    searches: int = 0

    TOKENS_PER_PICTURE = 1290
    """Output tokens of a picture, as recorded."""

    @property
    def completion(self) -> int:
        """All tokens of the answer: text, reasoning and pictures."""
        return self.text + self.reasoning + self.pictures * self.TOKENS_PER_PICTURE

    def usage(self, model: Model) -> Usage:
        """Tokens and cost at the model's prices."""
        rates = model.pricing.rates(self.prompt)
        pictures = self.pictures * self.TOKENS_PER_PICTURE
        prompt_cost = (self.prompt - self.cached) * rates.prompt + self.cached * rates.cached
        completion_cost = (self.completion - pictures) * rates.completion + pictures * rates.picture
        return Usage(
            prompt_tokens=self.prompt,
            completion_tokens=self.completion,
            total_tokens=self.prompt + self.completion,
            cost=prompt_cost + completion_cost + self.searches * rates.search,
            cost_details=CostDetails(prompt_cost + completion_cost, prompt_cost, completion_cost),
            prompt_tokens_details=PromptDetails(self.cached),
            completion_tokens_details=CompletionDetails(self.reasoning, pictures),
            server_tool_use_details=ServerToolUse(self.searches) if self.searches else UNSET,
        )
