"""The wiring of accounts: every part that says who asks, how they came in, and what they may do."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from webapp.accounts.account import Account
from webapp.accounts.account_routes import AccountView
from webapp.accounts.api_tokens_store import ApiTokens
from webapp.accounts.attempts_store import Attempts
from webapp.accounts.authentication import Authentication
from webapp.accounts.confirm_view import ConfirmView
from webapp.accounts.confirming import Confirming
from webapp.accounts.devices_store import Devices
from webapp.accounts.events_store import Events
from webapp.accounts.guard import Guard
from webapp.accounts.history_section import HistorySections
from webapp.accounts.identities_store import Identities
from webapp.accounts.invitations import Invitations, SigningUp
from webapp.accounts.keeping import Keeping
from webapp.accounts.limits import Limits
from webapp.accounts.notices import Notices
from webapp.accounts.oidc import OpenIdConnect
from webapp.accounts.passkeys import Passkeys, RelyingParty
from webapp.accounts.passkeys_store import PasskeyStore
from webapp.accounts.passwords import Passwords
from webapp.accounts.presence import Presence
from webapp.accounts.recognising import Recognising
from webapp.accounts.resetting import ResetLinks, Resetting
from webapp.accounts.round_trips import RoundTrips
from webapp.accounts.routes import SignInView
from webapp.accounts.sections import AccountSections, OwnSections
from webapp.accounts.sessions_store import Sessions
from webapp.accounts.setting_up import SettingUp
from webapp.accounts.signing_in import Arrivals, SigningIn
from webapp.accounts.storage_section import StorageSections
from webapp.accounts.storage_store import Storage
from webapp.accounts.store import Users
from webapp.accounts.throttles import Throttles
from webapp.accounts.tickets_store import Tickets
from webapp.accounts.ways_in import WaysIn
from webapp.config import Settings
from webapp.db.engine import Database
from webapp.services.mail import Mail
from webapp.services.oidc import Provider, open_provider_client
from webapp.web.client import Clients
from webapp.web.templating import Templates


class Accounts:
    """`parts` are what handlers ask for by name; the others are what `create_app` puts in its places."""

    def __init__(
        self, settings: Settings, database: Database, templates: Templates, storage: Storage, *, longest_form: int
    ) -> None:
        """`longest_form` is in bytes: so much of what somebody sends who was signed out is kept for them."""
        users, sessions, tokens, ways_in = Users(database), Sessions(database), ApiTokens(database), WaysIn.of(settings)
        passwords = Passwords(settings, ways_in)
        authentication = Authentication(users, sessions, tokens, has_accounts=settings.has_accounts)
        attempts = Attempts(database)
        devices, limits, events = Devices(database), Limits(attempts), Events(database)
        notices = Notices(events)
        self.clients, self.presence = Clients(settings.proxy_hops), Presence(sessions.alive, tokens.alive)

        account = Account(users, passwords, sessions, tokens, devices, self.presence, limits, events)
        mail, tickets, public_url = Mail(settings), Tickets(database), settings.public_url
        reset_links = ResetLinks(users, tickets, events, mail, ways_in, public_url)
        resetting = Resetting(users, passwords, tickets, self.presence, reset_links, limits, events, mail, ways_in)
        signing_up = SigningUp(users, tickets, limits, mail, ways_in, settings.domains, public_url)

        passkey_store, party, identities = PasskeyStore(database), RelyingParty.of(settings), Identities(database)
        trips, provider_client = RoundTrips(tickets), open_provider_client(settings)
        passkeys = Passkeys(passkey_store, trips, party, settings.app_title)
        confirming = Confirming(
            users, passwords, sessions, passkeys, passkey_store, identities, ways_in, limits, events
        )
        self.guard = Guard(authentication, confirming, limits, self.clients, longest_form=longest_form)
        self.confirm_view = ConfirmView(templates, confirming)
        keeping = Keeping(passkeys, passkey_store, identities, ways_in, events)
        own = OwnSections(account, sessions, tokens, ways_in)
        sections = AccountSections(
            [*own.providers, keeping.section, StorageSections(storage).section, HistorySections(events).section]
        )

        self.sign_in_view = SignInView(templates, resetting, signing_up, ways_in)
        self.parts: dict[str, Any] = {
            "authentication": authentication,
            "sessions": sessions,
            "presence": self.presence,
            "account": account,
            "account_view": AccountView(templates, sections),
            "events": events,
            "limits": limits,
            "throttles": Throttles(attempts),
            "notices": notices,
            "arrivals": Arrivals(sessions, devices, events, ways_in, notices),
            "signing_in": SigningIn(users, passwords, devices, limits, events, ways_in),
            "sign_in_view": self.sign_in_view,
            "longest_form": longest_form,
            "setting_up": SettingUp(users, tickets, passwords, events),
            "invitations": Invitations(users, tickets, passwords, events, ways_in, public_url),
            "signing_up": signing_up,
            "reset_links": reset_links,
            "resetting": resetting,
            "keeping": keeping,
            "confirming": confirming,
            "confirm_view": self.confirm_view,
            "oidc": OpenIdConnect(settings, Provider(provider_client, settings), trips),
            "recognising": Recognising(settings, users, identities, tickets, events),
            "passkeys": passkeys,
        }
        self._mail = mail
        self._provider_client = provider_client

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """Holds what accounts have open, and watches who is signed in, while the block runs."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._provider_client)
            await stack.enter_async_context(self.presence.running())
            await stack.enter_async_context(self._mail.running())
            yield
