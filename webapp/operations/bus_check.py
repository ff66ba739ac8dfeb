"""The check of the bus, by which several processes tell each other of growing answers."""

from typing import Final

from webapp.bus.bus import Bus, NoBus
from webapp.operations.checks import Check, Finding, Level

NAMES: Final = {"redis": "Redis", "postgres": "Postgres"}


class BusCheck:
    """Not required: without the bus answers of other processes come more slowly, and without its processes not at all.

    A bus that is away is away for all of them at once.
    """

    name = "bus"
    title = "Bus"
    is_required = False
    needs_database = False

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def look(self) -> Finding:
        server = NAMES.get(self._bus.kind, self._bus.kind)
        if self._bus.is_up:
            return Finding(Level.GOOD, f"Processes tell each other of growing answers by {server}.")
        return Finding(
            Level.FAIR,
            f"{server} does not pass on what processes tell each other: answers that another one writes come in steps.",
            "See whether REDIS_URL leads to a server that runs." if server == "Redis" else "See whether Postgres runs.",
        )


def checks_of_bus(bus: Bus) -> list[Check]:
    """None where one process is alone."""
    return [] if isinstance(bus, NoBus) else [BusCheck(bus)]
