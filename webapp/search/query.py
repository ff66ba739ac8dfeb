"""What somebody looks for, as a value: any text is a query, and says the same when it is written out again."""

import re
from datetime import date
from typing import Final, Literal

from msgspec import Struct

from webapp.search.folding import tokens

MAX_QUERY: Final = 500  # characters; what is longer is cut
MAX_TERMS: Final = 12

State = Literal["pinned", "archived"]
STATES: Final[dict[str, State]] = {"pinned": "pinned", "archived": "archived"}

_PART: Final = re.compile(r'(?P<minus>-?)(?:(?P<name>[A-Za-z]+):)?(?:"(?P<quoted>[^"]*)(?P<end>"?)|(?P<bare>[^\s"]+))')

_DAY: Final = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")


class Term(Struct, frozen=True):
    """Words that stand beside each other. The last one `is_open`, a beginning, while somebody types it."""

    words: tuple[str, ...]
    is_open: bool = False

    def __str__(self) -> str:
        return f'"{" ".join(self.words)}' + ("" if self.is_open else '"')


class Query(Struct, frozen=True):
    """`terms` are all found, and none of `without`. A model's name holds `model`; days are those of the reader."""

    terms: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    model: str = ""
    tag: str = ""
    after: date | None = None
    before: date | None = None
    states: frozenset[State] = frozenset()

    @property
    def is_empty(self) -> bool:
        return self == Query()

    def __str__(self) -> str:
        """Text that says the same. The one term that may be open comes last."""
        named = [
            ("model", self.model and _quoted(self.model)),
            ("tag", self.tag and _quoted(self.tag)),
            ("after", self.after and self.after.isoformat()),
            ("before", self.before and self.before.isoformat()),
            *(("is", state) for state in sorted(self.states)),
        ]
        parts = [f"{name}:{value}" for name, value in named if value]
        return " ".join([*parts, *(f"-{term}" for term in self.without), *map(str, self.terms)])


def parse(text: str) -> Query:
    """Reads words, "phrases", -words, and model:, tag:, before:, after: and is:. What is none of these is a word."""
    text = text[:MAX_QUERY]
    terms: list[Term] = []
    without: list[Term] = []
    named: dict[str, object] = {}
    states: set[State] = set()
    for part in _PART.finditer(text):
        value = part["bare"] if part["quoted"] is None else part["quoted"]
        name = "" if part["minus"] else (part["name"] or "").lower()
        if name == "is" and value in STATES:
            states.add(STATES[value])
        elif (read := _READERS.get(name)) and (found := read(value)) is not None:
            named[name] = found
        else:
            is_last = part.end() == len(text) and not part["end"] and not part["minus"]
            into = without if part["minus"] else terms
            into.extend(_terms(part["name"] or "", value, is_last))
    words = tuple(terms[:MAX_TERMS]), tuple(without[:MAX_TERMS])
    return Query(*words, states=frozenset(states), **named)  # type: ignore[arg-type]  # filters, by their names


def _terms(name: str, value: str, is_last: bool) -> list[Term]:
    words = tuple(tokens(f"{name} {value}"))
    return [Term(words, is_last and len(words[-1]) > 1)] if words else []


def _day(value: str) -> date | None:
    """2026-05-01, or its month or year, which begin with their first day."""
    try:
        return date.fromisoformat(value + "0000-01-01"[len(value) :]) if _DAY.fullmatch(value) else None
    except ValueError:
        return None


def _text(value: str) -> str | None:
    return " ".join(value.split()).lower() or None


_READERS: Final = {"model": _text, "tag": _text, "after": _day, "before": _day}


def _quoted(value: str) -> str:
    return f'"{value}"'
