"""What is done to single messages and branches: by ordinary forms, and where it helps as fragments too."""

from typing import Annotated
from uuid import UUID

from litestar import Response, Router, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Meta, Struct

from webapp.accounts.throttles import Costly, Throttles
from webapp.accounts.users import User
from webapp.conversations.chat import Chat
from webapp.conversations.messages import anchor
from webapp.conversations.pages import Editing
from webapp.conversations.presenter import Presenter
from webapp.conversations.routes import BODY_PER_MESSAGE, KEEPS_FORM, AnyRequest
from webapp.conversations.store import Conversations
from webapp.conversations.tree_presenter import TreePresenter
from webapp.conversations.tree_store import Branches
from webapp.web.appearance import appearance_of
from webapp.web.forms import read_form
from webapp.web.htmx import wants_fragment
from webapp.web.refusals import ConflictError, InvalidError, NotFoundError, RefusalError
from webapp.web.responses import READ, html, see_other

SMALL = 12_000  # bytes of a form without a message


class RetryForm(Struct):
    model: Annotated[str, Meta(max_length=200)] = ""


class EditForm(Struct):
    """`run` is the one in which the message was read that is edited."""

    message: str = ""
    run: Annotated[int, Meta(ge=0)] = 0
    model: Annotated[str, Meta(max_length=200)] = ""


class DeleteForm(Struct):
    what: str = "message"


class FeedbackForm(Struct):
    feedback: str = ""
    note: str = ""


# Branches


@route("/c/{conversation_id:uuid}/branches", http_method=READ, name="branches")
async def show_branches(
    request: AnyRequest,
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    tree_presenter: NamedDependency[TreePresenter],
    conversation_id: FromPath[UUID],
) -> Response[str]:
    page = await tree_presenter.overview_page(user.id, conversation_id)
    return html(presenter.render("conversations/branches.html", page, appearance_of(request)))


@post("/messages/{message_id:uuid}/show", name="show_branch")
async def show_branch(
    request: AnyRequest,
    user: NamedDependency[User],
    branches: NamedDependency[Branches],
    presenter: NamedDependency[Presenter],
    tree_presenter: NamedDependency[TreePresenter],
    message_id: FromPath[UUID],
) -> Response[str] | Redirect:
    """Steps to a version of a message: what stands below it is shown with it."""
    conversation_id = await branches.show(user.id, message_id)
    if not wants_fragment(request):
        return see_other(place_of(conversation_id, message_id))
    return await branch_from(request, user, presenter, tree_presenter, message_id)


@post("/messages/{message_id:uuid}/fork", name="fork_conversation")
async def fork_conversation(
    user: NamedDependency[User],
    branches: NamedDependency[Branches],
    throttles: NamedDependency[Throttles],
    message_id: FromPath[UUID],
) -> Redirect:
    await throttles.take(Costly.FORK, user.id)
    return see_other(f"/c/{(await branches.fork(user.id, message_id)).id}")


# Answers once more


@route("/messages/{message_id:uuid}/retry", http_method=READ, name="choose_model")
async def choose_model(
    request: AnyRequest,
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    tree_presenter: NamedDependency[TreePresenter],
    message_id: FromPath[UUID],
) -> Response[str]:
    page = await tree_presenter.retry_page(user.id, message_id)
    return html(presenter.render("conversations/retry.html", page, appearance_of(request)))


@post("/messages/{message_id:uuid}/retry", name="retry_reply")
async def retry_reply(
    request: AnyRequest,
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    presenter: NamedDependency[Presenter],
    tree_presenter: NamedDependency[TreePresenter],
    message_id: FromPath[UUID],
) -> Response[str] | Redirect:
    """Another answer, beside the message if it is one, else below it."""
    form = await read_form(request, RetryForm, limit=SMALL, may_be_missing=True)
    answer = await chat.retry(user.id, message_id, form.model)
    if not wants_fragment(request):
        return see_other(place_of(answer.conversation_id, answer.id))
    first = message_id if message_id == answer.parent_id else answer.id
    return await branch_from(request, user, presenter, tree_presenter, first)


# Edits


@route("/messages/{message_id:uuid}/edit", http_method=READ, name="edit_message")
async def edit_message(
    request: AnyRequest,
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    tree_presenter: NamedDependency[TreePresenter],
    message_id: FromPath[UUID],
) -> Response[str]:
    return await edit_form(request, user, presenter, tree_presenter, message_id)


@post("/messages/{message_id:uuid}/edit", name="ask_edited", opt=KEEPS_FORM)
async def ask_edited(
    request: AnyRequest,
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    presenter: NamedDependency[Presenter],
    tree_presenter: NamedDependency[TreePresenter],
    message_id: FromPath[UUID],
) -> Response[str] | Redirect:
    """Asks a question again in other words, on a branch of its own."""
    form = await read_form(request, EditForm, limit=presenter.max_message_bytes * BODY_PER_MESSAGE)
    try:
        exchange = await chat.ask_edited(user.id, message_id, form.run, form.message, model=form.model)
    except RefusalError as refusal:
        return await edit_form(request, user, presenter, tree_presenter, message_id, form, refusal)
    if not wants_fragment(request):
        return see_other(place_of(exchange.conversation.id, exchange.question.id))
    return await branch_from(request, user, presenter, tree_presenter, exchange.question.id)


