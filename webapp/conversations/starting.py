"""The page on which a conversation begins: from a persona, with a text in its box, or from nothing."""

from uuid import UUID

from msgspec.structs import replace

from webapp.conversations.pages import ChatPage
from webapp.conversations.presenter import Presenter
from webapp.library.prompts import Persona
from webapp.library.store import Library
from webapp.web.refusals import InvalidError, NotFoundError

NONE = "none"  # what an address says where a conversation is to start from no persona


class Starting:
    """Every method takes the owner first and finds nothing that belongs to another."""

    def __init__(self, library: Library, presenter: Presenter) -> None:
        self._library = library
        self._presenter = presenter

    async def page(self, owner: UUID, persona: str = "", text: str = "") -> ChatPage:
        """`persona` is an id, or NONE; without a word it is the default one. One that is not there counts as none."""
        personas = await self._library.personas(owner)
        chosen = next((one for one in personas if (str(one.id) == persona if persona else one.is_default)), None)
        page = await self._presenter.new_page(owner, chosen.model if chosen else "")
        composer = replace(page.composer, text=text, persona=str(chosen.id) if chosen else "")
        return replace(page, composer=composer, personas=tuple(personas))

    async def persona(self, owner: UUID, persona: str) -> Persona | None:
        """The one that a form names. Raises InvalidError where it is not there any more."""
        if not persona:
            return None
        try:
            return await self._library.persona(owner, UUID(persona))
        except (NotFoundError, ValueError):
            raise InvalidError("The persona that was chosen has been deleted. Choose another, then send.") from None
