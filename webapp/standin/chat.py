"""The body of POST /chat/completions, checked as OpenRouter checks it. Unknown fields pass, null means not set."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct, field

from webapp.standin.errors import ApiError
from webapp.standin.tokens import count

Effort = Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"]

TOKENS_PER_PICTURE: Final = 258
TOKENS_PER_MESSAGE: Final = 4


class TextPart(Struct, frozen=True, tag_field="type", tag="text"):
    text: str


class ImageUrl(Struct, frozen=True):
    url: Annotated[str, Meta(pattern=r"^(https?://|data:image/)")]


class ImagePart(Struct, frozen=True, tag_field="type", tag="image_url"):
    image_url: ImageUrl


class File(Struct, frozen=True):
    filename: str | None = None
    file_data: str | None = None
    file_id: str | None = None


class FilePart(Struct, frozen=True, tag_field="type", tag="file"):
    file: File


class Audio(Struct, frozen=True):
    data: str
    format: str


class AudioPart(Struct, frozen=True, tag_field="type", tag="input_audio"):
    input_audio: Audio


class VideoUrl(Struct, frozen=True):
    url: str


class VideoPart(Struct, frozen=True, tag_field="type", tag="video_url"):
    video_url: VideoUrl


Part = TextPart | ImagePart | FilePart | AudioPart | VideoPart


class SystemMessage(Struct, frozen=True, tag_field="role", tag="system"):
    content: str | list[TextPart]


class DeveloperMessage(Struct, frozen=True, tag_field="role", tag="developer"):
    content: str | list[TextPart]


class UserMessage(Struct, frozen=True, tag_field="role", tag="user"):
    content: str | list[Part]


class AssistantMessage(Struct, frozen=True, tag_field="role", tag="assistant"):
    content: str | list[Part] | None = None
    tool_calls: list[dict[str, Any]] | None = None


class ToolMessage(Struct, frozen=True, tag_field="role", tag="tool"):
    content: str | list[Part]
    tool_call_id: str


Message = SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage


class Reasoning(Struct, frozen=True):
    effort: Effort | None = None
    max_tokens: Annotated[int, Meta(gt=0)] | None = None
    exclude: bool | None = None
    enabled: bool | None = None


class Plugin(Struct, frozen=True):
    id: str
    enabled: bool | None = None


class ChatRequest(Struct, frozen=True):
    """What is asked for. Only the fields that change an answer, or that have limits to check, are named here."""

    messages: Annotated[list[Message], Meta(min_length=1)]
    model: str | None = None
    models: list[str] = field(default_factory=list)
    stream: bool | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_k: Annotated[int, Meta(ge=0)] | None = None
    min_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    repetition_penalty: Annotated[float, Meta(gt=0, le=2)] | None = None
    seed: int | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    stop: str | Annotated[list[str], Meta(max_length=4)] | None = None
    reasoning: Reasoning | None = None
    reasoning_effort: Effort | None = None
    plugins: list[Plugin] | None = None
    session_id: Annotated[str, Meta(max_length=256)] | None = None

    @property
    def token_limit(self) -> int | None:
        """The most tokens that the answer may have, reasoning included."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def stops(self) -> list[str]:
        """The texts that end the answer before them."""
        stop = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return [text for text in stop if text]

    @property
    def effort(self) -> Effort | None:
        """How much reasoning is asked for, "none" for none, None where nothing was said."""
        asked = self.reasoning or Reasoning()
        if asked.enabled is False:
            return "none"
        if asked.effort or self.reasoning_effort:
            return asked.effort or self.reasoning_effort
        return "medium" if asked.enabled or asked.max_tokens else None

    @property
    def searches(self) -> bool:
        """Whether a web search is asked for beside the model."""
        plugged = any(plugin.id == "web" and plugin.enabled is not False for plugin in self.plugins or [])
        return plugged or ":online" in (self.model or "")

    @property
    def prefill(self) -> str:
        """The beginning of the answer that the client sent along, "" for none."""
        last = self.messages[-1]
        return text_of(last) if isinstance(last, AssistantMessage) else ""

    @property
    def prompt_tokens(self) -> int:
        """Tokens of all messages, pictures included."""
        return sum(tokens_of(message) for message in self.messages)

    @property
    def cached_tokens(self) -> int:
        """Tokens that a provider has kept from the turn before: all but the last two messages, if they are many."""
        earlier = sum(tokens_of(message) for message in self.messages[:-2])
        return earlier // 128 * 128 if earlier >= 1024 else 0


def parts_of(message: Message) -> list[Part]:
    """A message's content as parts."""
    if isinstance(message.content, str):
        return [TextPart(message.content)]
    return list(message.content or [])


def text_of(message: Message) -> str:
    """The text of a message, its other parts left out."""
    return "\n".join(part.text for part in parts_of(message) if isinstance(part, TextPart))


def tokens_of(message: Message) -> int:
    """The tokens of a message, pictures included."""
    pictures = sum(isinstance(part, ImagePart) for part in parts_of(message))
    return count(text_of(message)) + pictures * TOKENS_PER_PICTURE + TOKENS_PER_MESSAGE


def read(body: bytes) -> ChatRequest:
    """The request in ``body``. Raises ApiError 400, with the field and what it takes."""
    try:
        loose = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ApiError(400, "Invalid JSON in the request body.") from None
    if not isinstance(loose, dict):
        raise ApiError(400, "The request body takes a JSON object.")
    if "prompt" in loose and "messages" not in loose:
        raise ApiError(400, 'Input required: specify "messages".')
    try:
        chat = msgspec.convert({name: value for name, value in loose.items() if value is not None}, ChatRequest)
    except msgspec.ValidationError as error:
        raise ApiError(400, _in_words(str(error))) from None
    _check_reasoning(chat)
    return chat


def _in_words(error: str) -> str:
    """``Expected `float` <= 2.0 - at `$.temperature` `` as ``Invalid input at temperature: expected float <= 2.0``."""
    what, _, where = error.replace("`", "").partition(" - at $")
    return f"Invalid input at {where.lstrip('.') or 'the top'}: {what[:1].lower()}{what[1:]}"


def _check_reasoning(chat: ChatRequest) -> None:
    asked = chat.reasoning or Reasoning()
    if asked.effort and asked.max_tokens:
        raise ApiError(400, 'Only one of "reasoning.effort" and "reasoning.max_tokens" may be specified.')
    if asked.effort and chat.reasoning_effort and asked.effort != chat.reasoning_effort:
        raise ApiError(400, '"reasoning_effort" and "reasoning.effort" do not agree.')
