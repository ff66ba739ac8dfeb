"""The pages of administration in each of their states, for the test that renders all templates."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from webapp.accounts.events_store import Event, Kind
from webapp.accounts.invitations import Invitation
from webapp.accounts.spending import Month
from webapp.accounts.users import Role
from webapp.administration.pages import (
    SECTIONS,
    BudgetsPage,
    ChosenModel,
    EventsPage,
    FoundModel,
    Frame,
    InvitationsPage,
    ListedPerson,
    ModelsPage,
    PeoplePage,
    PersonPage,
    SettingsPage,
    ShownLimits,
    UsagePage,
)
from webapp.administration.people_store import Person
from webapp.administration.settings import ShownSetting
from webapp.administration.usage import Usage, UsageLine
from webapp.db.types import new_id

NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)
MONTH: Final = Month(2026, 11)
MEMBER: Final = Person(new_id(), "alice@example.org", "Alice", Role.MEMBER, NOW, NOW, None)
DISABLED: Final = Person(new_id(), "bob@example.org", "", Role.ADMINISTRATOR, NOW, None, NOW)
EVENT: Final = Event(new_id(), Kind.ROLE_CHANGED, "olga@example.org", "alice@example.org", "member", "::1", NOW)
LIMITS: Final = ShownLimits("2.50", "5")


def frame(section: str, **fields: object) -> Frame:
    return replace(Frame(section, True, SECTIONS[section]), **fields)


def alone(section: str) -> Frame:
    return frame(section, has_accounts=False)


LINE: Final = UsageLine("alice@example.org", 3, 1_000, 200, Decimal("0.5"), Decimal("0.25"), "/admin/users/1")
USAGE: Final = Usage((LINE,), (replace(LINE, name="maker/one", place=""),), replace(LINE, name="In all", place=""))
PERSON: Final = PersonPage(
    frame("users", title="Alice"),
    MEMBER,
    False,
    "$1.00 of $5.00",
    "1.2 GB of 2 GB",
    LIMITS,
    ShownLimits(),
    held="$0.31 more reserved",
)
MODELS: Final = ModelsPage(
    frame("models"),
    False,
    (ChosenModel("maker/*", ""), ChosenModel("maker/one", "Maker: One")),
    "maker",
    (FoundModel("maker/two", "Maker: Two", "$3 / $15", False), FoundModel("maker/one", "Maker: One", "", True)),
    has_more=True,
)
EVENTS: Final = EventsPage(frame("events"), (EVENT,), {one.value: one.words for one in Kind}, 400)
INVITATION: Final = Invitation(new_id(), Role.MEMBER, "carol@example.org", "olga@example.org", NOW, NOW)

STATES: Final[dict[str, dict[str, Struct]]] = {
    "administration/users.html": {
        "": PeoplePage(
            frame("users"),
            (
                ListedPerson(MEMBER, "$1.00", "1.2 GB", "$0.31 more reserved"),
                ListedPerson(DISABLED, "$0.00 of $5.00", "0 kB"),
            ),
        ),
        "found nobody": PeoplePage(frame("users"), (), "zoe"),
        "saved, and there are more": PeoplePage(frame("users", is_saved=True), (), "", "/admin/users?after=x"),
        "nobody signs in": PeoplePage(alone("users"), ()),
    },
    "administration/user.html": {
        "": PERSON,
        "disabled": replace(PERSON, person=DISABLED),
        "oneself": replace(PERSON, is_self=True),
        "refused": replace(PERSON, frame=frame("users", error="No.")),
        "by mail": replace(PERSON, are_mailed=True),
        "mailed": replace(PERSON, are_mailed=True, was_mailed=True),
        "without a password": replace(PERSON, has_password=False),
        "a new link": replace(PERSON, link="https://chat.example.org/password?token=x"),
    },
    "administration/invitations.html": {
        "": InvitationsPage(frame("invitations"), (INVITATION, replace(INVITATION, name="")), (1, 7)),
        "none": InvitationsPage(frame("invitations"), (), (1, 7), ("example.org",)),
        "made": InvitationsPage(
            frame("invitations"), (INVITATION,), (1, 7), link="https://chat.example.org/join?token=x"
        ),
        "refused": InvitationsPage(frame("invitations", error="No."), (), (1, 7), name="no address"),
        "nobody signs in": InvitationsPage(alone("invitations")),
    },
    "administration/usage.html": {
        "": UsagePage(frame("usage"), USAGE, MONTH, (MONTH, Month(2026, 10))),
        "nothing": UsagePage(frame("usage"), Usage((), (), UsageLine("In all")), MONTH, (MONTH,)),
        "nobody signs in": UsagePage(alone("usage"), USAGE, MONTH, (MONTH,)),
    },
    "administration/models.html": {
        "": MODELS,
        "all": replace(MODELS, chosen=None),
        "all, and no search": replace(MODELS, chosen=None, find="", found=None),
        "none": replace(MODELS, chosen=()),
        "found nothing": replace(MODELS, found=(), has_more=False),
        "fixed": replace(MODELS, is_fixed=True),
    },
    "administration/budgets.html": {
        "": BudgetsPage(frame("budgets"), LIMITS, ShownLimits()),
        "one fixed": BudgetsPage(frame("budgets"), LIMITS, ShownLimits(hard="20")),
        "both fixed": BudgetsPage(frame("budgets"), ShownLimits(), ShownLimits("10", "20")),
    },
    "administration/settings.html": {
        "": SettingsPage(
            frame("settings"),
            (
                ShownSetting("PORT", "9000", "a port number", "environment"),
                ShownSetting("LOG_LEVEL", "INFO", "a level", "default"),
                ShownSetting("ALLOWED_MODELS", "not set", "models", "default", "/admin/models"),
                ShownSetting("MONTHLY_SOFT_LIMIT", "not set", "dollars", "chosen", "/admin/budgets"),
            ),
        )
    },
    "administration/events.html": {
        "": EVENTS,
        "nothing": replace(EVENTS, events=()),
        "found nothing": replace(EVENTS, events=(), kind=Kind.SIGNED_IN, person="zoe"),
        "more": replace(EVENTS, next_url="/admin/events?before=x"),
        "of a later version": replace(EVENTS, events=(replace(EVENT, kind="teleported"),)),
    },
}


def with_text(text: str) -> dict[str, Struct]:
    """The pages with that text wherever somebody else has a say."""
    person = replace(MEMBER, name=text, full_name=text)
    line = replace(LINE, name=text)
    return {
        "administration/users.html": PeoplePage(
            frame("users"), (ListedPerson(person, "$1.00", "1 MB"),), text, f"/admin/users?after={text}"
        ),
        "administration/user.html": replace(
            PERSON, frame=frame("users", title=text, error=text), person=person, limits=ShownLimits(text, text)
        ),
        "administration/invitations.html": InvitationsPage(
            frame("invitations", error=text),
            (replace(INVITATION, name=text, made_by=text),),
            domains=(text,),
            link=text,
            name=text,
        ),
        "administration/usage.html": UsagePage(frame("usage"), Usage((line,), (line,), line), MONTH, (MONTH,)),
        "administration/models.html": replace(
            MODELS, chosen=(ChosenModel(text, text),), find=text, found=(FoundModel(text, text, "", False),)
        ),
        "administration/budgets.html": BudgetsPage(
            frame("budgets", error=text), ShownLimits(text, text), ShownLimits()
        ),
        "administration/settings.html": SettingsPage(
            frame("settings"), (ShownSetting("APP_TITLE", text, "a title", "environment"),)
        ),
        "administration/events.html": replace(
            EVENTS, events=(Event(new_id(), text, text, text, text, text, NOW),), person=text, kind=text
        ),
    }
