"""A mail server: takes what it is sent, over a real socket."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class MailServer:
    """`letters` is what has come. With a `password` it wants one, of the user `chat`; `refuses` what it is sent."""

    def __init__(self, password: str = "", *, refuses: bool = False) -> None:
        self._password = password
        self._refuses = refuses
        self._arrived: asyncio.Queue[EmailMessage] = asyncio.Queue()
        self.port = 0

    async def letter(self) -> EmailMessage:
        """The next that comes."""
        return await asyncio.wait_for(self._arrived.get(), 30)

    @property
    def is_empty(self) -> bool:
        return self._arrived.empty()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["MailServer"]:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).strip():
            verb = line[:4].upper()
            writer.write(self._answer(verb, line))
            if verb == b"QUIT":
                break
            if verb == b"DATA" and not self._refuses:
                text = await reader.readuntil(b"\r\n.\r\n")
                self._arrived.put_nowait(message_from_bytes(text[:-3], policy=policy.default))
                writer.write(b"250 taken\r\n")
        writer.close()

    def _answer(self, verb: bytes, line: bytes) -> bytes:
        if verb == b"EHLO":
            return b"250-here\r\n250 AUTH PLAIN\r\n" if self._password else b"250 here\r\n"
        if verb == b"AUTH":
            given = base64.b64decode(line.split()[-1]).decode().split("\0")[1:]
            return b"235 in\r\n" if given == ["chat", self._password] else b"535 no\r\n"
        if verb == b"QUIT":
            return b"221 bye\r\n"
        if verb == b"DATA":
            return b"550 no\r\n" if self._refuses else b"354 go on\r\n"
        return b"250 fine\r\n"
