"""What was read becomes conversations: whole, once, its owner's, and the same as it was."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import update

from tests.documents.conftest import Cast
from tests.fakes import exports
from tests.fakes.apart import apart
from tests.fakes.database import migrated_file, open_database
from tests.fakes.documents import ASKED, NOW, document, message
from tests.fakes.gallery import gallery_of
from tests.fakes.law import read
from webapp.conversations.messages import Sent, Source
from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Import as ImportRow
from webapp.db.tables import Message as MessageRow
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id
from webapp.documents.document import Document, DocumentMessage, DocumentPicture
from webapp.documents.imports.ids import message_names, origins
from webapp.documents.imports.importer import Importer
from webapp.documents.imports.items import Item
from webapp.documents.imports.store import GOES_ON, SILENT_AFTER, ImportStore, Listed
from webapp.documents.store import DocumentStore
from webapp.documents.streams import json_pieces
from webapp.rendering.safety import unturned
from webapp.sandbox.sandbox import Sandbox
from webapp.web.refusals import ConflictError, NotFoundError

CLAUDE_ROOT = "00000000-0000-4000-8000-000000000000"  # above the first message of Claude's
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def item(value: Any) -> Item:
    found = read(value)
    made = found.document
    names, data = origins(found.format.key, made), msgspec.json.encode(made)
    return Item(made.title, "", found.format.key, made.id, message_names(made), names, data)


async def bring_in(store: ImportStore, owner: UUID, items: Sequence[Item]) -> UUID:
    """The whole way of a file, without the file."""
    key = await store.begin(owner, "file.json")
    await store.add_items(owner, key, 0, items)
    await store.turn(owner, key, "reading", "ready")
    await store.turn(owner, key, "ready", "importing")
    while await store.bring_in(owner, key):
        pass
    return key


async def exported(store: DocumentStore, owner: UUID) -> list[Document]:
    """All of the owner's as JSON has them, pictures included."""

    async def data(picture: DocumentPicture) -> bytes | None:
        return await store.picture(owner, picture)

    written = [b"".join([piece async for piece in json_pieces(one, data)]) async for one in store.documents(owner)]
    return [msgspec.json.decode(one, type=Document) for one in written]


def renamed(one: Document) -> Document:
    """With other ids, by place: those of the database are its own."""
    names = {message.id: f"m{place}" for place, message in enumerate(one.messages)}
    messages = [
        replace(
            message,
            id=names[message.id],
            parent_id=names.get(message.parent_id or ""),
            origin="",
            pictures=tuple(replace(picture, id="p", name="") for picture in message.pictures),
        )
        for message in one.messages
    ]
    return replace(
        one, id="c", origins=(), active_leaf_id=names.get(one.active_leaf_id or ""), messages=tuple(messages)
    )


# There and back

