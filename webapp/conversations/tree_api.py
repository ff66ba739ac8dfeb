"""The JSON API of single messages: what pages do with the tree, programs do here."""

from http import HTTPStatus
from typing import Annotated, Final, Literal
from uuid import UUID

from litestar import Router, delete, get, patch, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.params import BodyKwarg, FromPath, QueryParameter
from msgspec import Meta, Struct

from webapp.accounts.users import User
from webapp.conversations.api import (
    ApiMessage,
    ModelId,
    SentMessage,
    Text,
    api_message,
    require_json,
    require_json_if_any,
    sent_message,
)
from webapp.conversations.chat import Chat
from webapp.conversations.messages import Message
from webapp.conversations.store import Conversations
from webapp.conversations.tree_store import Branches
from webapp.web.errors import problems
from webapp.web.refusals import NotFoundError
from webapp.web.typed import TypedRequest

# Their answer has what was written, so that a token needs the scope `read` as well; see the guard.
TELLS: Final = {"tells": True}
_ALSO_READS: Final = "A token needs the scopes `read` and `write`, as the answer is the message."

Run = Annotated[int, Meta(ge=0, examples=[0])]


class Retry(Struct, frozen=True, forbid_unknown_fields=True):
    """Without a `model` that of the conversation answers."""

    model: ModelId = ""


class Edit(Struct, frozen=True, forbid_unknown_fields=True):
    """Another text for a message that was read in `run`."""

    message: Text
    run: Run


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """Other words for a question that was read in `run`. Without a `model` that of the conversation answers."""

    message: Text
    run: Run
    model: ModelId = ""


async def provide_message(
    user: NamedDependency[User],
    conversations: NamedDependency[Conversations],
    conversation_id: FromPath[UUID],
    message_id: FromPath[UUID],
) -> Message:
    """The message that the address names. NotFoundError if it is none of that conversation."""
    message = await conversations.turn(user.id, message_id)
    if message.conversation_id != conversation_id:
        raise NotFoundError("There is no such message. It may have been deleted.")
    return message


@get("/", summary="Read a message", responses=problems(404))
async def api_show_message(message: NamedDependency[Message], root: NamedDependency[str]) -> ApiMessage:
    return api_message(message, root)


@patch(
    "/",
    summary="Change a text in place; the earlier one is kept as a version",
    description=_ALSO_READS,
    opt=TELLS,
    before_request=require_json,
    responses=problems(400, 404, 409, 413, 415, 422),
)
async def api_edit_message(
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    conversations: NamedDependency[Conversations],
    root: NamedDependency[str],
    message: NamedDependency[Message],
    data: Annotated[Edit, BodyKwarg()],
) -> ApiMessage:
    await chat.edit(user.id, message.id, data.run, data.message)
    return api_message(await conversations.turn(user.id, message.id), root)


@delete("/", summary="Delete a message, or it and all below", responses=problems(400, 404, 409))
async def api_delete_message(
    user: NamedDependency[User],
    branches: NamedDependency[Branches],
    message: NamedDependency[Message],
    what: Annotated[Literal["message", "branch"], QueryParameter()] = "message",
) -> None:
    await branches.delete(user.id, message.id, with_branch=what == "branch")


@post(
    "/restore",
    summary="Take the deletion of a message back, and of all that was deleted with it",
    description=_ALSO_READS,
    opt=TELLS,
    status_code=HTTPStatus.OK,
    responses=problems(404),
)
async def api_restore_message(
    user: NamedDependency[User],
    branches: NamedDependency[Branches],
    conversations: NamedDependency[Conversations],
    root: NamedDependency[str],
    conversation_id: FromPath[UUID],
    message_id: FromPath[UUID],
) -> ApiMessage:
    if await branches.deleted_with(user.id, conversation_id, message_id):
        await branches.restore(user.id, message_id)
    return api_message(await provide_message(user, conversations, conversation_id, message_id), root)


@post(
    "/edit",
    operation_id="ask_edited_message",
    summary="Ask a question again in other words, on a branch of its own",
    before_request=require_json,
    responses=problems(400, 402, 404, 409, 413, 415, 422, 429, 503),
)
async def api_ask_edited(
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    message: NamedDependency[Message],
    data: Annotated[Question, BodyKwarg()],
) -> SentMessage:
    return sent_message(await chat.ask_edited(user.id, message.id, data.run, data.message, model=data.model))


@post(
    "/retry",
    operation_id="retry_message",
    summary="Let another answer grow, beside an answer or below a question",
    description=_ALSO_READS,
    opt=TELLS,
    before_request=require_json_if_any,
    responses=problems(400, 402, 404, 409, 413, 415, 422, 429, 503),
)
async def api_retry(
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    conversations: NamedDependency[Conversations],
    root: NamedDependency[str],
    message: NamedDependency[Message],
    data: Annotated[Retry | None, BodyKwarg()] = None,
) -> ApiMessage:
    answer = await chat.retry(user.id, message.id, data.model if data else "")
    return api_message(await conversations.turn(user.id, answer.id), root)


@post(
    "/continue",
    operation_id="continue_message",
    summary="Let an answer that was cut grow on from its end",
    description=_ALSO_READS,
    opt=TELLS,
    status_code=HTTPStatus.ACCEPTED,
    responses=problems(402, 404, 409, 413, 422, 429, 503),
)
async def api_continue(
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    conversations: NamedDependency[Conversations],
    root: NamedDependency[str],
    message: NamedDependency[Message],
) -> ApiMessage:
    answer = await chat.resume(user.id, message.id)
    return api_message(await conversations.turn(user.id, answer.id), root)


@post(
    "/show",
    summary="Show this version of a message, and what stands below it",
    description=_ALSO_READS,
    opt=TELLS,
    status_code=HTTPStatus.OK,
    responses=problems(404),
)
async def api_show_version(
    user: NamedDependency[User],
    branches: NamedDependency[Branches],
    message: NamedDependency[Message],
    root: NamedDependency[str],
) -> ApiMessage:
    await branches.show(user.id, message.id)
    return api_message(message, root)


tree_api_router = Router(
    "/conversations/{conversation_id:uuid}/messages/{message_id:uuid}",
    route_handlers=[
        api_show_message,
        api_edit_message,
        api_delete_message,
        api_restore_message,
        api_ask_edited,
        api_retry,
        api_continue,
        api_show_version,
    ],
    dependencies={"message": Provide(provide_message)},
    opt={"api": True},
    request_class=TypedRequest,
    cache_control=CacheControlHeader(no_store=True),
    tags=["Messages"],
)
