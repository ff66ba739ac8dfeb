"""Somebody who offers models, as a test says; can be away, or slow."""

import asyncio
from collections.abc import Mapping
from typing import Any

from webapp.services.errors import NetworkError


def entry(model_id: str, name: str = "", **fields: Any) -> dict[str, Any]:
    """An entry of OpenRouter's list, with the fields that every real one has."""
    return {
        "id": model_id,
        "canonical_slug": fields.pop("canonical_slug", f"{model_id}-2026-01-01"),
        "name": name or model_id,
        "created": 1_780_000_000,
        "pricing": {"prompt": "0.000003", "completion": "0.000015", "request": "0"},
        **fields,
    }


class FakeModelSource:
    """`listed` is what `models` gives; `unlisted` what `model` knows besides; `asked` the ids that it was asked for."""

    def __init__(self, *listed: dict[str, Any]) -> None:
        self.listed = list(listed)
        self.unlisted: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.lists = 0
        self.is_away = False
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self._was_asked = asyncio.Event()

    async def was_asked_for_a_list(self, times: int = 1) -> None:
        async with asyncio.timeout(30):
            while self.lists < times:
                self._was_asked.clear()
                await self._was_asked.wait()

    async def models(self) -> list[dict[str, Any]]:
        self.lists += 1
        self._was_asked.set()
        await self._answer()
        return self.listed

    async def model(self, model_id: str) -> Mapping[str, Any] | None:
        self.asked.append(model_id)
        await self._answer()
        return self.unlisted.get(model_id)

    async def _answer(self) -> None:
        await self.may_answer.wait()
        if self.is_away:
            raise NetworkError("unreachable")
