"""The inputs that have made others wait the longest, a few for each way in: what a test can afford to send."""

from collections.abc import Iterator
from typing import Final

from tests.fakes.hostile.arena import Attack
from tests.fakes.hostile.attacks import others, texts
from tests.fakes.hostile.shapes import NAMED

_TEXTS: Final = (
    ("address, brackets", "edit", 250_000),
    ("address, brackets", "temporary", 950_000),
    ("address, brackets", "answer", 250_000),
    ("address, brackets", "import", 950_000),
    ("ampersands", "answer", 950_000),
    ("footnotes, one definition", "edit", 250_000),
    ("formulas on lines", "import", 950_000),
    ("formulas that stay open", "stream", 19_000),
    ("formulas in lines", "stream", 60_000),
    ("www", "temporary", 950_000),
    ("tables, narrow", "share", 950_000),
    ("e-mail, 1,900 and a paragraph", "answer", 950_000),
    ("links, open", "stream", 60_000),
    ("words", "export", 950_000),
)
_OTHERS: Final = frozenset(
    {
        "file: Open WebUI, 4,000 details",
        "file: ChatGPT, 150,000 marks",
        "file: ChatGPT, 199 thoughts for 5,000 answers",
        "file: ChatGPT, 200,000 skipped",
        "file: JSON, 16 M lists",
        "file: JSON, 12 M objects",
        "file: one message of 45 MB",
        "file: zip, hidden 800,000 names",
        "file: zip, 198,000 names",
        "file: zip, a bomb of lists",
        "shared picture: 20 Mpx, 12 times",
        "drawn picture: 20 Mpx, 8 times",
        "search: phrases in 40 messages of 1 MB",
        "search: indexing 40 messages of 1 MB",
        "large: page of 20,000 answers to one question",
        "large: branches of 20,000 messages in a row",
        "large: JSON of 20,000 answers to one question",
        "forms: escapes",
        "forms: JSON, wide",
    }
)


WIRE: Final = frozenset(
    {
        "error of lists, 31 MB",
        "error message of 31 MB",
        "one delta of 2.5 M characters",
        "deltas of 1 M characters",
        "1 M deltas of a letter",
        "500,000 thoughts of a letter",
        "tags of thoughts",
        "empty lines without end",
        "data lines without end",
        "content of lists",
    }
)


def worst() -> list[Attack]:
    """Those that anybody can send; ``WIRE`` are of a model server."""
    return [*(texts(name, NAMED[name], way, size) for name, way, size in _TEXTS), *_named()]


def _named() -> Iterator[Attack]:
    return (one for one in others() if str(one) in _OTHERS)
