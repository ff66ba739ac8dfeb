"""A search as a page: what was found, and what of it is shown."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final
from uuid import UUID

from msgspec import Struct

from webapp.background import Turns
from webapp.conversations.pages import ConversationList
from webapp.conversations.presenter import Presenter
from webapp.search.indexing import Indexer
from webapp.search.query import Query, parse
from webapp.search.snippets import Piece, place, snippet
from webapp.search.store import Hit, SearchStore, Span

PAGE: Final = 20  # messages
TITLES: Final = 5  # conversations above them


class Found(Struct, frozen=True):
    """A conversation by its title, or a message in it, where `message_id` is one; with what was found in it."""

    conversation_id: UUID
    message_id: UUID | None
    title: tuple[Piece, ...]
    pieces: tuple[Piece, ...]
    speaker: str
    created_at: datetime


class SearchPage(Struct, frozen=True):
    """`text` is what was typed. `more_url` leads to what was found below, None where that is all."""

    title: str
    list: ConversationList
    is_demo: bool
    text: str
    titles: tuple[Found, ...] = ()
    messages: tuple[Found, ...] = ()
    below: int | None = None
    is_asked: bool = False


class Searching:
    """Every method takes the owner first and finds nothing that belongs to another."""

    def __init__(self, store: SearchStore, indexer: Indexer, presenter: Presenter, *, is_demo: bool) -> None:
        self._store = store
        self._indexer = indexer
        self._presenter = presenter
        self._is_demo = is_demo

    async def page(
        self, owner: UUID, text: str, offset: int, below: int | None = None, *, whole: bool = True
    ) -> SearchPage:
        """What is found for a text, below the place of the last one of the page above.

        Its days are those of a clock that is `offset` minutes ahead of UTC. A part of a page has no list beside it.
        """
        query = parse(text)
        listed = await self._presenter.sidebar(owner) if whole else ConversationList((), None, datetime.now(UTC))
        page = SearchPage("Search", listed, self._is_demo, text)
        if query.is_empty:
            return page
        if below is None:
            await self._indexer.catch_up()
        span = span_of(query, offset)
        titles = [] if below else await self._store.find(owner, query, span, titles=True, limit=_titles_of(query))
        messages = await self._messages(owner, query, span, below)
        turns = Turns()
        return SearchPage(
            title=f"{text.strip()[:60]} · Search",
            list=listed,
            is_demo=self._is_demo,
            text=text,
            titles=tuple([await self._found(hit, query, turns) for hit in titles]),
            messages=tuple([await self._found(hit, query, turns) for hit in messages[:PAGE]]),
            below=messages[PAGE - 1].place if len(messages) > PAGE else None,
            is_asked=True,
        )

    async def _messages(self, owner: UUID, query: Query, span: Span, below: int | None) -> list[Hit]:
        """Where nothing but filters is asked for, conversations are the answer, and no messages."""
        if not query.terms:
            return []
        return await self._store.find(owner, query, span, titles=False, limit=PAGE + 1, below=below)

    async def _found(self, hit: Hit, query: Query, turns: Turns) -> Found:
        is_title = hit.message_id is None
        title_terms = query.terms if is_title else ()
        return Found(
            hit.conversation_id,
            hit.message_id,
            snippet(hit.title, title_terms, await place(hit.title, title_terms, turns)),
            () if is_title else snippet(hit.content, query.terms, await place(hit.content, query.terms, turns)),
            "You" if hit.role == "user" else self._presenter.name_of_model(hit.model),
            hit.created_at,
        )


def span_of(query: Query, offset: int) -> Span:
    """The query's days, from their beginning where its reader is."""
    return Span(_midnight(query.after, offset), _midnight(query.before, offset))


def _midnight(day: date | None, offset: int) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), timezone(timedelta(minutes=offset)))


def _titles_of(query: Query) -> int:
    return TITLES if query.terms else 50
