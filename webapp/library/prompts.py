"""Prompts that are used again and again, with places for what is different each time: `{{city}}`."""

import re
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from msgspec import Struct

from webapp.library.parameters import Parameters
from webapp.web.refusals import InvalidError, TooLargeError

MAX_NAME: Final = 100
MAX_TEXT: Final = 50_000  # characters
MAX_VARIABLES: Final = 20

_VARIABLE: Final = re.compile(r"\{\{ *(\w[\w -]{0,38}\w|\w) *\}\}")


class Prompt(Struct, frozen=True):
    id: UUID
    name: str
    text: str

    @property
    def variables(self) -> tuple[str, ...]:
        return variables_of(self.text)


class Persona(Struct, frozen=True):
    """What a conversation can start from. `model` is "" for whichever is the usual one."""

    id: UUID
    name: str
    system_prompt: str = ""
    model: str = ""
    parameters: Parameters = {}
    is_default: bool = False


def variables_of(text: str) -> tuple[str, ...]:
    """The names of the places in a prompt, each once, in the order in which they come."""
    return tuple(dict.fromkeys(match[1] for match in _VARIABLE.finditer(text)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """A prompt with its places filled. What a value says is text, also where it looks like a place."""
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)


def read_title(text: str) -> str:
    """A name of 1 to 100 characters on one line. Raises InvalidError."""
    line = " ".join(text.split())
    if not 0 < len(line) <= MAX_NAME or not line.isprintable():
        raise InvalidError(f"A name has 1 to {MAX_NAME} characters.")
    return line


def read_text(text: str, *, is_needed: bool = True) -> str:
    """A prompt's text. Raises InvalidError or TooLargeError."""
    if is_needed and not text.strip():
        raise InvalidError("The text is empty. Write something, then save.")
    if any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in text):
        raise InvalidError("The text holds characters that are not text.")
    if len(text) > MAX_TEXT:
        raise TooLargeError(f"The text is too long: at most {MAX_TEXT:,} characters.")
    if len(variables_of(text)) > MAX_VARIABLES:
        raise InvalidError(f"A prompt has at most {MAX_VARIABLES} places to fill.")
    return text