@post("/messages/{message_id:uuid}/text", name="save_text", opt=KEEPS_FORM)
async def save_text(
    request: AnyRequest,
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    presenter: NamedDependency[Presenter],
    tree_presenter: NamedDependency[TreePresenter],
    message_id: FromPath[UUID],
) -> Response[str] | Redirect:
    """Changes a text in place: what stands below it stays there."""
    form = await read_form(request, EditForm, limit=presenter.max_message_bytes * BODY_PER_MESSAGE)
    try:
        await chat.edit(user.id, message_id, form.run, form.message)
    except RefusalError as refusal:
        return await edit_form(request, user, presenter, tree_presenter, message_id, form, refusal)
    message = await presenter.find(user.id, message_id)
    if not wants_fragment(request):
        return see_other(place_of(message.conversation_id, message_id))
    return html(presenter.render("conversations/show_message.hx.html", await presenter.turn(user.id, message)))


@route("/messages/{message_id:uuid}/text", http_method=READ, name="message_text")
async def show_text(
    user: NamedDependency[User], conversations: NamedDependency[Conversations], message_id: FromPath[UUID]
) -> Response[str]:
    """What a message says, as Markdown: to be copied."""
    message = await conversations.find_message(user.id, message_id)
    return Response(message.content, media_type="text/plain; charset=utf-8", headers={"cache-control": "no-store"})


# Deletions


@post("/messages/{message_id:uuid}/delete", name="delete_message")
async def delete_message(
    request: AnyRequest,
    user: NamedDependency[User],
    branches: NamedDependency[Branches],
    message_id: FromPath[UUID],
) -> Redirect:
    """Deletes the message, or it and all below it. The page that comes has a way back."""
    form = await read_form(request, DeleteForm, limit=SMALL, may_be_missing=True)
    if form.what not in ("message", "branch"):
        raise InvalidError("What is deleted is a message or a branch.")
    removal = await branches.delete(user.id, message_id, with_branch=form.what == "branch")
    place = f"&at={removal.beside}#{anchor(removal.beside)}" if removal.beside else ""
    return see_other(f"/c/{removal.conversation_id}?deleted={message_id}{place}")


@post("/messages/{message_id:uuid}/restore", name="restore_message")
async def restore_message(
    user: NamedDependency[User], branches: NamedDependency[Branches], message_id: FromPath[UUID]
) -> Redirect:
    return see_other(place_of(await branches.restore(user.id, message_id), message_id))


# Feedback


@post("/messages/{message_id:uuid}/feedback", name="rate_reply")
async def rate_reply(
    request: AnyRequest,
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    message_id: FromPath[UUID],
) -> Redirect:
    form = await read_form(request, FeedbackForm, limit=SMALL)
    conversation_id = await chat.rate(user.id, message_id, form.feedback, form.note)
    return see_other(place_of(conversation_id, message_id))


# What the handlers share


def place_of(conversation_id: UUID, message_id: UUID) -> str:
    return f"/c/{conversation_id}?at={message_id}#{anchor(message_id)}"


async def branch_from(
    request: AnyRequest, user: User, presenter: Presenter, tree_presenter: TreePresenter, message_id: UUID
) -> Response[str]:
    branch = await tree_presenter.branch(user.id, message_id)
    return html(presenter.render("conversations/branch.hx.html", branch, appearance_of(request)))


async def edit_form(
    request: AnyRequest,
    user: User,
    presenter: Presenter,
    tree_presenter: TreePresenter,
    message_id: UUID,
    form: EditForm | None = None,
    refusal: RefusalError | None = None,
) -> Response[str]:
    """The message as a form. After a refusal with what was typed, which can be sent again as it is."""
    refused = Editing(form.message, form.run, refusal.sentence) if form and refusal else None
    status = refusal.status if refusal else 200
    if wants_fragment(request):
        if refusal is not None and not isinstance(refusal, ConflictError | InvalidError):
            raise refusal  # the form stays on the page as it is
        turn = await tree_presenter.edited_turn(user.id, message_id, refused)
        return html(presenter.render("conversations/edit_message.hx.html", turn), status=status)
    if form is not None and isinstance(refusal, NotFoundError):
        page = await presenter.refused_page(user.id, None, refusal, text=form.message, model=form.model, client_id="")
    else:
        page = await tree_presenter.edit_page(user.id, message_id, refused)
    return html(presenter.render("conversations/page.html", page, appearance_of(request)), status=status)


tree_router = Router(
    "/",
    route_handlers=[
        show_branches,
        show_branch,
        fork_conversation,
        choose_model,
        retry_reply,
        edit_message,
        ask_edited,
        save_text,
        show_text,
        delete_message,
        restore_message,
        rate_reply,
    ],
    include_in_schema=False,
)
