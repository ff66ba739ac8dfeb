"""How often strangers may try: passwords, links, tokens, mails. The owner of an account is not locked out by them.

| what is counted | who counts there |
|---|---|
| a device of an account | a browser in which the account was signed in to before, and nobody else |
| an account | all other browsers, wherever they are |
| an address | whoever comes from it, on any account, unless by a device of the account |
"""

from datetime import timedelta
from typing import Final

from webapp.accounts.attempts_store import Attempt, Attempts, Limit
from webapp.web.client import Client
from webapp.web.refusals import TooManyError

SECOND: Final = timedelta(seconds=1)
ACCOUNT: Final = Limit(free=5, first=SECOND, most=timedelta(minutes=15))
DEVICE: Final = Limit(free=10, first=SECOND, most=timedelta(minutes=15))
ADDRESS: Final = Limit(free=30, first=SECOND, most=timedelta(minutes=5), memory=timedelta(hours=6))
# Where everybody seems to come from one address, all are slowed down, and nobody has to wait for long.
SHARED: Final = Limit(free=30, first=SECOND, most=timedelta(seconds=5), memory=timedelta(hours=6))
MAIL: Final = Limit(free=3, first=timedelta(minutes=5), most=timedelta(hours=2))


class Limits:
    """Each method raises TooManyError for who has to wait, with the time in its sentence and in `retry_after`."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    async def begin_sign_in(self, name: str, client: Client, device: str | None) -> int:
        """Before a password is looked at; `device` if the browser is known. Returns how many attempts there were."""
        if device is not None:
            return await self._take(_device(name, device), DEVICE)
        await self._take(_address("sign-in", client), _by_address(client))
        return await self._take(_account(name), ACCOUNT)

    async def end_sign_in(self, name: str, client: Client, device: str | None) -> None:
        """The password was right. What else came from the address still counts: a good account excuses no guessing."""
        if device is not None:
            await self._attempts.forget(_device(name, device))
            return
        await self._attempts.forget(_account(name))
        await self._attempts.take_back(_address("sign-in", client))

    async def forget_account(self, name: str) -> None:
        """Somebody has shown in another way whose account it is, as by a link: earlier guesses count no more."""
        await self._attempts.forget(_account(name))

    async def begin_own(self, name: str) -> None:
        """Before somebody who is signed in gives the password again: an open browser is no place to guess it."""
        await self._take(f"own password of {name}", DEVICE)

    async def end_own(self, name: str) -> None:
        """It was right."""
        await self._attempts.forget(f"own password of {name}")

    async def wrong_secret(self, what: str, client: Client) -> None:
        """After a link or a token that is not good. Those that are good are never refused."""
        _check(await self._attempts.note(_address(what, client), _by_address(client)))

    async def ask(self, client: Client) -> None:
        """Before a stranger is given a question to come back with, which is kept until then."""
        await self._take(_address("question", client), _by_address(client))

    async def mail(self, name: str, client: Client) -> None:
        """Before a mail that anybody may ask for, to an address that may be anybody's."""
        await self._take(_address("mail", client), _by_address(client))
        await self._take(f"mail to {name}", MAIL)

    async def _take(self, subject: str, limit: Limit) -> int:
        return _check(await self._attempts.take(subject, limit))


def _check(attempt: Attempt) -> int:
    if not attempt.is_let_in:
        sentence = f"Too many attempts. Try again in {in_words(attempt.seconds)}."
        raise TooManyError(sentence, retry_after=attempt.seconds)
    return attempt.count


def in_words(seconds: float) -> str:
    """A time to wait, rounded up: 1 second, 45 seconds, 2 minutes, 3 hours."""
    for size, unit in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds > size or size == 1:
            count = max(1, -int(-seconds // size))
            return f"{count} {unit}{'' if count == 1 else 's'}"
    raise AssertionError


def _by_address(client: Client) -> Limit:
    return SHARED if client.is_shared else ADDRESS


def _address(what: str, client: Client) -> str:
    return f"{what} from {client.network}"


def _account(name: str) -> str:
    return f"sign-in to {name}"


def _device(name: str, secret: str) -> str:
    return f"sign-in to {name} with {secret}"
