"""What the templates of accounts are given."""

from uuid import UUID

from msgspec import Struct

from webapp.accounts.freshness import Asked, OwnWays
from webapp.accounts.kept import Kept
from webapp.accounts.notices import Notice
from webapp.accounts.passkeys_store import Passkey
from webapp.accounts.sections import Section
from webapp.accounts.ways_in import Ways


class SignInPage(Struct, frozen=True):
    """`next` is the address to go on to, one of our own.

    `kept` is what was being sent when the session was found to have ended.
    `can_reset`, `can_sign_up`: whether a forgotten password can be set anew by mail, and strangers may sign up.
    """

    title: str
    next: str = "/"
    name: str = ""
    error: str = ""
    kept: str = ""
    can_reset: bool = False
    can_sign_up: bool = False
    ways: Ways = Ways()


class SetUpPage(Struct, frozen=True):
    """`token` is the one of the log."""

    title: str
    token: str
    name: str = ""
    full_name: str = ""
    error: str = ""


class PasskeysPage(Struct, frozen=True):
    """The user's passkeys.

    `last` is the passkey that was to be removed and is the last way in; `is_linked` is about the other's sign-in.
    """

    title: str
    passkeys: tuple[Passkey, ...]
    ways: Ways
    is_linked: bool = False
    error: str = ""
    last: UUID | None = None


class PasskeyPage(Struct, frozen=True):
    """A question to the browser's devices: `options` as JSON, `does` create or get. The answer goes to `action`.

    `asked` goes along with it: what is to be done after, as `freshness.pack` has packed it.
    """

    title: str
    action: str
    does: str
    options: str
    back: str
    asked: str = ""


class ConfirmPage(Struct, frozen=True):
    """`packed` is `asked` as a hidden field has it. `ways` are those that this user has."""

    title: str
    name: str
    asked: Asked
    packed: str
    ways: OwnWays
    error: str = ""


class ConfirmedPage(Struct, frozen=True):
    """What was asked for, to be sent again."""

    title: str
    asked: Asked


class LeavingPage(Struct, frozen=True):
    """On the way to another's page, at `url`."""

    title: str
    provider: str
    url: str


class AccountPage(Struct, frozen=True):
    """`told` stands above all, when something was done; `error` in the section that `error_at` names.

    `new_token` is shown this once.
    """

    title: str
    sections: tuple[Section, ...]
    told: str = ""
    error: str = ""
    error_at: str = ""
    new_token: str = ""


class JoinPage(Struct, frozen=True):
    """`name_is_given` if the link is for that address and no other."""

    title: str
    token: str
    name: str = ""
    full_name: str = ""
    error: str = ""
    name_is_given: bool = False


class NewPasswordPage(Struct, frozen=True):
    title: str
    token: str
    name: str
    error: str = ""


class AskForMailPage(Struct, frozen=True):
    """A form that asks for an address to mail a link to: `action` is where it goes, `words` what it is for."""

    title: str
    action: str
    words: str
    name: str = ""
    error: str = ""


class MailedPage(Struct, frozen=True):
    title: str
    sentence: str


class GoOnPage(Struct, frozen=True):
    """What was being sent, to be sent again. `has_notices` if there is something that the user has to know."""

    title: str
    kept: Kept
    has_notices: bool = False


class NoticesPage(Struct, frozen=True):
    """What the user has to know; `next` is the address to go on to, one of our own."""

    title: str
    notices: tuple[Notice, ...]
    next: str


class KeyPage(Struct, frozen=True):
    """A user's own OpenRouter key: `ending` has its last characters, `is_lost` says that it can no longer be read.

    `is_on` says whether there may be one, `error` why one that was entered was not taken. `must_confirm`: who they are,
    before they type one, which would not come along.
    """

    title: str
    is_on: bool
    ending: str = ""
    is_lost: bool = False
    can_sign_in: bool = False
    error: str = ""
    must_confirm: bool = False
