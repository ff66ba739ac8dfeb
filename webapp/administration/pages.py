"""What the templates of administration are given."""

from typing import Final

from msgspec import Struct

from webapp.accounts.events_store import Event
from webapp.accounts.invitations import Invitation
from webapp.accounts.spending import Month
from webapp.administration.people_store import Person
from webapp.administration.settings import ShownSetting
from webapp.administration.usage import Usage
from webapp.catalog.models import Model

# The pages in the order of the menu, as the last part of their addresses and in words.
SECTIONS: Final = {
    "users": "Users",
    "invitations": "Invitations",
    "usage": "Usage",
    "models": "Models",
    "budgets": "Budgets",
    "settings": "Settings",
    "events": "Security log",
}


class ShownLimits(Struct, frozen=True):
    """Dollars a month as they are written into a field; "" where there is no limit."""

    soft: str = ""
    hard: str = ""


class Frame(Struct, frozen=True):
    """What every page has: its place in the menu, and what became of the last form. `error` says what was refused."""

    section: str
    has_accounts: bool
    title: str
    error: str = ""
    is_saved: bool = False

    @property
    def sections(self) -> dict[str, str]:
        return SECTIONS


class ListedPerson(Struct, frozen=True):
    """What the person has spent in the `month`, and of what: "$1.20 of $5.00"; what is `held` besides, or "".

    `stored` is what they have here.
    """

    person: Person
    month: str
    stored: str
    held: str = ""


class PeoplePage(Struct, frozen=True):
    frame: Frame
    people: tuple[ListedPerson, ...]
    find: str = ""
    next_url: str | None = None


class PersonPage(Struct, frozen=True):
    """`limits` are the person's own, `general` the installation's. `link` was just made, and is shown this once.

    `stored` is what the person has here, and of what: "1.2 GB of 2 GB".
    `has_password` is False for who signs in at the provider or with a passkey alone. `are_mailed` if links go to the
    person by mail and are shown to nobody, `was_mailed` if one has just gone.
    """

    frame: Frame
    person: Person
    is_self: bool
    month: str
    stored: str
    limits: ShownLimits
    general: ShownLimits
    held: str = ""
    link: str = ""
    has_password: bool = True
    are_mailed: bool = False
    was_mailed: bool = False


class InvitationsPage(Struct, frozen=True):
    """`link` was just made, and is shown this once. `domains` are those whose people may sign up by themselves."""

    frame: Frame
    invitations: tuple[Invitation, ...] = ()
    lifetimes: tuple[int, ...] = ()
    domains: tuple[str, ...] = ()
    link: str = ""
    name: str = ""


class UsagePage(Struct, frozen=True):
    frame: Frame
    usage: Usage
    month: Month
    months: tuple[Month, ...]


class BudgetsPage(Struct, frozen=True):
    """`fixed` has what the environment says: that cannot be changed here."""

    frame: Frame
    limits: ShownLimits
    fixed: ShownLimits


class ModelsPage(Struct, frozen=True):
    """`chosen` is what may be used, None for all; `found` what a search has found, None without one."""

    frame: Frame
    is_fixed: bool
    chosen: tuple["ChosenModel", ...] | None
    find: str = ""
    found: tuple["FoundModel", ...] | None = None
    has_more: bool = False


class ChosenModel(Struct, frozen=True):
    """An entry of the list, and what it is called; "" if the catalogue does not have it."""

    entry: str
    name: str


class FoundModel(Struct, frozen=True):
    """`entry` is what to add to the list for it, a model's id or all of a maker; `is_chosen` if it is covered."""

    entry: str
    name: str
    price: str
    is_chosen: bool


class SettingsPage(Struct, frozen=True):
    frame: Frame
    settings: tuple[ShownSetting, ...]


class EventsPage(Struct, frozen=True):
    """`kinds` are all that there are, as they are kept and in words; `kind` and `person` what is looked for."""

    frame: Frame
    events: tuple[Event, ...]
    kinds: dict[str, str]
    days: int
    kind: str = ""
    person: str = ""
    next_url: str | None = None


def chosen_models(entries: frozenset[str] | None, models: dict[str, Model]) -> tuple[ChosenModel, ...] | None:
    """The list in the order of names as one reads them."""
    if entries is None:
        return None
    return tuple(ChosenModel(entry, models[entry].name if entry in models else "") for entry in sorted(entries))
