"""What a file of another program's is, and what has to arrive of it."""

import base64
from typing import Any, NamedTuple

import msgspec

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40  # as much of a picture as is looked at
PICTURE = base64.b64encode(PNG).decode()
PICTURE_URL = f"data:image/png;base64,{PICTURE}"


class Line(NamedTuple):
    """A message. Its content is `text` alone, or, with `named`, has `text` and each of these words in it."""

    role: str
    text: str = ""
    named: tuple[str, ...] = ()
    thoughts: str = ""
    error: str = ""
    sources: tuple[str, ...] = ()
    model: str | None = None
    when: str = ""
    pictures: int = 0


class Chat(NamedTuple):
    """A conversation: the branch that is shown, and the messages that are on others, in the order of the file."""

    title: str
    shown: tuple[Line, ...]
    beside: tuple[Line, ...] = ()
    system: str = ""
    model: str = ""
    pinned: bool = False
    archived: bool = False


class Sample(NamedTuple):
    """A file, and its conversations. `format` is the key of the only reader that may know it."""

    format: str
    name: str
    data: bytes
    chats: tuple[Chat, ...]

    def __str__(self) -> str:
        return f"{self.format}: {self.name}"


def user(text: str = "", *named: str, **rest: Any) -> Line:
    return Line("user", text, named, **rest)


def answer(text: str = "", *named: str, **rest: Any) -> Line:
    return Line("assistant", text, named, **rest)


def chat(title: str, *shown: Line, **rest: Any) -> Chat:
    return Chat(title, shown, **rest)


def sample(key: str, name: str, value: Any, *chats: Chat) -> Sample:
    """A file of JSON."""
    return Sample(key, name, msgspec.json.encode(value), chats)


def lines(key: str, name: str, values: list[Any], *chats: Chat) -> Sample:
    """A file of JSON Lines."""
    return Sample(key, name, b"\n".join(msgspec.json.encode(one) for one in values) + b"\n", chats)
