"""The page of what was sent for an answer."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from webapp.accounts.users import User
from webapp.conversations.messages import Message
from webapp.conversations.presenter import Presenter
from webapp.conversations.sending import Retold
from webapp.conversations.sending_store import SentRequests
from webapp.web.appearance import appearance_of
from webapp.web.responses import READ, html


class RequestPage(Struct, frozen=True):
    """`request` is None where it was not kept."""

    title: str
    answer: Message
    request: Retold | None

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """The parameters of the request, by their names and as JSON."""
        options = self.request.sent.options if self.request else {}
        return tuple((name, msgspec.json.encode(value).decode()) for name, value in options.items())


@route("/messages/{message_id:uuid}/request", http_method=READ, name="request_of_reply")
async def show_request(
    request: Request[Any, Any, Any],
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    sent_requests: NamedDependency[SentRequests],
    message_id: FromPath[UUID],
) -> Response[str]:
    """What the model was sent for an answer. A question, for which nothing was, is not found."""
    answer, told = await sent_requests.find(user.id, message_id)
    page = RequestPage("What was sent", answer, told)
    return html(presenter.render("conversations/request.html", page, appearance_of(request)))


sending_router = Router("/", route_handlers=[show_request], include_in_schema=False)
