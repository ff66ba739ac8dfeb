"""What is found, on both kinds of database: the same, newest first, and nothing of anybody else."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from tests.search.conftest import BEGINNING, Shelf
from webapp.conversations.tree_store import Branches
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.types import new_id
from webapp.search.query import parse
from webapp.search.store import LOOKED_THROUGH, Span

CORPUS = (
    "The quick brown fox jumps over the lazy dog.",
    "A quick note: the fox is not brown, the Brown Fox is.",
    "Straße, ÜBER, naïve café; coöperate.",
    "東京タワーへ行きたいです。",
    "京都と東京の間",
    "한국어 검색을 시험합니다",
    "Поиск по-русски: Ёлка и ёлки",
    "हिन्दी में खोज",
    "ไทยไม่มีช่องว่าง",
    "def snake_case(x): return x.strip().lower()",
    "C++ and C# and .NET 8, e-mail: someone@example.org",
    "It costs 5 % of $1,000; see http://example.org/path?q=1",
    "مرحبا بالعالم",
    "Tax return 2026-04-15 ① ½ x²",
    "",
    "NUL \x00 and DLE \x10 in a text",
    "a" * 3_000 + " tail",
)
FOUND = {
    "fox": (1, 0),
    "FOX": (1, 0),
    "fo": (1, 0),
    "fo ": (),
    "quick fox": (1, 0),
    '"brown fox"': (1, 0),
    '"quick brown"': (0,),
    '"fox brown"': (),
    "fox -lazy": (1,),
    'fox -"quick brown"': (1,),
    "-fox brown": (),
    "strasse": (2,),
    "uber": (2,),
    "naive CAFÉ": (2,),
    "cooperate": (2,),
    "cooper": (2,),
    "東京": (4, 3),
    "東京タワー": (3,),
    "京東": (),
    "京": (4, 3),
    "한국": (5,),
    "елка": (6,),
    "по русски": (6,),
    "по-рус": (6,),
    "हिन्दी": (7,),
    "ไม่มี": (8,),
    "snake_case": (9,),
    "snake": (9,),
    "case": (9,),
    "strip().lower": (9,),
    "c++": (10,),
    "example.org": (11, 10),
    "someone@example.org": (10,),
    "1,000": (11,),
    "1000 ": (),
    "5 % of": (11,),
    "مرحبا": (12,),
    "2026-04": (13,),
    "x2": (13,),
    "dle": (15,),
    "aaaa": (16,),
    "a" * 2_000: (16,),
    "tail": (16,),
    "before:soon fox": (),
    "'; DROP TABLE messages; --": (),
    '"': (),
    "NOT fox": (1,),
    "fox AND dog": (),
    "fox*": (1, 0),
    "(fox": (1, 0),
    "a:b -": (),
    "\x00": (),
    "%": (),
    "_": (),
}


@pytest.mark.parametrize("address", ["sqlite", "postgres"], indirect=True)
async def test_of_one_corpus_each_query_finds_the_same_everywhere(shelf: Shelf) -> None:
    for number, text in enumerate(CORPUS):
        await shelf.add("", text, day=number)
    found = {query: await shelf.texts(query) for query in FOUND if str(parse(query))}
    assert {query: tuple(CORPUS.index(text) for text in texts) for query, texts in found.items()} == {
        query: FOUND[query] for query in found
    }


async def test_titles_are_found_by_themselves(shelf: Shelf) -> None:
    await shelf.add("A trip to Málaga", "Where is it?")
    assert await shelf.titles("malaga") == ["A trip to Málaga"]
    assert await shelf.texts("malaga") == []
    assert await shelf.titles("where") == []


async def test_a_title_that_changes_is_found_by_its_new_words_alone(shelf: Shelf) -> None:
    key = await shelf.add("Old words")
    await shelf.fill_index()
    async with shelf.database.write() as session:
        await session.execute(update(ConversationRow).where(ConversationRow.id == key).values(title="New ones"))
    assert (await shelf.titles("old"), await shelf.titles("ones")) == ([], ["New ones"])


async def test_nobody_finds_what_is_anothers(shelf: Shelf) -> None:
    await shelf.add("Mine", "secret plans")
    assert await shelf.texts("secret", owner=shelf.bob) == []
    assert await shelf.texts(f"t{shelf.alice.hex} secret", owner=shelf.bob) == []
    assert await shelf.texts(f"¤m{shelf.alice.hex}", owner=shelf.bob) == []


async def test_an_answer_is_found_when_it_has_ended(shelf: Shelf) -> None:
    key = await shelf.add("", "Question", "Answer so far")
    async with shelf.database.write() as session:
        mine = MessageRow.conversation_id == key
        await session.execute(update(MessageRow).where(mine, MessageRow.role == "assistant").values(status="streaming"))
    await shelf.fill_index()
    async with shelf.database.write() as session:
        await session.execute(
            update(MessageRow).where(mine, MessageRow.role == "assistant").values(content="Answer that grows on")
        )
    assert await shelf.texts("grows") == []
    async with shelf.database.write() as session:
        await session.execute(update(MessageRow).where(mine).values(status="complete"))
    assert await shelf.texts("grows") == ["Answer that grows on"]


async def test_what_is_gone_is_not_found(shelf: Shelf) -> None:
    key = await shelf.add("", "one word", "another word")
    other = await shelf.add("", "some word")
    await shelf.fill_index()
    async with shelf.database.write() as session:
        await session.execute(delete(MessageRow).where(MessageRow.conversation_id == key, MessageRow.role == "user"))
        await session.execute(update(ConversationRow).where(ConversationRow.id == other).values(deleted_at=BEGINNING))
    assert await shelf.texts("word") == ["another word"]


async def test_a_conversation_that_is_gone_before_its_turn_is_passed_over(shelf: Shelf) -> None:
    key = await shelf.add("Gone", "gone")
    async with shelf.database.write() as session:
        await session.execute(delete(MessageRow).where(MessageRow.conversation_id == key))
        await session.execute(delete(ConversationRow).where(ConversationRow.id == key))
    assert await shelf.texts("gone") == []


async def test_filters_narrow_it(shelf: Shelf) -> None:
    await shelf.add("", "word one", "word by one", pinned=True)
    await shelf.add("", "word two", "word by two", model="other/two", archived=True, day=2)
    async with shelf.database.write() as session:
        await session.execute(
            update(MessageRow).where(MessageRow.content == "word by two").values(model="other/two-mini")
        )
    assert await shelf.texts("word model:other") == ["word by two", "word two"]
    assert await shelf.texts("word model:mini") == ["word by two"]
    assert await shelf.texts("word is:pinned") == ["word by one", "word one"]
    assert await shelf.texts("word is:archived is:pinned") == []
    day = BEGINNING + timedelta(days=1)
    assert await shelf.texts("word", Span(after=day)) == ["word by two", "word two"]
    assert await shelf.texts("word", Span(before=day)) == ["word by one", "word one"]
    assert await shelf.texts("word", Span(BEGINNING + timedelta(minutes=1), day)) == ["word by one"]


async def test_pages_follow_each_other_without_a_gap(shelf: Shelf) -> None:
    await shelf.add("", *(f"word {number}" for number in range(25)))
    await shelf.fill_index()
    found, below = [], None
    while hits := await shelf.store.find(shelf.alice, parse("word"), titles=False, limit=10, below=below):
        found += [hit.content for hit in hits]
        below = hits[-1].place
    assert found == [f"word {number}" for number in reversed(range(25))]


async def test_thousands_of_one_moment_have_places_of_their_own(shelf: Shelf) -> None:
    """As when they were brought along from elsewhere: drawn once, some of them would have the same."""
    key = await shelf.add("")
    rows = [
        {
            "id": new_id(),
            "conversation_id": key,
            "owner_id": shelf.alice,
            "role": "user",
            "content": "word",
            "reasoning": "",
            "citations": [],
            "status": "complete",
            "stop_requested": False,
            "created_at": BEGINNING,
            **dict.fromkeys(("finish_reason", "error_code", "error_message", "model", "provider", "generation_id"), ""),
        }
        for _ in range(6_000)
    ]
    async with shelf.database.write() as session:
        await session.execute(insert(MessageRow), rows)
    while await shelf.store.index_some(1_000):
        pass
    hits = await shelf.store.find(shelf.alice, parse("word"), titles=False, limit=10_000)
    assert len({hit.place for hit in hits}) == 6_000


async def test_a_very_long_text_is_found_by_its_beginning(shelf: Shelf) -> None:
    await shelf.add("", " ".join(f"w{number}" for number in range(400_000)))
    assert len(await shelf.texts("w1000 ")) == 1
    assert await shelf.texts("w399999 ") == []


async def test_a_deleted_message_is_not_found_until_it_is_taken_back(shelf: Shelf) -> None:
    await shelf.add("Foxes", "A red fox", "A grey fox")
    red = update(MessageRow).where(MessageRow.content == "A red fox")
    for deleted_at, found in ((BEGINNING, ["A grey fox"]), (None, ["A grey fox", "A red fox"])):
        async with shelf.database.write() as session:
            await session.execute(red.values(deleted_at=deleted_at))
        assert await shelf.texts("fox") == found
    assert await shelf.titles("foxes") == ["Foxes"]


async def test_an_edited_message_is_found_by_what_it_says_now(shelf: Shelf) -> None:
    conversation = await shelf.add("Foxes", "A red fox")
    assert await shelf.texts("red") == ["A red fox"]
    branches = Branches(shelf.database, renderer_version=1)
    async with shelf.database.read() as session:
        message = await session.scalar(select(MessageRow.id).where(MessageRow.conversation_id == conversation))
    assert message is not None
    await branches.edit(shelf.alice, message, 0, "A blue fox", None)
    assert await shelf.texts("blue") == ["A blue fox"]
    assert await shelf.texts("red") == ["A red fox"]  # the earlier text, which is a version beside it


async def test_of_a_very_long_message_the_beginning_is_looked_through(shelf: Shelf) -> None:
    """It is found by any word that the index has, and marked if that is near enough to its beginning."""
    text = "one " * LOOKED_THROUGH + "last"
    await shelf.add("", text)
    assert [len(found) for found in await shelf.texts("one")] == [LOOKED_THROUGH]
    assert text.startswith((await shelf.texts("last"))[0])
