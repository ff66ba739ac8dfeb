"""What the model was sent for an answer: kept when that begins to grow, and told again later, as far as it can be."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import null, update

from tests.conversations.conftest import Cast
from tests.fakes.app_server import AppServer
from tests.fakes.database import open_database
from tests.fakes.markup import Markup
from tests.fakes.upstream import Upstream
from webapp.catalog.models import Model
from webapp.conversations.messages import Message, PromptMessage, Sent, Status
from webapp.conversations.sending import Line, Retold, Said, retold, sent_with, supported_options
from webapp.conversations.sending_store import SentRequests
from webapp.conversations.settings_store import ConversationSettings
from webapp.conversations.store import Conversations
from webapp.db.address import SqliteFile
from webapp.db.tables import Message as MessageRow
from webapp.db.types import new_id
from webapp.standin.steps import Say
from webapp.web.refusals import NotFoundError

LATER = timedelta(hours=1)
_TEXT = re.compile(r'<pre class="request__text">\n(.*?)</pre>', re.DOTALL)


def answer(text: str = "An answer.", edited_at: datetime | None = None) -> Message:
    key, now = new_id(), datetime.now(UTC)
    return Message(key, key, key, key, "assistant", text, Status.COMPLETE, now, edited_at=edited_at)


class TestTold:
    """The pure part: `above` is what stands above the answer by now."""

    prompt = (PromptMessage("system", "Be brief."), PromptMessage("user", "Hi"))
    sent = sent_with("m", {"seed": 1}, "Be brief.", prompt)
    lines = (Line("system", "Be brief."), Line("user", "Hi"))

    def test_what_is_as_it_was_is_told_exactly(self) -> None:
        assert retold(answer(), self.sent, [Said("user", "Hi")]) == Retold(self.sent, self.lines)

    def test_answers_without_text_were_not_sent(self) -> None:
        above = [Said("assistant", ""), Said("user", "Hi")]
        assert retold(answer(), self.sent, above) == Retold(self.sent, self.lines)

    def test_what_was_deleted_before_was_not_sent(self) -> None:
        above = [Said("user", "", deleted_at=self.sent.at - LATER), Said("user", "Hi")]
        assert retold(answer(), self.sent, above) == Retold(self.sent, self.lines)

    def test_what_was_edited_since_is_marked(self) -> None:
        told = retold(answer(), self.sent, [Said("user", "Hello", edited_at=self.sent.at + LATER)])
        assert told.lines == (self.lines[0], Line("user", "Hello", "edited since"))
        assert told.remarks == ("One message has been edited since, and stands here as it is now.",)

    def test_what_was_edited_there_and_back_is_as_it_was(self) -> None:
        above = [Said("user", "Hi", edited_at=self.sent.at + LATER)]
        assert retold(answer(), self.sent, above) == Retold(self.sent, self.lines)

    def test_what_was_deleted_since_is_counted(self) -> None:
        gone = Said("user", "", deleted_at=self.sent.at + LATER)
        told = retold(answer(), self.sent, [gone, gone])
        assert told == Retold(
            self.sent, self.lines[:1], ("2 messages have been deleted since, and do not stand here.",)
        )

    def test_what_has_changed_without_a_trace_is_told_all_the_same(self) -> None:
        """As where it was let go of for good, or came by an import."""
        told = retold(answer(), self.sent, [])
        assert told.remarks == ("Messages have been changed or deleted since. What stands here is what there is now.",)

    def test_a_continued_answer_was_sent_its_beginning(self) -> None:
        prompt = (PromptMessage("user", "Hi"), PromptMessage("assistant", "Half "))
        sent = sent_with("m", {}, "", prompt, continued=5)
        told = retold(answer("Half and half."), sent, [Said("user", "Hi")])
        assert told == Retold(sent, (Line("user", "Hi"), Line("assistant", "Half ", "how the answer began")))
        edited = retold(answer("Other", sent.at + LATER), sent, [Said("user", "Hi")])
        assert edited.remarks == ("One message has been edited since, and stands here as it is now.",)


def test_a_model_is_sent_what_it_takes() -> None:
    takes = Model("a/narrow", "Narrow", supported_parameters=("temperature",))
    options_of = supported_options({takes.id: takes}.get)
    parameters = {"temperature": 0.5, "seed": 1, "nonsense": True}
    assert options_of("a/narrow", parameters) == {"temperature": 0.5}
    assert options_of("a/narrow:online", parameters) == {"temperature": 0.5}
    assert options_of("a/unknown", parameters) == {"temperature": 0.5, "seed": 1}


# In the database


def without_seed(model: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name != "seed"}


@pytest.fixture
def conversations(cast: Cast) -> Conversations:
    return Conversations(cast.database, max_live=3, renderer_version=1, options_of=without_seed)


async def sent_for(cast: Cast, message: Message) -> Sent:
    sent = (await cast.conversations.find_message(cast.alice, message.id)).sent
    assert sent is not None
    return sent


async def told(cast: Cast, message: Message) -> Retold:
    _, found = await SentRequests(cast.database).find(cast.alice, message.id)
    assert found is not None
    return found


async def test_each_answer_keeps_what_was_sent_for_it(cast: Cast, conversations: Conversations) -> None:
    made = await conversations.add_exchange(
        cast.alice, None, "One", "m", "", system_prompt="Be brief.", parameters={"temperature": 0.5, "seed": 1}
    )
    assert made.options == {"temperature": 0.5}
    sent = await sent_for(cast, made.answer)
    assert (sent.model, sent.options, sent.system_prompt) == ("m", {"temperature": 0.5}, "Be brief.")
    assert (await cast.conversations.find_message(cast.alice, made.question.id)).sent is None
    await cast.end(made.answer.id)
    chosen = ConversationSettings(cast.database)
    await chosen.change(cast.alice, made.conversation.id, "m", "Be long.", {"max_tokens": 7})
    retry = await conversations.add_retry(cast.alice, made.answer.id, "other")
    sent = await sent_for(cast, retry.answer)
    assert (sent.model, sent.options, sent.system_prompt) == ("other", {"max_tokens": 7}, "Be long.")
    assert retry.options == sent.options
    await cast.end(retry.answer.id)
    again = await conversations.add_edited(cast.alice, made.question.id, 0, "Other", "m")
    assert again.options == {"max_tokens": 7}
    assert [line.text for line in (await told(cast, again.answer)).lines] == ["Be long.", "Other"]
    assert [line.text for line in (await told(cast, made.answer)).lines] == ["Be brief.", "One"]
    assert (await told(cast, made.answer)).remarks == ()


async def test_a_continued_answer_keeps_its_latest_run(cast: Cast, conversations: Conversations) -> None:
    made = await conversations.add_exchange(cast.alice, None, "One", "m", "", parameters={"temperature": 0.5})
    await cast.end(made.answer.id, "Half ", Status.STOPPED)
    await ConversationSettings(cast.database).change(cast.alice, made.conversation.id, "other", "Go on.", {})
    beginning = await conversations.resume(cast.alice, made.answer.id)
    assert beginning.options == {}
    sent = await sent_for(cast, made.answer)
    assert (sent.model, sent.options, sent.system_prompt, sent.continued) == ("other", {}, "Go on.", 5)
    await cast.end(made.answer.id, "Half and half.")
    found = await told(cast, made.answer)
    assert found.remarks == ()
    assert [line.text for line in found.lines] == ["Go on.", "One", "Half "]


async def test_copies_have_it_too(cast: Cast) -> None:
    made = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "", parameters={"temperature": 0.5})
    await cast.end(made.answer.id)
    sent = await sent_for(cast, made.answer)
    fork = await cast.branches.fork(cast.alice, made.answer.id)
    copy = (await cast.conversations.window(cast.alice, fork.id)).messages[-1]
    assert copy.sent == sent
    assert (await told(cast, copy)).remarks == ()
    run = (await cast.conversations.find_message(cast.alice, made.answer.id)).run
    await cast.branches.edit(cast.alice, made.answer.id, run, "Better", None)
    edited = await cast.conversations.turn(cast.alice, made.answer.id)
    assert [(await cast.conversations.find_message(cast.alice, one)).sent for one in edited.versions] == [sent, sent]


async def test_edits_and_deletions_above_are_told(cast: Cast) -> None:
    first = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "")
    await cast.end(first.answer.id, "First.")
    second = await cast.conversations.add_exchange(cast.alice, first.conversation.id, "Two", "m", "")
    await cast.end(second.answer.id, "Second.")
    assert [line.text for line in (await told(cast, second.answer)).lines] == ["One", "First.", "Two"]
    await cast.branches.edit(cast.alice, first.question.id, 0, "One, changed", None)
    await cast.branches.delete(cast.alice, first.answer.id, with_branch=False)
    found = await told(cast, second.answer)
    assert [(line.text, line.remark) for line in found.lines] == [("One, changed", "edited since"), ("Two", "")]
    assert found.remarks == (
        "One message has been edited since, and stands here as it is now.",
        "One message has been deleted since, and does not stand here.",
    )
    await cast.branches.restore(cast.alice, first.answer.id)
    assert len((await told(cast, second.answer)).remarks) == 1


async def test_of_questions_and_of_others_answers_nothing_is_found(cast: Cast) -> None:
    made = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "")
    requests = SentRequests(cast.database)
    for owner, message in ((cast.alice, made.question.id), (cast.bob, made.answer.id), (cast.alice, new_id())):
        with pytest.raises(NotFoundError):
            await requests.find(owner, message)
    await cast.end(made.answer.id)
    await cast.branches.delete(cast.alice, made.answer.id, with_branch=False)
    with pytest.raises(NotFoundError):
        await requests.find(cast.alice, made.answer.id)


# On the page


async def asked(client: httpx.AsyncClient, model: str, text: str = "Hi <b>") -> tuple[str, str]:
    """The conversation and the answer, which has ended."""
    conversation = str((await client.post("/conversations")).json()["id"])
    sent = await client.post(f"/conversations/{conversation}/messages", json={"message": text, "model": model})
    await client.get(f"/conversations/{conversation}/stream")
    return conversation, str(sent.json()["answer_id"])


def text_of(page: str) -> str:
    return " ".join("".join(Markup(page).text).split())


async def test_the_page_has_what_went_to_the_model(client: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("told-again", Say("Done."))
    conversation, first = await asked(client, model)
    settings = {"system_prompt": "\n  Be <i>brief</i>.", "temperature": "0.5", "max_tokens": "100"}
    await client.post(f"/c/{conversation}/settings", data=settings)
    retried = await client.post(f"/messages/{first}/retry", data={"model": model})
    answer = retried.headers["location"].rpartition("#m-")[2]
    await client.get(f"/conversations/{conversation}/stream")
    page = (await client.get(f"/messages/{answer}/request")).text
    messages = (await upstream.arrived("told-again", 2)).json["messages"]
    assert [unescape(one) for one in _TEXT.findall(page)] == [one["content"] for one in messages]
    assert [one["role"] for one in messages] == ["system", "user"]
    told = text_of(page)
    assert f"Model{model}" in told
    assert "temperature0.5 max_tokens100" in told
    assert "exactly as the model was given them" in told
    receipt = text_of((await client.get(f"/c/{conversation}")).text)
    assert "Temperature0.5" in receipt
    assert "Longest answer100" in receipt
    assert "System promptsent" in receipt


async def test_an_answer_of_before_says_that_it_was_not_kept(
    client: httpx.AsyncClient, upstream: Upstream, server: AppServer
) -> None:
    conversation, answer = await asked(client, await upstream.script("of-before", Say("Done.")))
    async with open_database(SqliteFile(server.database)) as database, database.write() as session:
        await session.execute(update(MessageRow).where(MessageRow.id == UUID(answer)).values(sent=null()))
    assert "was not kept" in (await client.get(f"/messages/{answer}/request")).text
    assert f"/messages/{answer}/request" not in (await client.get(f"/c/{conversation}")).text
    messages = (await client.get(f"/conversations/{conversation}")).json()["messages"]
    assert [one["sent"] for one in messages] == [None, None]


async def test_a_question_has_no_such_page(client: httpx.AsyncClient, upstream: Upstream) -> None:
    conversation, _ = await asked(client, await upstream.script("questioned", Say("Done.")))
    question = (await client.get(f"/conversations/{conversation}")).json()["messages"][0]["id"]
    assert (await client.get(f"/messages/{question}/request")).status_code == 404
