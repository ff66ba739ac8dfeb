"""What is done to the tree of messages, in the database. Alice owns, Bob is another user."""

from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from tests.conversations.conftest import NOW, Cast
from tests.fakes.gallery import gallery_of
from webapp.conversations import tree_store
from webapp.conversations.messages import Exchange, Feedback, Receipt, Rendering, Status
from webapp.conversations.pictures import Picture
from webapp.conversations.replies_store import Ending, NewRendering, Progress
from webapp.db.tables import Attachment as AttachmentRow
from webapp.db.tables import Message as MessageRow
from webapp.documents.document import DocumentPicture
from webapp.documents.store import DocumentStore
from webapp.web.refusals import ConflictError, NotFoundError

COST = Decimal("0.001")


async def exchange(cast: Cast, text: str = "One", conversation: UUID | None = None, answer: str = "Answer") -> Exchange:
    """A question and its answer, which has cost something and has a picture."""
    made = await cast.conversations.add_exchange(cast.alice, conversation, text, "m", "")
    receipt = Receipt(model="m", cost=COST, completion_tokens=5)
    progress, pictures = Progress(made.answer.id, answer, "Hm", ()), (Picture("image/png", b"picture"),)
    await cast.replies.end(Ending(progress, Status.COMPLETE, receipt, Rendering("<p></p>", ""), 1, pictures), NOW)
    return made


async def texts(cast: Cast, conversation: UUID) -> list[str]:
    return [one.content for one in (await cast.conversations.window(cast.alice, conversation)).messages]


async def test_an_edited_question_is_asked_beside_the_old_one(cast: Cast) -> None:
    old = await exchange(cast)
    new = await cast.conversations.add_edited(cast.alice, old.question.id, 0, "Other", "m")
    assert [one.content for one in new.prompt] == ["Other"]
    assert await texts(cast, old.conversation.id) == ["Other", ""]
    await cast.end(new.answer.id, "New")
    await cast.branches.show(cast.alice, old.question.id)
    assert await texts(cast, old.conversation.id) == ["One", "Answer"]


async def test_who_edits_what_another_tab_has_edited_is_told(cast: Cast) -> None:
    old = await exchange(cast)
    new = await cast.conversations.add_edited(cast.alice, old.question.id, 0, "First tab", "m")
    await cast.end(new.answer.id)
    for attempt in (
        cast.conversations.add_edited(cast.alice, old.question.id, 0, "Second tab", "m"),
        cast.branches.edit(cast.alice, old.question.id, 0, "Second tab", None),
    ):
        with pytest.raises(ConflictError, match="edited in the meantime"):
            await attempt
    assert await texts(cast, old.conversation.id) == ["First tab", "An answer."]


async def test_a_question_that_is_saved_only_keeps_its_answer(cast: Cast) -> None:
    old = await exchange(cast)
    await cast.branches.edit(cast.alice, old.question.id, 0, "One, without the typo", None)
    [question, answer] = (await cast.conversations.window(cast.alice, old.conversation.id)).messages
    assert (question.id, question.content, answer.id) == (old.question.id, "One, without the typo", old.answer.id)
    assert question.edited_at is not None
    earlier = await cast.conversations.turn(cast.alice, question.versions[0])
    assert (earlier.content, earlier.copied_from, len(question.versions)) == ("One", question.id, 2)


async def test_saving_the_same_text_changes_nothing(cast: Cast) -> None:
    old = await exchange(cast)
    await cast.branches.edit(cast.alice, old.question.id, 0, "One", None)
    assert (await cast.conversations.turn(cast.alice, old.question.id)).versions == (old.question.id,)


async def test_an_edited_answer_has_its_new_html_whoever_renders_the_old_text(cast: Cast) -> None:
    old = await exchange(cast)
    await cast.branches.edit(cast.alice, old.answer.id, 1, "Better", Rendering("<p>Better</p>", ""))
    await cast.replies.save_renderings([NewRendering(old.answer.id, 1, Rendering("<p>Answer</p>", ""))], 2)
    edited = await cast.conversations.find_message(cast.alice, old.answer.id)
    assert (edited.content, edited.html, edited.reasoning) == ("Better", "<p>Better</p>", "Hm")


async def test_a_writer_that_was_taken_for_dead_does_not_undo_an_edit(cast: Cast) -> None:
    made = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "")
    async with cast.database.write() as session:
        row = update(MessageRow).where(MessageRow.id == made.answer.id)
        await session.execute(row.values(status=Status.INTERRUPTED, content="Half"))
    await cast.branches.edit(cast.alice, made.answer.id, 0, "Mine", Rendering("<p>Mine</p>", ""))
    late = Ending(Progress(made.answer.id, "Whole", "", ()), Status.COMPLETE, Receipt(), Rendering("", ""), 1)
    assert not await cast.replies.end(late, NOW)
    assert (await cast.conversations.find_message(cast.alice, made.answer.id)).content == "Mine"