WORDS = st.text(st.characters(codec="utf-8"), max_size=30)
TIMES = st.datetimes(NOW.replace(year=1990, tzinfo=None), NOW.replace(tzinfo=None)).map(
    lambda when: when.replace(tzinfo=NOW.tzinfo)
)
NUMBERS = st.none() | st.integers(0, 2**62)
PICTURES = st.lists(st.just(DocumentPicture(id="p", media_type="image/png", name="a", data=PNG)), max_size=2).map(tuple)
MESSAGES = st.builds(
    DocumentMessage,
    id=st.just(""),
    role=st.sampled_from(["system", "user", "assistant"]),
    content=WORDS,
    reasoning=WORDS,
    status=st.sampled_from(["complete", "stopped", "interrupted", "failed"]),
    created_at=TIMES,
    finished_at=st.none() | TIMES,
    model=WORDS,
    provider=WORDS,
    generation_id=WORDS,
    finish_reason=WORDS,
    error_code=WORDS,
    error_message=WORDS,
    prompt_tokens=NUMBERS,
    completion_tokens=NUMBERS,
    reasoning_tokens=NUMBERS,
    cached_tokens=NUMBERS,
    first_token_ms=NUMBERS,
    duration_ms=NUMBERS,
    reasoning_ms=NUMBERS,
    cost=st.none() | st.decimals(0, 1000, places=6).map(lambda cost: cost.normalize() + 0),
    sent=st.none()
    | st.builds(
        Sent,
        model=WORDS,
        options=st.dictionaries(WORDS, st.none() | WORDS | st.integers(0, 9), max_size=2),
        system_prompt=WORDS,
        at=TIMES,
        digest=WORDS,
        continued=st.integers(0, 9),
    ),
    sources=st.lists(
        st.builds(Source, WORDS.map(lambda words: f"https://example.org/{quote(words)}"), WORDS), max_size=2
    ).map(tuple),
    pictures=PICTURES,
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any tree of messages at all."""
    messages = list[DocumentMessage]()
    for place, one in enumerate(draw(st.lists(MESSAGES, max_size=6))):
        parent = draw(st.none() | st.integers(0, place - 1)) if place else None
        messages.append(replace(one, id=f"m{place}", parent_id=None if parent is None else f"m{parent}"))
    return Document(
        id=draw(st.uuids().map(str)),
        title=unturned(draw(WORDS)) or "Untitled",
        title_is_given=draw(st.booleans()),
        model=draw(WORDS),
        system_prompt=draw(WORDS),
        parameters=draw(st.dictionaries(WORDS, st.none() | st.booleans() | WORDS | st.integers(0, 9), max_size=2)),
        pinned=draw(st.booleans()),
        archived=draw(st.booleans()),
        created_at=draw(TIMES),
        updated_at=draw(TIMES),
        active_leaf_id=draw(st.sampled_from([None, *(one.id for one in messages)])),
        messages=tuple(messages),
    )


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(documents(), min_size=1, max_size=3, unique_by=lambda one: one.created_at))
def test_export_import_export_is_the_identity(tmp_path: Path, made: list[Document]) -> None:
    """But for the ids. And what came in once does not come in again, whichever of the exports it is."""

    async def work() -> None:
        async with open_database(migrated_file(tmp_path / f"{new_id()}.db")) as database:
            alice, bob = await _users(database)
            documents, imports = DocumentStore(database, gallery_of(database)), ImportStore(database)
            await bring_in(imports, alice, [item(one) for one in made])
            first = await exported(documents, alice)
            assert [renamed(one) for one in first] == [
                renamed(one) for one in sorted(made, key=lambda one: one.created_at)
            ]
            await bring_in(imports, bob, [item(one) for one in first])
            assert [renamed(one) for one in await exported(documents, bob)] == [renamed(one) for one in first]
            for again in (made, first):
                key = await bring_in(imports, alice, [item(one) for one in again])
                assert (await imports.tally(alice, key)).known == len(made)
            assert await exported(documents, alice) == first

    apart(work())


async def _users(database: Database) -> tuple[UUID, UUID]:
    alice, bob = new_id(), new_id()
    async with database.write() as session:
        session.add_all(UserRow(id=key, name=str(key), created_at=NOW) for key in (alice, bob))
    return alice, bob


FULL = document(
    ASKED,
    message(
        2,
        1,
        "assistant",
        "Nul\x00 and é.",
        reasoning="Hm.",
        cost=Decimal("0.000000000001"),
        sent=Sent("a/model", {"reasoning": {"effort": "low"}}, "Be\x00 brief.", NOW, "d"),
        sources=(Source("https://example.org/", "A\x00"),),
        pictures=(DocumentPicture(id="p", media_type="image/png", data=PNG),),
    ),
    message(3, 1, "assistant", "Another."),
    parameters={"temperature": 0.5},
)


async def test_both_databases_keep_all_of_it(cast: Cast) -> None:
    await bring_in(cast.imports, cast.alice, [item(FULL)])
    (one,) = await exported(cast.documents, cast.alice)
    assert renamed(one) == renamed(FULL)
    page = await cast.conversations.page(cast.alice)
    window = await cast.conversations.window(cast.alice, page[0].id)
    assert [message.content for message in window.messages] == ["Hi", "Another."]


async def test_other_programs_come_in_as_well(cast: Cast) -> None:
    files = [exports.chatgpt(), exports.claude(), exports.openwebui(), exports.librechat()]
    key = await bring_in(cast.imports, cast.alice, [item(one) for one in files])
    assert (await cast.imports.find(cast.alice, key)).state == "done"
    titles = [one.title for one in await exported(cast.documents, cast.alice)]
    assert sorted(titles) == ["Colours", "Letters", "Primes", "Sums"]
    again = await bring_in(cast.imports, cast.alice, [item(one) for one in files])
    assert (await cast.imports.tally(cast.alice, again)).known == 4


async def test_what_is_twice_in_a_file_comes_once(cast: Cast) -> None:
    key = await bring_in(cast.imports, cast.alice, [item(exports.claude())] * 2)
    tally = await cast.imports.tally(cast.alice, key)
    assert (tally.done, tally.known, tally.messages) == (1, 1, 2)


@pytest.mark.parametrize("foreign", [False, True])
async def test_moving_there_and_back_brings_nothing_twice(cast: Cast, foreign: bool) -> None:
    """Alice and Bob stand for two installations: neither finds anything of the other's."""
    await bring_in(cast.imports, cast.alice, [item(exports.chatgpt() if foreign else FULL)])
    (hers,) = await exported(cast.documents, cast.alice)
    await bring_in(cast.imports, cast.bob, [item(hers)])
    (his,) = await exported(cast.documents, cast.bob)
    for owner, file in ((cast.alice, his), (cast.bob, hers), (cast.bob, exports.chatgpt() if foreign else FULL)):
        key = await bring_in(cast.imports, owner, [item(file)])
        assert (await cast.imports.tally(owner, key)).known == 1
    assert await exported(cast.documents, cast.alice) == [hers]


def grown(value: dict[str, Any], text: str) -> dict[str, Any]:
    """The same export of Claude's, in which the conversation has gone on."""
    more = {"uuid": text, "sender": "human", "text": text, "created_at": "2025-04-01T10:00:00Z"}
    return value | {"chat_messages": [*value["chat_messages"], more], "updated_at": "2025-04-01T10:00:00Z"}


async def test_a_conversation_that_has_grown_brings_what_is_new(cast: Cast) -> None:
    await bring_in(cast.imports, cast.alice, [item(exports.claude())])
    key = await bring_in(cast.imports, cast.alice, [item(grown(exports.claude(), "And now?"))])
    (one,) = await exported(cast.documents, cast.alice)
    assert await cast.imports.listed(cast.alice, key, 9) == [Listed("Letters", "done", 1, GOES_ON, UUID(one.id))]
    assert [message.content for message in one.branch][-2:] == ["[Tool used: search]\n\nA letter.", "And now?"]
    assert one.updated_at.isoformat() == "2025-04-01T10:00:00+00:00"
    again = await bring_in(cast.imports, cast.alice, [item(grown(exports.claude(), "And now?"))])
    assert (await cast.imports.tally(cast.alice, again)).known == 1


async def test_what_the_reader_has_changed_stays_as_it_is(cast: Cast) -> None:
    """What is new in the file becomes a branch beside it."""
    await bring_in(cast.imports, cast.alice, [item(exports.claude())])
    (one,) = await exported(cast.documents, cast.alice)
    async with cast.database.write() as session:
        answer = await session.get_one(MessageRow, UUID(one.messages[1].id))
        answer.content = "Changed."
        session.add(question(answer, "Mine"))
        await session.flush()
        row = await session.get_one(ConversationRow, answer.conversation_id)
        row.title, row.active_leaf_id = "My title", MINE
    await bring_in(cast.imports, cast.alice, [item(grown(exports.claude(), "And now?"))])
    (now,) = await exported(cast.documents, cast.alice)
    assert (now.title, [message.content for message in now.branch][1:]) == ("My title", ["Changed.", "Mine"])
    assert [message.content for message in now.messages if message.parent_id == one.messages[1].id] == [
        "Mine",
        "And now?",
    ]


MINE = new_id()


def question(above: MessageRow, content: str) -> MessageRow:
    return MessageRow(
        id=MINE,
        conversation_id=above.conversation_id,
        owner_id=above.owner_id,
        parent_id=above.id,
        role="user",
        content=content,
        status="complete",
        created_at=NOW,
    )


async def test_what_both_have_added_meets_in_one_conversation(cast: Cast) -> None:
    await bring_in(cast.imports, cast.alice, [item(FULL)])
    (hers,) = await exported(cast.documents, cast.alice)
    await bring_in(cast.imports, cast.bob, [item(hers)])
    (his,) = await exported(cast.documents, cast.bob)
    more = message(9, None, "user", "From Bob.")
    his = replace(his, messages=(*his.messages, replace(more, parent_id=his.active_leaf_id)), active_leaf_id="m9")
    await bring_in(cast.imports, cast.alice, [item(his)])
    (both,) = await exported(cast.documents, cast.alice)
    assert [one.content for one in both.branch] == ["Hi", "Another.", "From Bob."]
    assert len(both.messages) == 4


async def forget_origins(cast: Cast) -> None:
    """What was imported before origins were kept has none: it is known by the ids that imports have given."""
    async with cast.database.write() as session:
        await session.execute(update(ConversationRow).values(origins=None))
        await session.execute(update(MessageRow).values(origin=""))


@pytest.mark.parametrize("made", [exports.chatgpt, exports.claude, exports.openwebui, exports.librechat])
async def test_what_came_before_origins_were_kept_is_known(cast: Cast, made: Any) -> None:
    await bring_in(cast.imports, cast.alice, [item(made())])
    await forget_origins(cast)
    key = await bring_in(cast.imports, cast.alice, [item(made())])
    assert (await cast.imports.tally(cast.alice, key)).known == 1
    assert len(await exported(cast.documents, cast.alice)) == 1


async def test_what_came_before_origins_were_kept_grows(cast: Cast) -> None:
    await bring_in(cast.imports, cast.alice, [item(exports.claude())])
    await forget_origins(cast)
    for _ in range(2):
        await bring_in(cast.imports, cast.alice, [item(grown(exports.claude(), "And now?"))])
    (one,) = await exported(cast.documents, cast.alice)
    assert [message.content for message in one.branch][1:] == ["[Tool used: search]\n\nA letter.", "And now?"]
    assert len(one.messages) == 3


async def test_what_came_before_origins_were_kept_moves_there_and_back(cast: Cast) -> None:
    await bring_in(cast.imports, cast.alice, [item(exports.claude())])
    await forget_origins(cast)
    (hers,) = await exported(cast.documents, cast.alice)
    await bring_in(cast.imports, cast.bob, [item(hers)])
    (his,) = await exported(cast.documents, cast.bob)
    key = await bring_in(cast.imports, cast.alice, [item(his)])
    assert (await cast.imports.tally(cast.alice, key)).known == 1


def edited(value: dict[str, Any], text: str) -> dict[str, Any]:
    """The same export of Claude's, in which the first question was asked in other words."""
    parents = [CLAUDE_ROOT, "k-m1"]
    rows = [{**one, "parent_message_uuid": above} for one, above in zip(value["chat_messages"], parents, strict=True)]
    more = {"uuid": text, "sender": "human", "text": text, "parent_message_uuid": CLAUDE_ROOT}
    return value | {"chat_messages": [*rows, {**more, "created_at": "2025-04-01T10:00:00Z"}]}


async def test_a_new_branch_of_the_file_is_a_branch_here(cast: Cast) -> None:
    await bring_in(cast.imports, cast.alice, [item(exports.claude())])
    for _ in range(2):
        await bring_in(cast.imports, cast.alice, [item(edited(exports.claude(), "Read that."))])
    (one,) = await exported(cast.documents, cast.alice)
    assert [message.content for message in one.messages if message.parent_id is None][1:] == ["Read that."]
    assert len(one.messages) == 3


async def test_a_conversation_that_was_deleted_stays_deleted(cast: Cast) -> None:
    await bring_in(cast.imports, cast.alice, [item(exports.claude())])
    async with cast.database.write() as session:
        await session.execute(update(ConversationRow).values(deleted_at=NOW))
    key = await bring_in(cast.imports, cast.alice, [item(grown(exports.claude(), "And now?"))])
    assert (await cast.imports.tally(cast.alice, key)).known == 1


async def test_the_ids_of_a_file_reach_nothing_of_anybody(cast: Cast) -> None:
    """Ids in a file are names in it: those of Bob's conversation and messages lead Alice to copies of her own."""
    await bring_in(cast.imports, cast.bob, [item(FULL)])
    (his,) = await exported(cast.documents, cast.bob)
    await bring_in(cast.imports, cast.alice, [item(his)])
    (hers,) = await exported(cast.documents, cast.alice)
    assert renamed(hers) == renamed(his)
    assert {one.id for one in hers.messages}.isdisjoint({one.id for one in his.messages})
    assert await exported(cast.documents, cast.bob) == [his]


async def test_what_is_bad_is_told_first_and_the_rest_comes_in(cast: Cast) -> None:
    items = [item(exports.claude()), Item("Rings", "Its messages answer each other in a ring.")]
    key = await bring_in(cast.imports, cast.alice, items)
    assert [(one.title, one.state) for one in await cast.imports.listed(cast.alice, key, 9)] == [
        ("Rings", "bad"),
        ("Letters", "done"),
    ]
    assert await cast.documents.count(cast.alice) == 1


async def test_nobody_finds_the_import_of_another(cast: Cast) -> None:
    key = await cast.imports.begin(cast.alice, "file.json")
    await cast.imports.add_items(cast.alice, key, 0, [item(exports.claude())])
    await cast.imports.turn(cast.alice, key, "reading", "ready")
    with pytest.raises(NotFoundError):
        await cast.imports.find(cast.bob, key)
    with pytest.raises(NotFoundError):
        await cast.imports.turn(cast.bob, key, "ready", "importing")
    with pytest.raises(NotFoundError):
        await cast.imports.bring_in(cast.bob, key)
    assert await cast.imports.listed(cast.bob, key, 9) == []
    assert (await cast.imports.tally(cast.bob, key)).total == 0
    with pytest.raises(NotFoundError):
        await cast.imports.delete(cast.bob, key)
    assert (await cast.imports.find(cast.alice, key)).state == "ready"


async def test_one_at_a_time_is_worked_on(cast: Cast) -> None:
    first = await cast.imports.begin(cast.alice, "file.json")
    with pytest.raises(ConflictError):
        await cast.imports.begin(cast.alice, "other.json")
    await cast.imports.begin(cast.bob, "his.json")
    await cast.imports.turn(cast.alice, first, "reading", "ready")
    second = await cast.imports.begin(cast.alice, "other.json")
    with pytest.raises(NotFoundError):
        await cast.imports.find(cast.alice, first)
    assert await cast.imports.latest(cast.alice) == await cast.imports.find(cast.alice, second)


async def test_an_import_is_confirmed_once(cast: Cast) -> None:
    key = await cast.imports.begin(cast.alice, "file.json")
    with pytest.raises(ConflictError):
        await cast.imports.turn(cast.alice, key, "ready", "importing")


async def silence(cast: Cast, key: UUID) -> None:
    """As if whoever works on it had died long ago."""
    async with cast.database.write() as session:
        await session.execute(
            update(ImportRow).where(ImportRow.id == key).values(heartbeat_at=moment(SILENT_AFTER * 2))
        )


async def test_who_looks_at_an_import_whose_process_has_died_goes_on_with_it(cast: Cast) -> None:
    key = await cast.imports.begin(cast.alice, "file.json")
    await cast.imports.add_items(cast.alice, key, 0, [item(exports.claude())])
    await cast.imports.turn(cast.alice, key, "reading", "ready")
    await cast.imports.turn(cast.alice, key, "ready", "importing")
    assert not await cast.imports.claim(cast.alice, key)
    await silence(cast, key)
    sent = await cast.imports.find(cast.alice, key)
    assert sent.is_silent
    importer = Importer(
        cast.imports,
        gallery_of(cast.database),
        Sandbox(),
        max_bytes=1_000_000,
        default_model=lambda: "the/default",
    )
    await importer.look_after(cast.bob, sent)
    await importer.look_after(cast.alice, sent)
    await importer.look_after(cast.alice, sent)
    await importer.idle()
    assert (await cast.imports.find(cast.alice, key)).state == "done"
    assert [one.model async for one in cast.documents.documents(cast.alice)] == ["the/default"]


async def test_what_lies_too_long_is_let_go_of(cast: Cast) -> None:
    kept, old = await cast.imports.begin(cast.bob, "kept.json"), await cast.imports.begin(cast.alice, "old.json")
    async with cast.database.write() as session:
        await session.execute(update(ImportRow).where(ImportRow.id == old).values(expires_at=NOW.replace(year=2020)))
    await cast.imports.sweep()
    assert (await cast.imports.find(cast.bob, kept)).name == "kept.json"
    with pytest.raises(NotFoundError):
        await cast.imports.find(cast.alice, old)


async def test_a_file_that_was_being_read_by_a_dead_process_is_lost(cast: Cast) -> None:
    key = await cast.imports.begin(cast.alice, "file.json")
    await silence(cast, key)
    assert (await cast.imports.find(cast.alice, key)).is_lost
    await cast.imports.begin(cast.alice, "again.json")
