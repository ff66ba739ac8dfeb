"""The list of models in the database, so that a start without OpenRouter has one too."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import asdict
from sqlalchemy import delete, func, insert, select

from webapp.catalog.models import Model
from webapp.db.engine import Database
from webapp.db.tables import CatalogModel


class ModelStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def has_others(self) -> bool:
        """Whether other processes may keep the list too."""
        return self._database.is_shared

    async def load(self) -> list[Model]:
        """The models as they were kept last, in OpenRouter's order."""
        async with self._database.read() as session:
            rows = await session.scalars(select(CatalogModel).order_by(CatalogModel.position))
            return [_model(row) for row in rows]

    async def load_new(self, within: timedelta) -> list[Model]:
        """The models, if another process has kept them so recently; none where there is no other process."""
        if not self.has_others:
            return []
        async with self._database.read() as session:
            newest = await session.scalar(select(func.max(CatalogModel.fetched_at)))
        return await self.load() if newest is not None and datetime.now(UTC) - newest < within else []

    async def replace(self, models: Sequence[Model]) -> None:
        """Keeps `models` in place of all before."""
        now = datetime.now(UTC)
        rows = [{**asdict(model), "position": place, "fetched_at": now} for place, model in enumerate(models)]
        async with self._database.write("models") as session:
            await session.execute(delete(CatalogModel))
            if rows:
                await session.execute(insert(CatalogModel), rows)


def _model(row: CatalogModel) -> Model:
    return Model(
        id=row.id,
        name=row.name,
        canonical_slug=row.canonical_slug,
        description=row.description,
        context_length=row.context_length,
        prompt_price=row.prompt_price,
        completion_price=row.completion_price,
        longest_answer=row.longest_answer,
        request_price=row.request_price,
        highest_prompt_price=row.highest_prompt_price,
        highest_completion_price=row.highest_completion_price,
        input_modalities=tuple(row.input_modalities),
        output_modalities=tuple(row.output_modalities),
        supported_parameters=tuple(row.supported_parameters),
    )
