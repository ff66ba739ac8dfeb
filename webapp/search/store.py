"""What is searched: the words of titles and messages. Queries take the owner first.

SQLite has them in an FTS5 table, Postgres in an index of vectors. Neither is asked for more than which documents hold
which words; what is to stand side by side is compared by ourselves, so both find the same, newest first.
"""

import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Integer,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    column,
    delete,
    func,
    insert,
    null,
    select,
    table,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.background import Turns
from webapp.db.engine import Database
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.types import UtcDateTime, Words
from webapp.search.folding import LONGEST_DOCUMENT, document
from webapp.search.query import Query

BATCH: Final = 10  # documents put into the index at once: nobody who writes waits for longer
LOOKED_THROUGH: Final = 100_000  # characters of a message, for what is shown of it
_RANDOM: Final = 21  # bits of a place below its milliseconds
_AGE: Final = _RANDOM + 31  # and those below an age, which is some 25 days
_EPOCH: Final = datetime.fromtimestamp(0, UTC)

_DOCUMENTS: Final = table(
    "search_documents",
    column("place", BigInteger()),
    column("conversation_id", Uuid()),
    column("message_id", Uuid()),
    column("words", Text()),
    column("created_at", UtcDateTime()),
)
_QUEUE: Final = table(
    "search_queue", column("id", Integer()), column("conversation_id", Uuid()), column("message_id", Uuid())
)


class Hit(Struct, frozen=True):
    """Something that was found: a message, or the title of a conversation, where `message_id` is None."""

    place: int
    conversation_id: UUID
    message_id: UUID | None
    title: str
    role: str
    model: str
    content: str
    created_at: datetime


class Span(NamedTuple):
    """From one moment up to another, without it; None where it has no end."""

    after: datetime | None = None
    before: datetime | None = None


ALWAYS: Final = Span()


class SearchStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(
        self, owner: UUID, query: Query, span: Span = ALWAYS, *, titles: bool, limit: int, below: int | None = None
    ) -> list[Hit]:
        """Messages of the owner that fit a query, or `titles`, the newest first; `below` is the place of the last one.

        The query's days begin and end where its reader is: as moments they are in `span`.
        """
        given = _Given(owner, query, titles, _upper(span, below), _lower(span))
        async with self._database.read() as session:
            if session.get_bind().dialect.name == "postgresql":
                return await _find_by_ages(session, given, limit)
            return await _find(session, given.on_sqlite(limit))

    async def index_some(self, limit: int = BATCH) -> int:
        """Puts up to `limit` documents into the index, the last that came first; returns how many waited."""
        async with self._database.read() as session:
            waiting = (await session.execute(select(_QUEUE).order_by(_QUEUE.c.id.desc()).limit(limit))).all()
            messages = {row.message_id for row in waiting if row.message_id}
            titles = {row.conversation_id for row in waiting if not row.message_id}
            texts = [*await _texts(session, _messages(messages)), *await _texts(session, _titles(titles))]
        if not waiting:
            return 0
        documents = await _documents(texts)
        async with self._database.write("search") as session:
            await _index(session, await _texts(session, _locked(_messages(messages))), documents)
            await _index(session, await _texts(session, _locked(_titles(titles))), documents)
            await session.execute(delete(_QUEUE).where(_QUEUE.c.id.in_([row.id for row in waiting])))
        return len(waiting)


class _Statement(NamedTuple):
    sql: str
    values: dict[str, Any]


async def _find(session: AsyncSession, statement: _Statement) -> list[Hit]:
    rows = await session.execute(text(statement.sql).bindparams(_OWNER).columns(**_COLUMNS), statement.values)
    return [Hit(*row) for row in rows]


