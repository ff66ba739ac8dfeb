"""Work that goes on after an outage."""

import pytest

from webapp.db import patience
from webapp.db.outages import DAMAGED, FULL, AwayError
from webapp.db.patience import outlast


class Work:
    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    async def do(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "done"


async def test_it_is_tried_until_the_outage_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "DELAYS", (0.001, 0.002))
    assert await outlast(Work(*[AwayError("full", FULL)] * 5).do) == "done"


async def test_other_errors_and_damage_are_not_outlasted() -> None:
    for error in (ValueError(), AwayError("damaged", DAMAGED)):
        with pytest.raises(type(error)):
            await outlast(Work(error).do)
