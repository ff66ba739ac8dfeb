"""`user`: accounts, for the operator, also when no administrator can sign in."""

import argparse
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from webapp.commands.terminal import WELL, CommandError, say
from webapp.config import Settings, load

if TYPE_CHECKING:
    from webapp.db.engine import Database

OPERATOR = "the operator"  # whom the security log names


def add_user(verbs: Any) -> None:
    parser = verbs.add_parser("user", help="see to accounts: add, reset, list")
    user_verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    add = user_verbs.add_parser(
        "add",
        help="make an account",
        description="Makes an account and prints a link, by which its owner chooses a password. The app may run.",
        epilog="example: python -m webapp user add anna@example.org --administrator",
    )
    add.add_argument("name", metavar="EMAIL", help="the address that its owner signs in with")
    add.add_argument("--full-name", default="", metavar="NAME", help="what its owner is called")
    add.add_argument("--administrator", action="store_true", help="may invite others and see to the installation")
    add.set_defaults(run=lambda options: _run(lambda settings, database: _add(settings, database, options)))
    reset = user_verbs.add_parser(
        "reset",
        help="make a link to choose a new password",
        description="Prints a link, good for two days, by which the owner of an account chooses a new password. "
        "Until it is used everything stays as it is.",
        epilog="example: python -m webapp user reset anna@example.org",
    )
    reset.add_argument("name", metavar="EMAIL", help="the address that its owner signs in with")
    reset.set_defaults(run=lambda options: _run(lambda settings, database: _reset(settings, database, options.name)))
    listing = user_verbs.add_parser(
        "list",
        help="list all accounts",
        description="Lists all accounts: address, role, and when somebody last signed in.",
        epilog="example: python -m webapp user list",
    )
    listing.set_defaults(run=lambda _: _run(_list))


def _run(work: "Callable[[Settings, Database], Awaitable[None]]") -> int:
    """Does `work` on the database of the settings; what keeps it from that becomes one line."""
    import asyncio

    from webapp.commands.database import require
    from webapp.db.address import address_of
    from webapp.db.engine import open_database
    from webapp.db.errors import DATABASE_ERRORS, reason
    from webapp.web.refusals import RefusalError

    settings = load()
    address = address_of(settings)
    require(address)

    async def on_database() -> None:
        database = open_database(address)
        try:
            await work(settings, database)
        finally:
            await database.close()

    try:
        asyncio.run(on_database())
    except RefusalError as error:
        raise CommandError(error.sentence) from None
    except DATABASE_ERRORS as error:
        raise CommandError(f"The database {address} does not do it: {reason(error)}.") from None
    return WELL


async def _add(settings: Settings, database: "Database", options: argparse.Namespace) -> None:
    from webapp.accounts.addresses import read_name
    from webapp.accounts.events_store import Events, Kind
    from webapp.accounts.store import Users
    from webapp.accounts.users import Role, read_full_name
    from webapp.accounts.ways_in import WaysIn

    role = Role.ADMINISTRATOR if options.administrator else Role.MEMBER
    name, full_name = read_name(options.name), read_full_name(options.full_name)
    users = Users(database)
    if role is Role.ADMINISTRATOR and not await users.has_administrator():
        user = await users.add_first(name, full_name, None)
    else:
        user = await users.add(name, full_name, role)
    await Events(database).record(Kind.USER_ADDED, OPERATOR, user.name, role)
    if not WaysIn.of(settings).takes_password_of(role):
        say(f"Made an account for {user.name}, who signs in with {settings.oidc_name}.")
        return
    say(f"Made an account for {user.name}. To choose a password, open:")
    say(await _link(settings, database, user.name, "for a first password"))


async def _reset(settings: Settings, database: "Database", name: str) -> None:
    from webapp.accounts.notices import SHOWN

    say(await _link(settings, database, name, SHOWN))


async def _link(settings: Settings, database: "Database", name: str, detail: str) -> str:
    from webapp.accounts.addresses import sought
    from webapp.accounts.events_store import Events
    from webapp.accounts.resetting import ResetLinks
    from webapp.accounts.store import Users
    from webapp.accounts.tickets_store import Tickets
    from webapp.accounts.ways_in import WaysIn
    from webapp.services.mail import Mail

    known = await Users(database).credentials(*sought(name))
    if known is None:
        raise CommandError(f"There is no account {name}; `user list` shows those that there are.")
    ways_in = WaysIn.of(settings)
    links = ResetLinks(
        Users(database), Tickets(database), Events(database), Mail(settings), ways_in, settings.public_url
    )
    return await links.make(OPERATOR, known.user.id, detail=detail)


async def _list(_settings: Settings, database: "Database") -> None:
    from webapp.accounts.store import LOCAL, Users

    listed = [one for one in await Users(database).all() if one.user.name != LOCAL]
    width = max((len(one.user.name) for one in listed), default=0)
    for one in listed:
        seen = f"{one.signed_in_at:%Y-%m-%d %H:%M} UTC" if one.signed_in_at else "never signed in"
        say(f"{one.user.name:{width}}  {one.user.role:13}  {'disabled' if one.is_disabled else seen}")