async def test_what_is_growing_is_neither_edited_nor_deleted_nor_copied(cast: Cast) -> None:
    made = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "")
    for attempt in (
        cast.branches.edit(cast.alice, made.answer.id, 0, "Mine", None),
        cast.branches.delete(cast.alice, made.question.id, with_branch=True),
        cast.branches.delete(cast.alice, made.answer.id, with_branch=False),
        cast.branches.fork(cast.alice, made.answer.id),
        cast.branches.rate(cast.alice, made.answer.id, Feedback.UP, ""),
        cast.conversations.add_edited(cast.alice, made.question.id, 0, "Other", "m"),
        cast.conversations.add_retry(cast.alice, made.answer.id, "m"),
    ):
        with pytest.raises(ConflictError, match="still growing"):
            await attempt


async def test_an_answer_higher_up_is_tried_again_on_a_branch_of_its_own(cast: Cast) -> None:
    first = await exchange(cast)
    await exchange(cast, "Two", first.conversation.id)
    retry = await cast.conversations.add_retry(cast.alice, first.answer.id, "other")
    assert await texts(cast, first.conversation.id) == ["One", ""]
    await cast.end(retry.answer.id)
    await cast.branches.show(cast.alice, first.answer.id)
    assert await texts(cast, first.conversation.id) == ["One", "Answer", "Two", "Answer"]


async def test_a_question_whose_answer_was_deleted_is_answered_anew(cast: Cast) -> None:
    first = await exchange(cast)
    await cast.branches.delete(cast.alice, first.answer.id, with_branch=False)
    assert await texts(cast, first.conversation.id) == ["One"]
    beginning = await cast.conversations.add_retry(cast.alice, first.question.id, "m")
    assert [one.content for one in beginning.prompt] == ["One"]
    assert beginning.answer.parent_id == first.question.id


async def test_an_answer_whose_question_was_deleted_is_not_tried_again(cast: Cast) -> None:
    first = await exchange(cast)
    await cast.branches.delete(cast.alice, first.question.id, with_branch=False)
    with pytest.raises(ConflictError, match="no question"):
        await cast.conversations.add_retry(cast.alice, first.answer.id, "m")


async def test_a_deleted_message_is_nowhere_and_the_model_does_not_read_it(cast: Cast) -> None:
    first = await exchange(cast, answer="Secret")
    second = await exchange(cast, "Two", first.conversation.id)
    await cast.branches.delete(cast.alice, first.answer.id, with_branch=False)
    third = await cast.conversations.add_exchange(cast.alice, first.conversation.id, "Three", "m", "")
    assert [one.content for one in third.prompt] == ["One", "Two", "Answer", "Three"]
    async with cast.database.read() as session:
        query = select(AttachmentRow.id).where(AttachmentRow.message_id == first.answer.id)
        picture = (await session.scalars(query)).one()
    for attempt in (
        cast.conversations.find_message(cast.alice, first.answer.id),
        gallery_of(cast.database).picture(cast.alice, picture),
        cast.conversations.window(cast.alice, first.conversation.id, before=first.answer.id),
    ):
        with pytest.raises(NotFoundError):
            await attempt
    documents = DocumentStore(cast.database, gallery_of(cast.database))
    [taken] = [one async for one in documents.documents(cast.alice)]
    assert "Secret" not in [one.content for one in taken.messages]
    parents = {one.id: one.parent_id for one in taken.messages}
    assert parents[str(second.question.id)] == str(first.question.id)
    assert await documents.picture(cast.alice, DocumentPicture(id=str(picture), media_type="image/png")) is None


async def test_undo_brings_back_what_went_together_and_shows_it(cast: Cast) -> None:
    first = await exchange(cast)
    second = await exchange(cast, "Two", first.conversation.id)
    await cast.branches.delete(cast.alice, second.answer.id, with_branch=False)
    removal = await cast.branches.delete(cast.alice, first.answer.id, with_branch=True)
    assert removal.beside == first.question.id
    assert await cast.branches.deleted_with(cast.alice, first.conversation.id, first.answer.id) == 2
    await cast.branches.restore(cast.alice, first.answer.id)
    await cast.branches.restore(cast.alice, first.answer.id)  # a second click
    assert await texts(cast, first.conversation.id) == ["One", "Answer", "Two"]
    assert await cast.branches.deleted_with(cast.alice, first.conversation.id, first.answer.id) == 0


