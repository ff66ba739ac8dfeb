"""Pages of conversations, as the templates are given them."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import update

from tests.fakes.model_source import FakeModelSource, entry
from tests.fakes.scene import Process, Scene, open_process
from webapp.accounts.tickets_store import Tickets
from webapp.app import ROOT
from webapp.catalog.catalog import Catalog
from webapp.catalog.models import Model
from webapp.catalog.store import ModelStore
from webapp.conversations.archiving import Archiving
from webapp.conversations.listing import Listed, View
from webapp.conversations.listing_presenter import ListingPresenter
from webapp.conversations.listing_store import Listing
from webapp.conversations.messages import Beginning, Message
from webapp.conversations.pages import grouped_models, listed
from webapp.conversations.presenter import WINDOW, Place, Presenter
from webapp.conversations.renderings import Renderer
from webapp.conversations.store import PAGE
from webapp.conversations.tags_store import Tags
from webapp.conversations.tree_store import Branches
from webapp.db.tables import Message as MessageRow
from webapp.db.types import new_id
from webapp.rendering.markdown import RENDERER_VERSION
from webapp.services.events import Citation, Reasoning, Started
from webapp.web.assets import Assets
from webapp.web.refusals import NotFoundError, TooLargeError
from webapp.web.templating import Templates

NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Stage(NamedTuple):
    scene: Scene
    presenter: Presenter
    alice: UUID

    @property
    def listing_presenter(self) -> ListingPresenter:
        database = self.scene.here.database
        listing = Listing(database)
        archiving = Archiving(listing, Tickets(database))
        return ListingPresenter(self.presenter, listing, archiving, Tags(database), is_demo=False)

    async def answered(self, question: str = "Go", text: str = "Done.", conversation: UUID | None = None) -> Message:
        """An answer that has ended."""
        answer, call = await self.scene.here.ask(self.alice, question, conversation)
        await call.says(text)
        await call.ends()
        return await self.scene.ended(answer)


@pytest.fixture(scope="module")
def templates() -> Templates:
    assets = Assets(ROOT / "static", ROOT / "node_modules")
    return Templates(ROOT / "templates", assets, app_title="Open Chat")


@pytest.fixture
async def stage(scene: Scene, templates: Templates) -> Stage:
    return Stage(scene, await presenter_of(scene.here, templates), scene.alice)


async def presenter_of(process: Process, templates: Templates) -> Presenter:
    catalog = Catalog(
        ModelStore(process.database), FakeModelSource(entry("listed/first", "Listed: First"), entry("some/model"))
    )
    await catalog.refresh()
    branches = Branches(process.database, renderer_version=RENDERER_VERSION)
    parts = (process.conversations, branches, process.store, process.replies, catalog, Listing(process.database))
    return Presenter(templates, *parts, is_demo=False, max_message_bytes=1_000, renderer=Renderer(process.sandbox))


# The beginning


async def test_the_first_page_offers_the_first_model_of_the_list(stage: Stage) -> None:
    page = await stage.presenter.new_page(stage.alice)
    assert page.conversation is None
    assert (page.composer.action, page.composer.model) == ("/c", "listed/first")
    assert page.list.conversations == ()


async def test_a_new_conversation_begins_with_the_model_used_last(stage: Stage) -> None:
    await stage.answered()
    assert (await stage.presenter.new_page(stage.alice)).composer.model == "some/model"
    assert (await stage.presenter.new_page(stage.scene.bob)).composer.model == "listed/first"


async def test_every_page_has_a_client_id_of_its_own(stage: Stage) -> None:
    pages = [await stage.presenter.new_page(stage.alice) for _ in range(2)]
    assert pages[0].composer.client_id != pages[1].composer.client_id


# A conversation


async def test_a_conversation_is_shown_with_its_turns(stage: Stage) -> None:
    answer = await stage.answered("Question?", "**Answer.**")
    page = await stage.presenter.chat_page(stage.alice, answer.conversation_id)
    question, answered = page.turns
    assert (page.title, question.message.content) == ("Question?", "Question?")
    assert answered.body == "<p><strong>Answer.</strong></p>\n"
    assert page.composer.action == f"/c/{answer.conversation_id}/messages"
    assert page.composer.live_answer is None
    assert [one.id for one in page.list.conversations] == [page.list.current] == [answer.conversation_id]


async def test_a_growing_answer_is_shown_as_it_stands_in_memory(stage: Stage) -> None:
    answer, call = await stage.scene.here.ask(stage.alice)
    await call.gives(Reasoning("Hm."), Citation("https://example.org", "A"))
    await call.says("One.\n\nTw")
    page = await stage.presenter.chat_page(stage.alice, answer.conversation_id)
    turn = page.turns[-1]
    assert (turn.body, turn.tail) == ("<p>One.</p>\n", "<p>Tw</p>\n")
    assert (turn.reasoning, len(turn.sources)) == ("Hm.", 0)
    assert turn.cursor == "5-3"
    assert page.composer.live_answer == answer.id
    await call.ends()


async def test_a_growing_answer_of_another_process_is_shown_from_its_checkpoint(
    stage: Stage, templates: Templates
) -> None:
    answer, call = await stage.scene.here.ask(stage.alice)
    await call.says("One.\n\nTw")
    await stage.scene.here.store.checkpointed()
    async with open_process(stage.scene.address) as there:
        presenter = await presenter_of(there, templates)
        turn = (await presenter.chat_page(stage.alice, answer.conversation_id)).turns[-1]
    assert (turn.body, turn.tail) == ("<p>One.</p>\n", "<p>Tw</p>\n")
    await call.ends()


async def test_a_model_is_called_by_its_name_and_an_unlisted_one_by_its_id(stage: Stage) -> None:
    answer, call = await stage.scene.here.ask(stage.alice)
    await call.gives(Started("gen-1", "listed/first-2026-01-01", "Provider"))
    await call.says("Here.")
    await call.ends()
    named = await stage.presenter.turn(stage.alice, await stage.scene.ended(answer))
    assert named.turn.model_name == "First"
    unnamed = await stage.presenter.turn(stage.alice, await stage.answered())
    assert unnamed.turn.model_name == "some/model"


async def test_html_of_an_older_renderer_is_made_anew_and_kept(stage: Stage) -> None:
    answer = await stage.answered(text="**Bold.**")
    async with stage.scene.here.database.write() as session:
        change = update(MessageRow).where(MessageRow.id == answer.id)
        await session.execute(change.values(html="<p>old</p>", renderer_version=0))
    page = await stage.presenter.chat_page(stage.alice, answer.conversation_id)
    assert page.turns[-1].body == "<p><strong>Bold.</strong></p>\n"
    assert (await stage.scene.message(answer)).html == "<p><strong>Bold.</strong></p>\n"


async def test_thoughts_are_rendered_when_the_answer_has_ended(stage: Stage) -> None:
    answer, call = await stage.scene.here.ask(stage.alice)
    await call.gives(Reasoning("**Plan**\n\nA < B"))
    await call.says("Done.")
    growing = await stage.presenter.chat_page(stage.alice, answer.conversation_id)
    assert growing.turns[-1].reasoning == "**Plan**\n\nA < B"
    await call.ends()
    ended = await stage.presenter.turn(stage.alice, await stage.scene.ended(answer))
    assert ended.turn.reasoning == "<p><strong>Plan</strong></p>\n<p>A &lt; B</p>\n"
    assert ended.turn.thought_ms is not None


async def test_thoughts_from_before_there_were_renderings_of_them_are_rendered(stage: Stage) -> None:
    answer = await stage.answered()
    async with stage.scene.here.database.write() as session:
        change = update(MessageRow).where(MessageRow.id == answer.id)
        await session.execute(change.values(reasoning="*Hm*", reasoning_html=None))
    page = await stage.presenter.chat_page(stage.alice, answer.conversation_id)
    assert page.turns[-1].reasoning == "<p><em>Hm</em></p>\n"


async def test_a_message_far_above_has_links_both_ways(stage: Stage) -> None:
    answer = await stage.answered("Question 0")
    first = answer.id
    for number in range(1, WINDOW // 2 + 2):
        answer = await stage.answered(f"Question {number}", conversation=answer.conversation_id)
    address = f"/c/{answer.conversation_id}"
    page = await stage.presenter.chat_page(stage.alice, answer.conversation_id, Place(at=first))
    assert page.turns[1].message.id == first
    assert (page.earlier_url, page.newest_url) == (None, address)
    assert page.later_url == f"{address}?after={page.turns[-1].message.id}"
    assert page.composer.is_below_earlier
    later = await stage.presenter.later_turns(stage.alice, answer.conversation_id, page.turns[-1].message.id)
    assert later.turns[-1].message.id == answer.id
    assert later.url is None
    newest = await stage.presenter.chat_page(stage.alice, answer.conversation_id, Place(at=answer.id))
    assert (newest.later_url, newest.newest_url, newest.composer.is_below_earlier) == (None, None, False)


async def test_a_long_conversation_has_a_link_to_what_is_above(stage: Stage) -> None:
    answer = await stage.answered("Question 0")
    for number in range(1, WINDOW // 2 + 2):
        answer = await stage.answered(f"Question {number}", conversation=answer.conversation_id)
    page = await stage.presenter.chat_page(stage.alice, answer.conversation_id)
    assert len(page.turns) == WINDOW
    assert page.earlier_url == f"/c/{answer.conversation_id}?before={page.turns[0].message.id}"
    more = await stage.presenter.earlier_turns(stage.alice, answer.conversation_id, page.turns[0].message.id)
    assert [turn.message.content for turn in more.turns] == ["Question 0", "Done.", "Question 1", "Done."]
    assert more.url is None
    above = await stage.presenter.chat_page(stage.alice, answer.conversation_id, Place(page.turns[0].message.id))
    assert [turn.message.content for turn in above.turns] == ["Question 0", "Done.", "Question 1", "Done."]
    assert above.earlier_url is None


async def test_nobody_sees_what_belongs_to_another(stage: Stage) -> None:
    answer = await stage.answered()
    bob = stage.scene.bob
    for attempt in (
        stage.presenter.find(bob, answer.id),
        stage.presenter.chat_page(bob, answer.conversation_id),
        stage.presenter.chat_page(bob, answer.conversation_id, Place(before=answer.id)),
        stage.presenter.chat_page(bob, answer.conversation_id, Place(after=answer.id)),
        stage.presenter.chat_page(bob, answer.conversation_id, Place(at=answer.id)),
        stage.presenter.earlier_turns(bob, answer.conversation_id, answer.id),
        stage.presenter.later_turns(bob, answer.conversation_id, answer.id),
        stage.presenter.turn(bob, answer),
        stage.presenter.news_of_turns(bob, answer.conversation_id, answer.id),
        stage.listing_presenter.older(bob, View(), answer.conversation_id),
        stage.listing_presenter.organise_page(bob, answer.conversation_id),
    ):
        with pytest.raises(NotFoundError):
            await attempt


# After a send


async def test_a_send_changes_turns_list_and_button(stage: Stage) -> None:
    here = stage.scene.here
    exchange = await here.conversations.add_exchange(stage.alice, None, "Go", "some/model", "c1")
    call = await here.start(Beginning(exchange.answer, "some/model", exchange.prompt))
    changed = await stage.presenter.new_turns(stage.alice, exchange)
    assert [turn.message.role for turn in changed.turns] == ["user", "assistant"]
    assert [one.id for one in changed.list.conversations] == [exchange.conversation.id]
    assert changed.composer.live_answer == exchange.answer.id
    await call.ends()


async def test_a_refused_send_gets_its_text_model_and_client_id_back(stage: Stage) -> None:
    answer = await stage.answered()
    refusal = TooLargeError("Too long.")
    for conversation in (None, answer.conversation_id):
        page = await stage.presenter.refused_page(
            stage.alice, conversation, refusal, text="What I wrote", model="typed/model", client_id="c7"
        )
        composer = page.composer
        assert (composer.text, composer.error, composer.client_id) == ("What I wrote", "Too long.", "c7")
        assert composer.model == "typed/model"
        assert composer.groups[0].models[0].id == "typed/model"
        assert (page.conversation is None) == (conversation is None)


async def test_a_refused_send_keeps_the_button_that_stops_the_growing_answer(stage: Stage) -> None:
    answer, call = await stage.scene.here.ask(stage.alice)
    page = await stage.presenter.refused_page(
        stage.alice, answer.conversation_id, TooLargeError("No."), text="More", model="", client_id=""
    )
    assert page.composer.live_answer == answer.id
    assert page.composer.client_id
    await call.ends()


# Lists


async def test_the_list_goes_on_behind_its_last_one(stage: Stage) -> None:
    made = [await stage.scene.here.conversations.add(stage.alice, "m", f"{number}") for number in range(PAGE + 2)]
    first = (await stage.presenter.new_page(stage.alice)).list
    assert len(first.conversations) == PAGE
    last = first.conversations[-1].id
    assert first.older_url == f"/c?before={last}"
    rest = await stage.listing_presenter.older(stage.alice, View(), last)
    assert [one.id for one in rest.conversations] == [made[1].id, made[0].id]
    assert rest.older_url is None
    whole = await stage.listing_presenter.list_page(stage.alice, View())
    assert whole.rows.conversations == whole.list.conversations == first.conversations
    assert whole.count == PAGE + 2


def test_a_page_of_the_list_that_is_just_full_has_no_other_behind_it() -> None:
    made = [Listed(new_id(), f"{number}", "m", False, False, NOW) for number in range(4)]
    assert listed(made[:3], 3).older_url is None
    assert listed(made, 3).older_url == f"/c?before={made[2].id}"
    assert len(listed(made, 3).conversations) == 3


def test_models_are_grouped_by_their_makers_in_the_order_of_names() -> None:
    models = [Model("b/2", "Beta: Two"), Model("a/1", "alpha: One"), Model("b/1", "Beta: One")]
    groups = grouped_models(models, "b/1")
    assert [(group.maker, [model.id for model in group.models]) for group in groups] == [
        ("alpha", ["a/1"]),
        ("Beta", ["b/1", "b/2"]),
    ]


def test_a_maker_whose_name_is_written_in_two_ways_has_one_group() -> None:
    models = [Model("maker/a", "Maker: A"), Model("maker/b", "b"), Model("maker/c", "Maker: C")]
    assert [len(group.models) for group in grouped_models(models, "")] == [3]


def test_a_chosen_model_that_is_not_listed_stands_first() -> None:
    groups = grouped_models([Model("a/1", "A: One")], "typed/model")
    assert [group.models[0].id for group in groups] == ["typed/model", "a/1"]
    assert len(grouped_models([Model("a/1", "A: One")], "a/1")) == 1
    assert grouped_models([], "") == ()
