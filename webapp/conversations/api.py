"""The JSON API: conversations, messages, and the answer as a stream. Described by OpenAPI at /schema."""

from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Router, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import BodyKwarg, FromPath, QueryParameter
from litestar.response import Stream
from msgspec import Meta, Struct

from webapp.accounts.presence import Presence
from webapp.accounts.users import Caller, User
from webapp.conversations.chat import Chat
from webapp.conversations.messages import Conversation, Exchange, Message, Sent, Source
from webapp.conversations.replies import Replies
from webapp.conversations.store import Conversations
from webapp.conversations.views import content_events
from webapp.web.errors import problems
from webapp.web.forms import WrongTypeError, has_body, media_type_of
from webapp.web.refusals import RefusalError
from webapp.web.sse import event_stream
from webapp.web.streams import OpenStreams
from webapp.web.typed import TypedRequest

MAX_LISTED: Final = 100


Text = Annotated[str, Meta(extra_json_schema={"minLength": 1, "pattern": r"\S"}, examples=["What is a fox?"])]
ModelId = Annotated[str, Meta(max_length=200, examples=["openai/gpt-5-mini"])]


class NewConversation(Struct, frozen=True, forbid_unknown_fields=True):
    """A conversation to start. Without a `model` the default one answers in it."""

    model: ModelId = ""


class NewMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """A question. Without a `model` that of the conversation answers.

    `client_id` is yours to choose: a send that is repeated with it counts once.
    """

    message: Text
    model: ModelId = ""
    client_id: Annotated[str, Meta(max_length=64, examples=["send-1"])] = ""


class ConversationId(Struct, frozen=True):
    id: UUID


class SentMessage(Struct, frozen=True):
    """The stored question and the answer that has begun to grow; read it at `/conversations/{id}/stream`."""

    conversation_id: UUID
    message_id: UUID
    answer_id: UUID
    model: str


class ListedConversation(Struct, frozen=True):
    id: UUID
    title: str
    model: str
    created_at: datetime
    updated_at: datetime


class ApiMessage(Struct, frozen=True):
    """A message; `parent_id` is the one right above it. Pictures are addresses here.

    `versions` are the messages of which one is shown in its place, itself among them. `run` says which state of the
    text this is: whoever edits it sends it back. Tokens and cost (US dollars) are null where OpenRouter has not said,
    and so is what was `sent` for an answer where that was not kept.
    """

    id: UUID
    parent_id: UUID | None
    versions: tuple[UUID, ...]
    role: str
    content: str
    run: int
    status: str
    created_at: datetime
    reasoning: str
    sources: tuple[Source, ...]
    pictures: tuple[str, ...]
    model: str
    provider: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: Decimal | None
    sent: Sent | None
    error: str


class ConversationWithMessages(Struct, frozen=True):
    """A conversation with the last messages of its shown branch; `has_earlier` if there are more above them."""

    id: UUID
    title: str
    model: str
    created_at: datetime
    updated_at: datetime
    messages: tuple[ApiMessage, ...]
    has_earlier: bool


class UnreadableError(RefusalError):
    """A body that cannot be read; status and code are those of a refusal in general."""


async def require_json(request: Request[Any, Any, Any]) -> None:
    """A body has to say that it is JSON: what an HTML form can send does not pass for it. And it has to be UTF-8."""
    if media_type_of(request) != "application/json":
        raise WrongTypeError("The body of this request is sent as application/json.")
    try:
        (await request.body()).decode()
    except UnicodeDecodeError:
        raise UnreadableError("The body is not valid UTF-8.") from None


async def require_json_if_any(request: Request[Any, Any, Any]) -> None:
    """The same for a body that may be missing, as each of its fields has a default."""
    if has_body(request):
        await require_json(request)


@post(
    "/conversations",
    summary="Start a conversation",
    before_request=require_json_if_any,
    responses=problems(400, 413, 415, 422, 503),
)
async def api_create_conversation(
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    data: Annotated[NewConversation | None, BodyKwarg()] = None,
) -> ConversationId:
    return ConversationId((await chat.start_empty(user.id, data.model if data else "")).id)