async def test_a_send_that_is_repeated_after_its_deletion_counts_anew(cast: Cast) -> None:
    made = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1")
    await cast.end(made.answer.id)
    await cast.branches.delete(cast.alice, made.answer.id, with_branch=False)
    assert (await cast.conversations.add_exchange(cast.alice, made.conversation.id, "One", "m", "c1")).is_new


async def test_a_fork_has_texts_and_pictures_and_costs_nothing(cast: Cast) -> None:
    first = await exchange(cast)
    await exchange(cast, "Two", first.conversation.id)
    fork = await cast.branches.fork(cast.alice, first.answer.id)
    assert await texts(cast, fork.id) == ["One", "Answer"]
    assert fork.title == "One (fork)"
    [_, answer] = (await cast.conversations.window(cast.alice, fork.id)).messages
    assert (answer.copied_from, answer.receipt.cost, answer.receipt.completion_tokens) == (first.answer.id, None, None)
    assert (await gallery_of(cast.database).picture(cast.alice, answer.pictures[0].id)).data == b"picture"
    async with cast.database.read() as session:
        assert await session.scalar(select(func.sum(MessageRow.cost))) == 2 * COST
    await cast.conversations.delete(cast.alice, first.conversation.id)
    assert await texts(cast, fork.id) == ["One", "Answer"]


async def test_a_fork_of_many_messages_is_made_in_several_statements(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that others have their turn in between, and no statement has more parameters than the database takes."""
    monkeypatch.setattr(tree_store, "ROWS", 1)
    first = await exchange(cast)
    second = await exchange(cast, "Two", first.conversation.id)
    fork = await cast.branches.fork(cast.alice, second.answer.id)
    assert await texts(cast, fork.id) == ["One", "Answer", "Two", "Answer"]
    again = await cast.branches.fork(cast.alice, (await cast.conversations.window(cast.alice, fork.id)).messages[1].id)
    [_, answer] = (await cast.conversations.window(cast.alice, again.id)).messages
    assert answer.copied_from == first.answer.id
    assert len(answer.pictures) == 1


async def test_feedback_is_kept_and_taken_back(cast: Cast) -> None:
    made = await exchange(cast)
    await cast.branches.rate(cast.alice, made.answer.id, Feedback.DOWN, "Wrong.")
    rated = await cast.conversations.find_message(cast.alice, made.answer.id)
    assert (rated.feedback, rated.feedback_note) == (Feedback.DOWN, "Wrong.")
    await cast.branches.rate(cast.alice, made.answer.id, Feedback.NONE, "Wrong.")
    rated = await cast.conversations.find_message(cast.alice, made.answer.id)
    assert (rated.feedback, rated.feedback_note) == (Feedback.NONE, "")


async def test_whether_there_is_more_than_what_is_shown_is_known(cast: Cast) -> None:
    made = await exchange(cast)
    assert not await cast.branches.is_branched(cast.alice, made.conversation.id)
    await cast.end((await cast.conversations.add_retry(cast.alice, made.answer.id, "m")).answer.id)
    assert await cast.branches.is_branched(cast.alice, made.conversation.id)
    assert not await cast.branches.is_branched(cast.bob, made.conversation.id)
    await cast.branches.delete(cast.alice, made.answer.id, with_branch=True)
    assert not await cast.branches.is_branched(cast.alice, made.conversation.id)


async def test_somebody_elses_tree_is_not_found(cast: Cast) -> None:
    hers = await exchange(cast)
    question, answer, conversation = hers.question.id, hers.answer.id, hers.conversation.id
    for attempt in (
        cast.branches.show(cast.bob, answer),
        cast.branches.edit(cast.bob, question, 0, "Mine", None),
        cast.branches.delete(cast.bob, answer, with_branch=True),
        cast.branches.deleted_with(cast.bob, conversation, answer),
        cast.branches.restore(cast.bob, answer),
        cast.branches.fork(cast.bob, answer),
        cast.branches.rate(cast.bob, answer, Feedback.UP, ""),
        cast.branches.overview(cast.bob, conversation),
        cast.conversations.turn(cast.bob, answer),
        cast.conversations.window_from(cast.bob, answer, 60, 10**6),
        cast.conversations.add_edited(cast.bob, question, 0, "Mine", "m"),
    ):
        with pytest.raises(NotFoundError):
            await attempt
    assert await texts(cast, conversation) == ["One", "Answer"]


async def test_a_message_of_another_conversation_was_not_deleted_in_this_one(cast: Cast) -> None:
    one, other = await exchange(cast), await exchange(cast, "Two")
    await cast.branches.delete(cast.alice, other.answer.id, with_branch=True)
    assert await cast.branches.deleted_with(cast.alice, one.conversation.id, other.answer.id) == 0
