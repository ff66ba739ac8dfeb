"""Makes the pages on which conversations are put in order."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from webapp.conversations import pages
from webapp.conversations.archiving import Archiving
from webapp.conversations.listing import View
from webapp.conversations.listing_store import Listing
from webapp.conversations.presenter import Presenter
from webapp.conversations.store import PAGE
from webapp.conversations.tags_store import Tags

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TITLES: Final = {"": "Conversations", "archive": "Archive", "deleted": "Recently deleted"}


class ListingPresenter:
    """Every method takes the owner first and finds nothing that belongs to another."""

    def __init__(
        self, presenter: Presenter, listing: Listing, archiving: Archiving, tags: Tags, *, is_demo: bool
    ) -> None:
        self._presenter = presenter
        self._archiving = archiving
        self._listing = listing
        self._tags = tags
        self._is_demo = is_demo

    async def list_page(
        self, owner: UUID, view: View, before: UUID | None = None, deleted: int | None = None, moved: str = ""
    ) -> pages.ListPage:
        """The conversations of a view, below `before`; with a way back for those that went.

        They went at the moment `deleted`, or into the archive or out of it by the secret `moved`.
        """
        tag = await self._tags.find(owner, view.tag) if view.tag else None
        return pages.ListPage(
            title=tag.name if tag else _TITLES[view.shelf],
            list=await self._presenter.sidebar(owner),
            is_demo=self._is_demo,
            rows=await self.older(owner, view, before),
            view=view,
            tag=tag,
            tags=tuple(await self._tags.all(owner)),
            count=await self._listing.count(owner, view),
            undo=await self.undo(owner, deleted),
            moved=await self._archiving.moved(owner, moved),
        )

    async def older(self, owner: UUID, view: View, before: UUID | None) -> pages.ConversationList:
        """The part of a view that is below `before`, or its first one, with tags."""
        place, above = None, None
        if before is not None:
            last = await self._listing.find(owner, before)
            above, place = last.moment, (last.moment, last.id)
        listed = await self._listing.page(owner, view, PAGE + 1, place)
        query = "".join(f"&{name}={value}" for name, value in (("shelf", view.shelf), ("tag", view.tag)) if value)
        return pages.listed(await self._listing.with_tags(owner, listed), PAGE, above=above, query=query)

    async def undo(self, owner: UUID, deleted: int | None) -> pages.Undo | None:
        """What a page says of conversations that were deleted at that moment, while they can be brought back."""
        count = 0 if deleted is None else await self._listing.count_deleted_at(owner, moment_of(deleted))
        return pages.Undo(deleted, count) if deleted and count else None

    async def organise_page(self, owner: UUID, conversation_id: UUID) -> pages.OrganisePage:
        conversation = await self._listing.find(owner, conversation_id)
        others = [one for one in await self._tags.all(owner) if one not in conversation.tags]
        sidebar = await self._presenter.sidebar(owner, conversation_id)
        return pages.OrganisePage(conversation.title, sidebar, self._is_demo, conversation, tuple(others))

    async def clearing_page(self, owner: UUID, total: int) -> pages.ClearingPage:
        left = await self._listing.count_going(owner)
        title = "Deleting for good" if left else "Deleted for good"
        return pages.ClearingPage(title, await self._presenter.sidebar(owner), self._is_demo, left, max(total, left))


def moment_of(number: int) -> datetime:
    """The moment of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=max(0, min(number, 10**16)))


def number_of(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
