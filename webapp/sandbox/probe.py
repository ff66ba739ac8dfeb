"""The least job there is, to see whether the system lets the sandbox work."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from webapp.sandbox.job import Job, Limits


class Probe(Struct, frozen=True):
    pass


def answer_probe(_probe: Probe) -> Iterator[bool]:
    yield True


PROBE: Final = Job(
    answer_probe, Probe, bool, Limits(processor=2, wait=4.0, patience=4.0, memory=200_000_000, output=1_000)
)
