"""A user's page, whatever it is shown for."""

from uuid import UUID

from litestar import Response

from webapp.accounts.budgets_store import BudgetStore
from webapp.accounts.resetting import ResetLinks
from webapp.accounts.storage import in_words
from webapp.accounts.storage_store import Storage
from webapp.administration.desk import Desk
from webapp.administration.limits import shown_limits
from webapp.administration.pages import PersonPage, ShownLimits
from webapp.administration.people_store import People
from webapp.web.refusals import RefusalError


class Profiles:
    def __init__(self, people: People, budgets: BudgetStore, storage: Storage, reset_links: ResetLinks) -> None:
        self._reset_links = reset_links
        self._people = people
        self._storage = storage
        self._budgets = budgets

    async def show(
        self,
        desk: Desk,
        user_id: UUID,
        refusal: RefusalError | None = None,
        *,
        typed: ShownLimits | None = None,
        link: str = "",
        was_mailed: bool = False,
    ) -> Response[str]:
        """The page, with what was refused and with limits as they were `typed` then. Raises NotFoundError."""
        person, standing = await self._people.find(user_id), await self._budgets.standing(user_id)
        page = PersonPage(
            desk.frame("users", person.called, refusal),
            person,
            person.id == desk.user.id,
            standing.words,
            in_words((await self._storage.used_by([user_id])).get(user_id, 0), self._storage.most),
            typed or shown_limits(await self._budgets.limits(user_id)),
            shown_limits(self._budgets.fixed.over(await self._budgets.chosen())),
            standing.held_words,
            link,
            has_password=self._reset_links.are_for(person.role),
            are_mailed=self._reset_links.are_mailed,
            was_mailed=was_mailed,
        )
        return desk.show("user.html", page, refusal)