@get("/conversations", summary="List conversations, the last used first", responses=problems(400, 404))
async def api_list_conversations(
    user: NamedDependency[User],
    conversations: NamedDependency[Conversations],
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_LISTED)] = 30,
    before: Annotated[UUID | None, QueryParameter(description="The id of the last one of the page before")] = None,
) -> list[ListedConversation]:
    place = None
    if before is not None:
        last = await conversations.find(user.id, before)
        place = (last.updated_at, last.id)
    return [_listed(one) for one in await conversations.page(user.id, before=place, limit=limit)]


@get("/conversations/{conversation_id:uuid}", summary="Read a conversation", responses=problems(400, 404))
async def api_show_conversation(
    user: NamedDependency[User],
    conversations: NamedDependency[Conversations],
    root: NamedDependency[str],
    conversation_id: FromPath[UUID],
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_LISTED)] = MAX_LISTED,
    before: Annotated[UUID | None, QueryParameter(description="Messages above this one")] = None,
) -> ConversationWithMessages:
    conversation = await conversations.find(user.id, conversation_id)
    window = await conversations.window(user.id, conversation_id, before, limit)
    return ConversationWithMessages(
        id=conversation.id,
        title=conversation.title,
        model=conversation.model,
        created_at=conversation.created_at,
        updated_at=conversation.updated_at,
        messages=tuple(api_message(message, root) for message in window.messages),
        has_earlier=window.has_earlier,
    )


@post(
    "/conversations/{conversation_id:uuid}/messages",
    summary="Ask; the answer begins to grow at once",
    before_request=require_json,
    responses=problems(400, 402, 404, 409, 413, 415, 422, 429, 503),
)
async def api_create_message(
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    conversation_id: FromPath[UUID],
    data: Annotated[NewMessage, BodyKwarg()],
) -> SentMessage:
    exchange = await chat.ask(user.id, conversation_id, data.message, model=data.model, client_id=data.client_id)
    return sent_message(exchange)


@get(
    "/conversations/{conversation_id:uuid}/stream",
    summary="Follow the last answer, from its first character",
    description='Events `data: {"content": "..."}`, then `data: {"done": true}`; before it, where the answer did not '
    'end well, `data: {"error": {"code": "...", "message": "..."}}`. `data: {"restart": true}` says that the pieces so '
    "far were thoughts: the answer begins behind it. Comments keep the connection open.",
    responses={
        200: ResponseSpec(str, media_type="text/event-stream", description="The answer as it grows"),
        **problems(404, 429),
    },
)
async def api_stream_answer(
    caller: NamedDependency[Caller],
    presence: NamedDependency[Presence],
    conversations: NamedDependency[Conversations],
    replies: NamedDependency[Replies],
    streams: NamedDependency[OpenStreams],
    conversation_id: FromPath[UUID],
) -> Stream:
    owner = caller.user.id
    answer = await conversations.latest_answer(owner, conversation_id)
    events: AsyncIterator[bytes] = content_events(
        presence.reading(caller, streams.limited(owner, replies.follow(answer))),
        lambda: conversations.find_message(owner, answer.id),
    )
    return event_stream(events)


def sent_message(exchange: Exchange) -> SentMessage:
    answer = exchange.answer
    return SentMessage(answer.conversation_id, exchange.question.id, answer.id, answer.receipt.model)


def _listed(conversation: Conversation) -> ListedConversation:
    return ListedConversation(
        conversation.id, conversation.title, conversation.model, conversation.created_at, conversation.updated_at
    )


def api_message(message: Message, root: str) -> ApiMessage:
    receipt = message.receipt
    return ApiMessage(
        id=message.id,
        parent_id=message.parent_id,
        versions=message.versions,
        role=message.role,
        content=message.content,
        run=message.run,
        status=message.status.value,
        created_at=message.created_at,
        reasoning=message.reasoning,
        sources=message.sources,
        pictures=tuple(f"{root}/pictures/{picture.id}" for picture in message.pictures),
        model=receipt.model,
        provider=receipt.provider,
        finish_reason=receipt.finish_reason,
        prompt_tokens=receipt.prompt_tokens,
        completion_tokens=receipt.completion_tokens,
        cost=receipt.cost,
        sent=message.sent,
        error=message.error_message,
    )


api_router = Router(
    "/",
    route_handlers=[
        api_create_conversation,
        api_list_conversations,
        api_show_conversation,
        api_create_message,
        api_stream_answer,
    ],
    opt={"api": True},
    request_class=TypedRequest,
    cache_control=CacheControlHeader(no_store=True),
    tags=["Conversations"],
)
