"""Mails by SMTP: a few lines of text, sent in the background."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formataddr, formatdate, make_msgid
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from webapp.background import end
from webapp.config import LOOPBACK, Settings

logger = logging.getLogger(__name__)

TIMEOUT: Final = 20.0  # seconds, for each step of the conversation with the server
AT_ONCE: Final = 4
GRACE: Final = 5.0  # seconds that mails on their way have when the process goes down


class Server(Struct, frozen=True):
    """Where SMTP_URL leads. `start_tls` is None where encryption is taken if it is offered."""

    host: str
    port: int
    username: str | None
    password: str | None
    use_tls: bool
    start_tls: bool | None


def read_server(url: str) -> Server:
    """A password is given away on an encrypted connection only, unless the server is on this machine."""
    parts = urlsplit(url)
    host, use_tls = parts.hostname or "", parts.scheme == "smtps"
    username = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    must_start_tls = username is not None and host not in LOOPBACK
    return Server(
        host,
        parts.port or (465 if use_tls else 587),
        username,
        password,
        use_tls,
        False if use_tls else (True if must_start_tls else None),
    )


class Mail:
    """Sends mails by the server of the settings; by none where there is none."""

    def __init__(self, settings: Settings) -> None:
        self._server = read_server(settings.smtp_url) if settings.smtp_url else None
        self._sender = settings.mail_from
        self._title = settings.app_title
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def is_set(self) -> bool:
        """Whether there is a server for mails."""
        return self._server is not None

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """At the end, mails that are on their way get there, if it does not take long."""
        yield
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=GRACE)
            await end(*late)

    def later(self, work: Coroutine[Any, Any, object]) -> None:
        """Does in the background what leads to a mail or to none: who asked cannot tell by the time which it was."""
        task = asyncio.create_task(_logged(work), name="mail")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def send(self, to: str, subject: str, text: str) -> bool:
        """Sends a mail to one address; whether the server has taken it. What goes wrong is for the log alone."""
        import aiosmtplib  # loaded by the first mail

        server = self._server
        if server is None:
            return False
        try:
            async with self._turns:
                await aiosmtplib.send(
                    self._message(to, subject, text),
                    hostname=server.host,
                    port=server.port,
                    username=server.username,
                    password=server.password,
                    use_tls=server.use_tls,
                    start_tls=server.start_tls,
                    timeout=TIMEOUT,
                )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            logger.error("A mail could not be sent by %s: %s", server.host, error)
            return False
        return True

    def _message(self, to: str, subject: str, text: str) -> EmailMessage:
        """Raises ValueError for an address that would not stand in the header as it is."""
        message = EmailMessage()
        message["From"] = formataddr((self._title, self._sender))
        message["To"], message["Subject"] = _in_header(to), subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"  # no answering machine is to answer (RFC 3834)
        message.set_content(text)
        return message


def _in_header(address: str) -> Address:
    with suppress(ValueError):
        if address.isascii():
            return Address(addr_spec=address)
    raise ValueError("the address would not stand in its header as it is")  # which it is stays out of the log


async def _logged(work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except ConnectionError as error:
        logger.warning("What was to lead to a mail has failed: %s", error)
    except Exception:
        logger.exception("What was to lead to a mail has failed")
