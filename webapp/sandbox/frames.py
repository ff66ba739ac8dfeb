"""What goes between the server and a sandboxed process: frames, each with a kind and a length."""

import struct
from typing import Final

from msgspec import Struct

from webapp.sandbox.job import Limits

HEAD: Final = struct.Struct(">cQ")

ORDER: Final = b"o"  # an Order, to the process,
QUESTION: Final = b"q"  # followed by the question of the job, as MessagePack; the others come from the process
ANSWER: Final = b"a"  # one answer, as MessagePack
END: Final = b"e"  # an Ending: the job is done
FAILED: Final = b"f"  # a Failure: it will not be


class Order(Struct, frozen=True):
    """One job for the process: the function, and what it may cost."""

    work: str
    limits: Limits


class Ending(Struct, frozen=True):
    peak: int  # bytes of memory that the process has had at most, so far


class Failure(Struct, frozen=True):
    """An error of the work, by its class and place. Its text could hold what people wrote, and stays behind."""

    error: str
    place: str


def frame(kind: bytes, body: bytes) -> bytes:
    return HEAD.pack(kind, len(body)) + body