async def _find_by_ages(session: AsyncSession, given: "_Given", limit: int) -> list[Hit]:
    """Looks through the newest documents, then further and further back: the index there knows no order.

    So of a word that is everywhere no more than an age of it is put in order, and of a rare one all there is.
    """
    found: list[Hit] = []
    newest = given.upper >> _AGE
    for first, last in (*((newest - 2**step + 1, newest - 2**step // 2) for step in range(4)), (0, newest - 8)):
        if len(found) < limit and last >= given.lower >> _AGE:
            found += await _find(session, given.on_postgres(first, last, limit - len(found)))
    return found


def _upper(span: Span, below: int | None) -> int:
    """The place before which all is that may be found."""
    limits = [_place_of(span.before) if span.before else None, below]
    return min((one for one in limits if one is not None), default=_place_of(datetime.now(UTC) + timedelta(days=1)))


def _lower(span: Span) -> int:
    return _place_of(span.after) if span.after else 0


class _Given:
    """A query as SQL, and the values in it."""

    def __init__(self, owner: UUID, query: Query, titles: bool, upper: int, lower: int) -> None:
        self.upper = upper
        self.lower = lower
        self._query = query
        self._owner_word = _owner_word(owner, titles)
        self._values: dict[str, Any] = {"owner": owner, "upper": upper, "lower": lower}
        self._filters = list(self._filtered())
        self._phrases = list(self._side_by_side())

    def on_sqlite(self, limit: int) -> _Statement:
        """Its index has the documents in the order of their places, so that it stops when there are enough."""
        wanted = [(self._owner_word, False), *self._wanted()]
        match = " AND ".join(f'"{word}"' + "*" * is_open for word, is_open in wanted)
        match += "".join(f' NOT "{word}"' for word in self._unwanted())
        return self._statement(_SQLITE, "search_index.rowid", match, limit)

    def on_postgres(self, first: int, last: int, limit: int) -> _Statement:
        """Of documents from one age to another. The place is not given as it is: its own index would mislead."""
        ages = [f"'{self._owner_word}.{age}'" for age in range(max(first, 0), last + 1)] if first else []
        wanted = [f"({' | '.join(ages)})" if ages else f"'{self._owner_word}'"]
        wanted += [_vector_word(word, is_open) for word, is_open in self._wanted()]
        match = " & ".join([*wanted, *(f"!'{word}'" for word in self._unwanted())])
        upper = min(self.upper, (last + 1) << _AGE)
        return self._statement(_POSTGRES, "(d.place + 0)", match, limit, upper=upper)

    def _statement(self, form: str, place: str, match: str, limit: int, **values: Any) -> _Statement:
        """`place` is the column by which the database has its documents in order."""
        documents = [f"{place} < :upper", f"{place} >= :lower", *self._phrases]
        sql = form.format(documents=" AND ".join(documents), rest="".join(f" AND {one}" for one in self._filters))
        return _Statement(sql, {**self._values, "match": match, "limit": limit, **values})

    def _wanted(self) -> Iterator[tuple[str, bool]]:
        """Words that a document has to hold, and whether they are beginnings."""
        for term in self._query.terms:
            yield from ((word, False) for word in term.words[:-1])
            yield term.words[-1], term.is_open

    def _unwanted(self) -> list[str]:
        return [term.words[0] for term in self._query.without if len(term.words) == 1]

    def _filtered(self) -> Iterator[str]:
        yield from (f"c.{state}" for state in sorted(self._query.states))
        if self._query.model:
            self._values["model"] = self._query.model
            yield f"replace({_MODEL}, :model, '') <> {_MODEL}"  # it holds that, whatever signs are in it
        if self._query.tag:
            self._values["tag"] = self._query.tag
            yield (
                "EXISTS (SELECT 1 FROM taggings JOIN tags ON tags.id = taggings.tag_id WHERE "
                "taggings.conversation_id = c.id AND tags.owner_id = :owner AND tags.folded = :tag)"
            )

    def _side_by_side(self) -> Iterator[str]:
        """Words that are to stand side by side, or not to."""
        terms = [("LIKE", term) for term in self._query.terms] + [("NOT LIKE", term) for term in self._query.without]
        for number, (like, term) in enumerate(terms):
            if len(term.words) > 1:
                self._values[f"phrase_{number}"] = f"% {' '.join(term.words)}" + ("%" if term.is_open else " %")
                yield f"d.words {like} :phrase_{number}"


class _Text(NamedTuple):
    """What is to be found: a message, or the title of a conversation, where `message_id` is None."""

    conversation_id: UUID
    message_id: UUID | None
    owner_id: UUID
    content: str
    created_at: datetime


def _messages(ids: set[UUID]) -> Select[*tuple[Any, ...]]:
    """Those that are there, and do not grow: of one that grows on, what it had is found until it ends."""
    content = MessageRow.content
    cut = func.substr(content, 1, LONGEST_DOCUMENT, type_=content.type)
    beginning = case((func.length(content) > LONGEST_DOCUMENT, cut), else_=content)
    row = (MessageRow.conversation_id, MessageRow.id, MessageRow.owner_id, beginning, MessageRow.created_at)
    return select(*row).where(MessageRow.id.in_(ids), MessageRow.status != "streaming").order_by(MessageRow.id)


def _titles(ids: set[UUID]) -> Select[*tuple[Any, ...]]:
    row = (ConversationRow.id, null(), ConversationRow.owner_id, ConversationRow.title, ConversationRow.created_at)
    return select(*row).where(ConversationRow.id.in_(ids)).order_by(ConversationRow.id)


def _locked(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Rows that somebody is just deleting are left out: nobody waits for us who waits for theirs."""
    return query.with_for_update(read=True, key_share=True, skip_locked=True)


async def _texts(session: AsyncSession, query: Select[*tuple[Any, ...]]) -> list[_Text]:
    return [_Text(*row) for row in await session.execute(query)]


async def _documents(texts: Sequence[_Text]) -> dict[_Text, dict[str, Any]]:
    """As the index has them. That is work, so it comes before anything is locked, and others have their turn."""
    turns = Turns()
    return {one: _document(one, await document(one.content, turns)) for one in texts}


async def _index(session: AsyncSession, texts: Sequence[_Text], documents: dict[_Text, dict[str, Any]]) -> None:
    """Those of the texts that still are what documents were made of; what has changed waits once more."""
    found = [one for one in texts if one in documents]
    messages = [one.message_id for one in found if one.message_id is not None]
    titles = [one.conversation_id for one in found if one.message_id is None]
    if messages:
        await session.execute(delete(_DOCUMENTS).where(_DOCUMENTS.c.message_id.in_(messages)))
    if titles:
        is_title = _DOCUMENTS.c.message_id.is_(None)
        await session.execute(delete(_DOCUMENTS).where(_DOCUMENTS.c.conversation_id.in_(titles), is_title))
    await _add(session, [documents[one] for one in found])


async def _add(session: AsyncSession, documents: Sequence[dict[str, Any]]) -> None:
    if found := [one for one in documents if one["words"]]:
        await _give_places(session, found)
        await session.execute(insert(_DOCUMENTS), found)


async def _give_places(session: AsyncSession, documents: Sequence[dict[str, Any]]) -> None:
    """Each its own, by chance among those of its moment: of what was brought along, thousands may have the same."""
    clashing = documents
    while clashing:
        for one in clashing:
            one["place"] = _place_of(one["created_at"]) + secrets.randbits(_RANDOM)
        places = Counter(one["place"] for one in documents)
        taken = set(await session.scalars(select(_DOCUMENTS.c.place).where(_DOCUMENTS.c.place.in_(places))))
        clashing = [one for one in documents if one["place"] in taken or places[one["place"]] > 1]


def _document(text: _Text, words: str) -> dict[str, Any]:
    owners = _owner_word(text.owner_id, text.message_id is None)
    return {
        "conversation_id": text.conversation_id,
        "message_id": text.message_id,
        "words": words and f" {owners} {owners}.{_place_of(text.created_at) >> _AGE}{words}",
        "created_at": text.created_at,
    }


def _vector_word(word: str, is_open: bool) -> str:
    """Beginnings of two and three letters are words of their own in Postgres' vectors, longer ones are looked for."""
    if not is_open:
        return f"'{word}'"
    return f"'^{word}'" if len(word) <= 3 else f"'{word}':*"


def _owner_word(owner: UUID, is_title: bool) -> str:
    """A word that no text has: it says whose a document is, and of which kind."""
    return f"¤{'t' if is_title else 'm'}{owner.hex}"


def _place_of(moment: datetime) -> int:
    """The first place of a moment: documents are numbered in the order of their times, and found in it."""
    return (moment - _EPOCH) // timedelta(milliseconds=1) << _RANDOM


_MODEL: Final = "lower(coalesce(nullif(m.model, ''), c.model))"
_OWNER: Final = bindparam("owner", type_=Uuid())
_COLUMNS: Final[dict[str, Any]] = {
    "place": BigInteger(),
    "conversation_id": Uuid(),
    "message_id": Uuid(),
    "title": Words(),
    "role": Words(),
    "model": Words(),
    "content": Words(),
    "created_at": UtcDateTime(),
}
# Of a long message the beginning. One with a NUL has no length that SQLite would know, and comes whole.
_CONTENT: Final = (
    f"CASE WHEN length(m.content) > {LOOKED_THROUGH} THEN substr(m.content, 1, {LOOKED_THROUGH}) ELSE m.content END"
)
_SELECTED: Final = (
    "SELECT d.place, d.conversation_id, d.message_id, c.title, coalesce(m.role, '') AS role, "  # noqa: S608  # our words
    f"coalesce(m.model, '') AS model, coalesce({_CONTENT}, '') AS content, d.created_at FROM "
)
# A CROSS JOIN keeps SQLite to this order: from the index, which has its rows by their places, to what belongs to each.
_SQLITE: Final = (
    _SELECTED + "search_index CROSS JOIN search_documents d ON d.place = search_index.rowid "
    "CROSS JOIN conversations c ON c.id = d.conversation_id LEFT JOIN messages m ON m.id = d.message_id "
    "WHERE search_index MATCH :match AND {documents} AND c.owner_id = :owner "
    "AND c.deleted_at IS NULL AND m.deleted_at IS NULL{rest} "
    "ORDER BY search_index.rowid DESC LIMIT :limit"
)
# Subqueries with an order or a limit keep Postgres to it, whatever it believes of the sizes of tables.
_POSTGRES: Final = (
    _SELECTED + "(SELECT (d.place + 0) AS place, d.conversation_id, d.message_id, d.created_at "  # noqa: S608  # our words
    "FROM search_documents d WHERE search_vector(d.words) @@ CAST(:match AS tsquery) AND {documents} "
    "ORDER BY (d.place + 0) DESC) d "
    "CROSS JOIN LATERAL (SELECT * FROM conversations c WHERE c.id = d.conversation_id LIMIT 1) c "
    "LEFT JOIN LATERAL (SELECT * FROM messages m WHERE m.id = d.message_id LIMIT 1) m ON true "
    "WHERE c.owner_id = :owner AND c.deleted_at IS NULL AND m.deleted_at IS NULL{rest} "
    "ORDER BY d.place DESC LIMIT :limit"
)
