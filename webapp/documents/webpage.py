"""A conversation as one HTML file that needs nothing else: styles and pictures in it, no script, no address of ours."""

import base64
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from markupsafe import Markup
from msgspec import Struct

from webapp.background import by_turns
from webapp.conversations.pages import rendered
from webapp.conversations.renderings import Renderer
from webapp.documents.document import Document, DocumentMessage, DocumentPicture
from webapp.documents.streams import PictureData
from webapp.rendering.links import linked
from webapp.web.templating import Templates

END: Final = "</main>\n</body>\n</html>\n"


class SavedHead(Struct, frozen=True):
    """The beginning of the file. `styles` is our sheet, as it is."""

    title: str
    styles: Markup
    system_prompt: str


class SavedTurn(Struct, frozen=True):
    """A message in the file; `body` and `reasoning` are safe HTML, `pictures` data URLs, "" for one not shown."""

    message: DocumentMessage
    anchor: str
    body: Markup
    reasoning: Markup
    pictures: tuple[str, ...]


class Webpage:
    def __init__(self, templates: Templates, renderer: Renderer, styles: str) -> None:
        self._templates = templates
        self._renderer = renderer
        self._styles = Markup(styles)  # noqa: S704  # our own file

    async def pieces(self, owner: UUID, document: Document, picture_data: PictureData) -> AsyncIterator[str]:
        """The branch that is shown of the owner's conversation, turn by turn."""
        head = SavedHead(document.title, self._styles, document.system_prompt)
        yield self._templates.render("documents/saved_head.html", head)
        async for message in by_turns(document.branch):
            pictures = tuple([_data_url(one, await picture_data(one)) for one in message.pictures])
            turn = await self._turn(owner, message, pictures)
            yield self._templates.render("documents/saved_message.html", turn)
        yield END

    async def _turn(self, owner: UUID, message: DocumentMessage, pictures: tuple[str, ...]) -> SavedTurn:
        if message.role == "user":
            body = Markup(linked(message.content))  # noqa: S704  # which escapes
            return SavedTurn(message, f"m-{message.id}", body, Markup(), pictures)
        made = (await self._renderer.one(owner, UUID(message.id), message.content, message.reasoning)).rendering
        return SavedTurn(message, f"m-{message.id}", rendered(made.html), rendered(made.reasoning_html), pictures)


def _data_url(picture: DocumentPicture, data: bytes | None) -> str:
    return "" if data is None else f"data:{picture.media_type};base64,{base64.b64encode(data).decode()}"
